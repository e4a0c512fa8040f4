"""Potential clients as they are answered: in scope only, masked unless a purpose was given and audited."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_identity_number, mask_name, mask_phone
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.contact_ways import normalize_phone
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.potential_clients import PotentialIsClient, PotentialIsClientHere
from client_registry.store import potential_clients as store
from client_registry.tables.organisation import units
from client_registry.tables.potential_clients import potential_clients
from client_registry.views import clients as files

_SEEN = sa.select(potential_clients, units.c.path.label("unit_path")).join(
    units, units.c.id == potential_clients.c.unit_id
)
_VISIBLE = visible(unit_path=units.c.path, owner=potential_clients.c.owner)
_AFTER, _STATUS = sa.bindparam("after", type_=sa.Uuid()), sa.bindparam("status", type_=sa.Text())
_GET = prepare(_SEEN.where(_VISIBLE, potential_clients.c.id == sa.bindparam("potential_id", type_=sa.Uuid())))
_LIST = prepare(
    _SEEN.where(
        _VISIBLE,
        potential_clients.c.status == _STATUS,
        sa.or_(_AFTER.is_(None), potential_clients.c.id > _AFTER),
    )
    .order_by(potential_clients.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PotentialView:
    """One record; what is about the person masked unless `masked` is false."""

    potential_id: UUID
    unit_id: UUID
    owner: str
    client_id: UUID | None
    status: str
    ended_because: str | None
    name: str | None
    phone: str | None
    identity_type: str | None
    identity_number: str | None
    hobbies: list[str]
    needs: str | None
    referral_source: str
    referred_by: str | None
    next_step: str | None
    next_on: date | None
    consented_on: date | None
    source: str
    collector: str
    collected_at: datetime
    forget_on: date
    version: int
    masked: bool


async def get_potential(tx: Tx, potential_id: UUID, *, scope: Scope, masked: bool = True) -> PotentialView:
    """One record; NotFound outside the scope. The caller audits before asking for it unmasked."""
    row = await tx.fetchrow(_GET, potential_id=potential_id, **scope.params())
    if row is None:
        raise NotFound()
    return _view(tx, row, masked=masked)


async def list_potentials(tx: Tx, *, scope: Scope, status: str, after: UUID | None, size: int) -> list[PotentialView]:
    """Records in scope by id, masked."""
    rows = await tx.fetch(_LIST, status=status, after=after, size=size, **scope.params())
    return [_view(tx, row, masked=True) for row in rows]


async def refuse_clients(
    tx: Tx, *, kind: IdentityType | None, number: str | None, phone: str | None, scope: Scope
) -> None:
    """Raises PotentialIsClient for a document or phone of a client; the file is named only to who sees it."""
    found = None
    if kind is not None and number is not None:
        found, _ = await files.known_file(tx, kind, number, scope=scope)
    normalized = None if phone is None else normalize_phone(phone)
    if found is None and normalized is not None:
        found = await store.client_with_phone(tx, normalized)
    if found is None:
        return
    if await files.is_visible(tx, found["id"], scope=scope):
        raise PotentialIsClientHere(client_no=found["client_no"])
    raise PotentialIsClient()


def _view(tx: Tx, row: Record, *, masked: bool) -> PotentialView:
    plain = {field: store.opened(tx, row, field) for field in store.SEALED}
    if masked:
        plain = {field: _masked(field, value) for field, value in plain.items()}
    return PotentialView(
        potential_id=row["id"], unit_id=row["unit_id"], owner=row["owner"], client_id=row["client_id"],
        status=row["status"], ended_because=row["ended_because"], name=plain["name"], phone=plain["phone"],
        identity_type=row["identity_type"], identity_number=plain["identity_number"], hobbies=list(row["hobbies"]),
        needs=plain["needs"], referral_source=row["referral_source"], referred_by=plain["referred_by"],
        next_step=plain["next_step"], next_on=row["next_on"], consented_on=row["consented_on"], source=row["source"],
        collector=row["collector"], collected_at=row["collected_at"], forget_on=row["forget_on"],
        version=row["version"], masked=masked,
    )  # fmt: skip


def _masked(field: str, value: str | None) -> str | None:
    if value is None:
        return None
    match field:
        case "name":
            return mask_name(value)
        case "phone":
            return mask_phone(value)
        case "identity_number":
            return mask_identity_number(value)
        case _:
            return "***"
