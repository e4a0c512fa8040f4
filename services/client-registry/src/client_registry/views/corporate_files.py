"""Companies' files as they are answered, and companies in layers with their numbers (CR-49, CR-50)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_name, mask_phone
from chassis.query import prepare
from chassis.scope import Scope

from client_registry.domain.corporate_files import Layer
from client_registry.store.clients import NAME
from client_registry.store.corporate_files import INVESTORS
from client_registry.tables.clients import clients
from client_registry.tables.corporate_files import corporate_files, corporate_persons
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

_CLIENT = sa.bindparam("client_id", type_=sa.Uuid())
_FILE = prepare(sa.select(corporate_files).where(corporate_files.c.client_id == _CLIENT))
_PEOPLE = prepare(
    sa.select(corporate_persons).where(corporate_persons.c.client_id == _CLIENT).order_by(corporate_persons.c.place)
)
_PROVINCE = sa.func.left(corporate_files.c.region, 2) + sa.literal_column("'0000'", sa.Text)


def _text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


_WANTED = (
    VISIBLE,
    clients.c.kind == "corporate",
    clients.c.merged_into.is_(None),
    sa.or_(_text("unit_path").is_(None), sa.func.starts_with(units.c.path, _text("unit_path"))),
    sa.or_(_text("industry").is_(None), corporate_files.c.industry == _text("industry")),
    # A whole province finds every place in it.
    sa.or_(
        _text("region").is_(None),
        corporate_files.c.region == _text("region"),
        sa.and_(sa.func.right(_text("region"), 4) == "0000", _text("region") == _PROVINCE),
    ),
    sa.or_(_text("characteristic").is_(None), _text("characteristic") == sa.any_(corporate_files.c.characteristics)),
    sa.or_(_text("need").is_(None), _text("need") == sa.any_(corporate_files.c.needs)),
)
_FROM = clients.join(units, units.c.id == clients.c.home_unit_id).outerjoin(
    corporate_files, corporate_files.c.client_id == clients.c.id
)
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_LIST = prepare(
    sa.select(
        clients.c.id.label("client_id"), clients.c.client_no, clients.c.name_sealed, clients.c.manager,
        clients.c.home_unit_id, clients.c.service_tier, corporate_files.c.industry, corporate_files.c.region,
        corporate_files.c.characteristics, corporate_files.c.needs,
    )
    .select_from(_FROM)
    .where(*_WANTED, sa.or_(_AFTER.is_(None), clients.c.id > _AFTER))
    .order_by(clients.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)  # fmt: skip


def _counted(layer: sa.ColumnElement[str]) -> sa.Select[str, int]:
    return sa.select(layer.label("code"), sa.func.count().label("clients")).group_by(layer).order_by(layer)


def _counted_each(codes: sa.Column[list[str]]) -> sa.Select[str, int]:
    """A company counts once for each code it has; one without any counts under none."""
    each = sa.func.unnest(codes).table_valued(sa.column("code", sa.Text), name="each").render_derived()
    return _counted(each.c.code).select_from(_FROM.outerjoin(each, sa.true())).where(*_WANTED)


_STATISTICS = {
    Layer.INDUSTRY: prepare(_counted(corporate_files.c.industry).select_from(_FROM).where(*_WANTED)),
    Layer.REGION: prepare(_counted(_PROVINCE).select_from(_FROM).where(*_WANTED)),
    Layer.CHARACTERISTIC: prepare(_counted_each(corporate_files.c.characteristics)),
    Layer.NEED: prepare(_counted_each(corporate_files.c.needs)),
    Layer.OUTLET: prepare(_counted(units.c.code).select_from(_FROM).where(*_WANTED)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What narrows a list or its numbers."""

    unit_path: str | None
    industry: str | None
    region: str | None
    characteristic: str | None
    need: str | None

    def params(self) -> dict[str, str | None]:
        """Values for the binds of the statements."""
        return {name: getattr(self, name) for name in ("unit_path", "industry", "region", "characteristic", "need")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Somebody who decides or has influence, masked or not."""

    role: str
    name: str
    position: str | None
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A company's file; version 0 where nobody has written one."""

    client_id: UUID
    version: int
    investors: str | None
    business: str | None
    industry: str | None
    region: str | None
    characteristics: list[str]
    needs: list[str]
    people: list[PersonView]
    source: str | None
    collector: str | None
    collected_at: datetime | None
    masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyView:
    """One company of a list."""

    client_id: UUID
    client_no: str
    name: str
    manager: str | None
    home_unit_id: UUID
    service_tier: str
    industry: str | None
    region: str | None
    characteristics: list[str]
    needs: list[str]


async def get_file(tx: Tx, client_id: UUID, *, masked: bool) -> FileView:
    """The file of a company in scope; the caller audits before asking for it unmasked."""
    row = await tx.fetchrow(_FILE, client_id=client_id)
    if row is None:
        return FileView(
            client_id=client_id, version=0, investors=None, business=None, industry=None, region=None,
            characteristics=[], needs=[], people=[], source=None, collector=None, collected_at=None, masked=masked,
        )  # fmt: skip
    investors = row["investors_sealed"]
    if investors is not None:
        investors = "***" if masked else tx.cipher.open(INVESTORS, client_id, investors)
    return FileView(
        client_id=client_id, version=row["version"], investors=investors, business=row["business"],
        industry=row["industry"], region=row["region"], characteristics=list(row["characteristics"]),
        needs=list(row["needs"]),
        people=[_person(tx, each, masked=masked) for each in await tx.fetch(_PEOPLE, client_id=client_id)],
        source=row["source"], collector=row["collector"], collected_at=row["collected_at"], masked=masked,
    )  # fmt: skip


async def list_companies(tx: Tx, wanted: Wanted, *, scope: Scope, after: UUID | None, size: int) -> list[CompanyView]:
    """Companies in scope by id; a company's name is no personal data and is shown."""
    rows = await tx.fetch(_LIST, **wanted.params(), **scope.params(), after=after, size=size)
    return [
        CompanyView(
            client_id=row["client_id"], client_no=row["client_no"],
            name=tx.cipher.open(NAME, row["client_id"], row["name_sealed"]), manager=row["manager"],
            home_unit_id=row["home_unit_id"], service_tier=row["service_tier"], industry=row["industry"],
            region=row["region"], characteristics=list(row["characteristics"] or []), needs=list(row["needs"] or []),
        )
        for row in rows
    ]  # fmt: skip


async def statistics(tx: Tx, wanted: Wanted, *, by: Layer, scope: Scope) -> list[tuple[str | None, int]]:
    """How many companies in scope each code of a layer has; None for those without one."""
    rows = await tx.fetch(_STATISTICS[by], **wanted.params(), **scope.params())
    return [(row["code"], row["clients"]) for row in rows]


def _person(tx: Tx, row: Record, *, masked: bool) -> PersonView:
    plain = {
        field: None
        if row[f"{field}_sealed"] is None
        else tx.cipher.open(f"corporate_persons.{field}", row["id"], row[f"{field}_sealed"])
        for field in ("name", "position", "phone")
    }
    name, phone = plain["name"] or "", plain["phone"]
    return PersonView(
        role=row["role"],
        name=mask_name(name) if masked else name,
        position=("***" if plain["position"] else None) if masked else plain["position"],
        phone=mask_phone(phone) if masked and phone is not None else phone,
    )
