"""Client files as they are answered: in scope only, opened here, masked unless a purpose was given and audited."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_card_number, mask_email, mask_identity_number, mask_name, mask_phone
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.clients import Consent
from client_registry.domain.identity_documents import IdentityType, index_form
from client_registry.domain.relationships import PersonErased, check_open
from client_registry.store.clients import BIRTH, CONTACT, IDENTITY, NAME, consent_of
from client_registry.tables.clients import client_consents, client_contacts, clients
from client_registry.tables.organisation import units

_serving = units.alias("serving")
_SERVING_PATHS = (
    sa.select(sa.func.array_agg(_serving.c.path))
    .where(_serving.c.id == sa.any_(clients.c.serving_unit_ids))
    # Said aloud: nested this deep, SQLAlchemy would otherwise read everybody's serving units.
    .correlate(clients)
    .scalar_subquery()
)
VISIBLE = visible(unit_path=units.c.path, owner=clients.c.manager, client_id=clients.c.id, serving_paths=_SERVING_PATHS)
_FILE = sa.select(
    clients, units.c.path.label("home_path"), units.c.code.label("home_code"), units.c.name_zh.label("home_name_zh"),
    units.c.name_en.label("home_name_en"),
).join(units, units.c.id == clients.c.home_unit_id).where(clients.c.erased_on.is_(None))  # fmt: skip


def _wanted(name: str, column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    bind = sa.bindparam(name, type_=sa.Text())
    return sa.or_(bind.is_(None), column == bind)


_AFTER = sa.bindparam("after", type_=sa.Uuid())
_UNIT_PATH = sa.bindparam("unit_path", type_=sa.Text())
_LISTED = (
    _FILE.where(
        VISIBLE,
        clients.c.merged_into.is_(None),
        _wanted("tier", clients.c.service_tier),
        _wanted("card_level", clients.c.card_level),
        sa.or_(_UNIT_PATH.is_(None), sa.func.starts_with(units.c.path, _UNIT_PATH)),
        sa.or_(_AFTER.is_(None), clients.c.id > _AFTER),
    )
    .order_by(clients.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_LIST = prepare(_LISTED)
# A statement of its own: the number's index finds the one file, whoever asks.
_LIST_ONE = prepare(_LISTED.where(clients.c.client_no == sa.bindparam("client_no")))
_GET = prepare(_FILE.where(VISIBLE, clients.c.id == sa.bindparam("id", type_=sa.Uuid())))
# Who might have seen the file is told that it was erased; to everybody else it was never there.
_ERASED = prepare(
    sa.select(clients.c.erased_on)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(VISIBLE, clients.c.id == sa.bindparam("id", type_=sa.Uuid()), clients.c.erased_on.is_not(None))
)
_CONTACTS = prepare(
    sa.select(client_contacts.c.id, client_contacts.c.way, client_contacts.c.priority, client_contacts.c.value_sealed)
    .where(client_contacts.c.client_id == sa.bindparam("client_id"))
    .order_by(client_contacts.c.priority)
)
_KNOWN = prepare(
    sa.select(clients.c.id, clients.c.client_no, clients.c.home_unit_id, units.c.path.label("home_path"))
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(clients.c.identity_index == sa.bindparam("identity_index"))
)
_CONSENT = prepare(sa.select(client_consents).where(client_consents.c.client_id == sa.bindparam("client_id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact way, masked or not."""

    way: str
    value: str
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFile:
    """A file as the caller sees it."""

    id: UUID
    client_no: str
    kind: str
    name: str
    identity_type: str | None
    identity_number: str | None
    sex: str | None
    birth_on: date | None
    home_unit_id: UUID
    home_path: str
    home_code: str
    home_name_zh: str
    home_name_en: str
    serving_unit_ids: list[UUID]
    manager: str | None
    service_tier: str
    card_level: str
    asset_band: str | None
    asset_lower_bound: bool
    card_number: str | None
    synthetic: bool
    registered_on: date
    merged_into: UUID | None
    died_on: date | None
    potential: bool
    ended_on: date | None
    version: int
    masked: bool
    contacts: list[Contact]


async def list_files(
    tx: Tx,
    *,
    scope: Scope,
    tier: str | None,
    card_level: str | None,
    unit_path: str | None,
    client_no: str | None,
    after: UUID | None,
    size: int,
) -> list[ClientFile]:
    """Files in scope by id, masked, without contact ways; only the one that bears `client_no` where it is given."""
    wanted = {"tier": tier, "card_level": card_level, "unit_path": unit_path, "after": after, "size": size}
    if client_no is None:
        rows = await tx.fetch(_LIST, **wanted, **scope.params())
    else:
        rows = await tx.fetch(_LIST_ONE, client_no=client_no, **wanted, **scope.params())
    return [_file(tx, row, contacts=[], masked=True) for row in rows]


async def get_file(tx: Tx, client_id: UUID, *, scope: Scope, masked: bool) -> ClientFile:
    """One file; NotFound outside the scope. The caller audits before asking for it unmasked."""
    row = await require_visible(tx, client_id, scope=scope)
    contacts = [_contact(tx, contact, masked=masked) for contact in await _contacts(tx, client_id)]
    return _file(tx, row, contacts=contacts, masked=masked)


async def require_visible(tx: Tx, client_id: UUID, *, scope: Scope) -> Record:
    """The file's plain row, or NotFound: another unit's client and an unknown one answer alike.

    Raises PersonErased for a file of the caller's that was erased.
    """
    row = await tx.fetchrow(_GET, id=client_id, **scope.params())
    if row is None:
        erased_on = await tx.fetchval(_ERASED, id=client_id, **scope.params())
        raise NotFound() if erased_on is None else PersonErased(erased_on=erased_on.isoformat())
    return row


async def require_open(tx: Tx, client_id: UUID, *, scope: Scope) -> Record:
    """The same for a file that is to be changed. Raises RelationshipOver for a former client's."""
    row = await require_visible(tx, client_id, scope=scope)
    check_open(row)
    return row


async def is_visible(tx: Tx, client_id: UUID, *, scope: Scope) -> bool:
    """Whether the caller sees this file."""
    return await tx.fetchrow(_GET, id=client_id, **scope.params()) is not None


async def known_file(tx: Tx, kind: IdentityType, number: str, *, scope: Scope) -> tuple[Record | None, bool]:
    """The file that bears this document, if any, with its home; and whether the caller may see it."""
    index = tx.cipher.index(IDENTITY, index_form(kind, number))
    found = await tx.fetchrow(_KNOWN, identity_index=index)
    if found is None:
        return None, False
    return found, await tx.fetchrow(_GET, id=found["id"], **scope.params()) is not None


async def consent_on_file(tx: Tx, client_id: UUID) -> tuple[Consent | None, list[str]]:
    """What the client allowed, None where nobody has asked yet, and the ways on file in the client's order."""
    row = await tx.fetchrow(_CONSENT, client_id=client_id)
    ways = [contact["way"] for contact in await _contacts(tx, client_id)]
    return (None if row is None else consent_of(row)), ways


async def _contacts(tx: Tx, client_id: UUID) -> list[Record]:
    return await tx.fetch(_CONTACTS, client_id=client_id)


def _contact(tx: Tx, row: Record, *, masked: bool) -> Contact:
    value = tx.cipher.open(CONTACT, row["id"], row["value_sealed"])
    if masked:
        value = mask_email(value) if row["way"] == "email" else mask_phone(value)
    return Contact(way=row["way"], value=value, priority=row["priority"])


def _file(tx: Tx, row: Record, *, contacts: list[Contact], masked: bool) -> ClientFile:
    client_id: UUID = row["id"]
    name = tx.cipher.open(NAME, client_id, row["name_sealed"])
    number = None if row["identity_sealed"] is None else tx.cipher.open(IDENTITY, client_id, row["identity_sealed"])
    birth = None
    if not masked and row["birth_sealed"] is not None:
        birth = date.fromisoformat(tx.cipher.open(BIRTH, client_id, row["birth_sealed"]))
    if masked:
        name = mask_name(name)
        number = None if number is None else mask_identity_number(number)
    card = row["card_number"]
    return ClientFile(
        id=client_id,
        client_no=row["client_no"],
        kind=row["kind"],
        name=name,
        identity_type=row["identity_type"],
        identity_number=number,
        sex=row["sex"],
        birth_on=birth,
        home_unit_id=row["home_unit_id"],
        home_path=row["home_path"],
        home_code=row["home_code"],
        home_name_zh=row["home_name_zh"],
        home_name_en=row["home_name_en"],
        serving_unit_ids=list(row["serving_unit_ids"]),
        manager=row["manager"],
        service_tier=row["service_tier"],
        card_level=row["card_level"],
        asset_band=row["asset_band"],
        asset_lower_bound=row["asset_lower_bound"],
        card_number=mask_card_number(card) if masked and card is not None else card,
        synthetic=row["synthetic"],
        registered_on=row["registered_on"],
        merged_into=row["merged_into"],
        died_on=row["died_on"],
        potential=row["potential"],
        ended_on=row["ended_on"],
        version=row["version"],
        masked=masked,
        contacts=contacts,
    )
