"""The registration form in PostgreSQL: texts about a person go in sealed, each with the source it comes from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.ids import new_id
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.contact_ways import ContactWay, Way, contact_id
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.registration_form import Answer, Change, Source, field_id
from client_registry.store.clients import BIRTH, CONTACT, IDENTITY, contact_index
from client_registry.tables.clients import client_contacts, clients
from client_registry.tables.organisation import units
from client_registry.tables.registration_forms import client_changes, client_fields, registration_forms

FIELD = "client_fields.text"
BEFORE = "client_changes.from"
AFTER = "client_changes.to"
_CLIENT = sa.bindparam("client_id", type_=sa.Uuid())
_LOCK = prepare(
    sa.select(
        clients.c.kind, clients.c.sex, clients.c.identity_type, clients.c.identity_sealed, clients.c.birth_sealed,
        clients.c.client_no,
        clients.c.manager, clients.c.home_unit_id, clients.c.serving_unit_ids, units.c.path.label("home_path"),
    )
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(clients.c.id == _CLIENT)
    .with_for_update(of=clients)
)  # fmt: skip
_FORM = prepare(
    sa.select(registration_forms.c.version, registration_forms.c.form_on).where(
        registration_forms.c.client_id == _CLIENT
    )
)
_FIELDS = prepare(sa.select(client_fields).where(client_fields.c.client_id == _CLIENT).order_by(client_fields.c.field))
_CONTACTS = prepare(
    sa.select(client_contacts.c.id, client_contacts.c.way, client_contacts.c.priority, client_contacts.c.value_sealed)
    .where(client_contacts.c.client_id == _CLIENT)
    .order_by(client_contacts.c.priority)
)
_NEW_FORM = insert(registration_forms).values(
    {column.name: sa.bindparam(column.name) for column in registration_forms.c}
)
_SAVE_FORM = prepare(
    _NEW_FORM.on_conflict_do_update(
        index_elements=[registration_forms.c.client_id],
        set_={name: _NEW_FORM.excluded[name] for name in ("form_on", "version", "updated_at")},
    )
)
_KEPT = ("codes", "text_sealed", "source", "collector", "collected_at")
_NEW_FIELD = insert(client_fields).values(
    {name: sa.bindparam(name, type_=client_fields.c[name].type) for name in ("client_id", "field", *_KEPT)}
)
# Entered anew: what was verified or doubted before was another value.
_SAVE_FIELD = prepare(
    _NEW_FIELD.on_conflict_do_update(
        index_elements=[client_fields.c.client_id, client_fields.c.field],
        set_={
            **{name: _NEW_FIELD.excluded[name] for name in _KEPT},
            "verified_at": None,
            "verified_by": None,
            "doubted_at": None,
        },
    )
)
_SAVE_PERSON = prepare(
    sa.update(clients)
    .where(clients.c.id == sa.bindparam("the_client"))
    .values(
        sex=sa.bindparam("new_sex"),
        birth_sealed=sa.bindparam("new_birth_sealed"),
        birth_month_day=sa.bindparam("new_birth_month_day"),
    )
)
_DROP_CONTACTS = prepare(sa.delete(client_contacts).where(client_contacts.c.client_id == _CLIENT))
_ADD_CONTACT = prepare(
    sa.insert(client_contacts).values(
        {name: sa.bindparam(name) for name in ("client_id", "way", "priority", "value_sealed", "value_index")}
    )
)
_ADD_CHANGE = prepare(
    sa.insert(client_changes).values({column.name: sa.bindparam(column.name) for column in client_changes.c})
)
_UNIT_PATHS = prepare(sa.select(units.c.id, units.c.path).where(units.c.id == sa.any_(sa.bindparam("unit_ids"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """A form as it stands, locked with its client's file."""

    client_no: str
    version: int
    form_on: date | None
    kind: str
    sex: str | None
    birth_on: date | None
    identity_type: IdentityType | None
    identity_number: str | None
    manager: str | None
    home_unit_id: UUID
    home_path: str
    serving_unit_ids: tuple[UUID, ...]
    answers: dict[str, Answer]
    contacts: tuple[ContactWay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where entered fields come from (CR-75)."""

    source: Source
    collector: str
    collected_at: datetime


async def lock_form(tx: Tx, client_id: UUID) -> KeptForm | None:
    """The form and what the client file keeps of it; None where there is no such client."""
    row = await tx.fetchrow(_LOCK, client_id=client_id)
    if row is None:
        return None
    version, form_on = await form_header(tx, client_id)
    number = row["identity_sealed"]
    birth = row["birth_sealed"]
    return KeptForm(
        client_no=row["client_no"],
        version=version,
        form_on=form_on,
        kind=row["kind"],
        sex=row["sex"],
        birth_on=None if birth is None else date.fromisoformat(tx.cipher.open(BIRTH, client_id, birth)),
        identity_type=None if row["identity_type"] is None else IdentityType(row["identity_type"]),
        identity_number=None if number is None else tx.cipher.open(IDENTITY, client_id, number),
        manager=row["manager"],
        home_unit_id=row["home_unit_id"],
        home_path=row["home_path"],
        serving_unit_ids=tuple(row["serving_unit_ids"]),
        answers=answers_of(tx, await fields_of(tx, client_id)),
        contacts=await contacts_of(tx, client_id),
    )


async def form_header(tx: Tx, client_id: UUID) -> tuple[int, date | None]:
    """Version and date of the form; version 0 where nobody has filled one in."""
    row = await tx.fetchrow(_FORM, client_id=client_id)
    return (0, None) if row is None else (row["version"], row["form_on"])


async def fields_of(tx: Tx, client_id: UUID) -> list[Record]:
    """The rows of every field that has a source."""
    return await tx.fetch(_FIELDS, client_id=client_id)


def answers_of(tx: Tx, rows: Iterable[Record]) -> dict[str, Answer]:
    """The answers in these rows, opened."""
    answers = {}
    for row in rows:
        if row["codes"] is not None:
            answers[row["field"]] = Answer(codes=tuple(row["codes"]))
        elif row["text_sealed"] is not None:
            answers[row["field"]] = Answer(text=tx.cipher.open(FIELD, row["id"], row["text_sealed"]))
    return answers


async def contacts_of(tx: Tx, client_id: UUID) -> tuple[ContactWay, ...]:
    """The contact ways in the client's order, opened."""
    return tuple(
        ContactWay(
            way=Way(row["way"]), value=tx.cipher.open(CONTACT, row["id"], row["value_sealed"]), priority=row["priority"]
        )
        for row in await tx.fetch(_CONTACTS, client_id=client_id)
    )


async def save_header(tx: Tx, client_id: UUID, *, form_on: date | None, version: int, now: datetime) -> None:
    """The form's date and version; lock it first."""
    await tx.execute(_SAVE_FORM, client_id=client_id, form_on=form_on, version=version, updated_at=now)


async def save_fields(tx: Tx, client_id: UUID, entered: Mapping[str, Answer | None], origin: Origin) -> None:
    """These fields as entered, each with its source; None for what is cleared or kept by the client file itself."""
    await tx.executemany(
        _SAVE_FIELD,
        [
            {
                "client_id": client_id,
                "field": field,
                "codes": None if answer is None or answer.codes is None else list(answer.codes),
                "text_sealed": None
                if answer is None or answer.text is None
                else tx.cipher.seal(FIELD, field_id(client_id, field), answer.text),
                "source": origin.source.value,
                "collector": origin.collector,
                "collected_at": origin.collected_at,
            }
            for field, answer in entered.items()
        ],
    )


async def save_person(tx: Tx, client_id: UUID, *, sex: str | None, birth_on: date | None) -> None:
    """Sex and birth date on the client file."""
    await tx.execute(
        _SAVE_PERSON,
        the_client=client_id,
        new_sex=sex,
        new_birth_sealed=None if birth_on is None else tx.cipher.seal(BIRTH, client_id, birth_on.isoformat()),
        new_birth_month_day=None if birth_on is None else f"{birth_on:%m-%d}",
    )


async def replace_contacts(tx: Tx, client_id: UUID, contacts: Sequence[ContactWay]) -> None:
    """The contact ways in the client's order; what is not among them is gone."""
    await tx.execute(_DROP_CONTACTS, client_id=client_id)
    await tx.executemany(
        _ADD_CONTACT,
        [
            {
                "client_id": client_id,
                "way": contact.way.value,
                "priority": contact.priority,
                "value_sealed": tx.cipher.seal(CONTACT, contact_id(client_id, contact.way), contact.value),
                "value_index": contact_index(tx, contact.way, contact.value),
            }
            for contact in contacts
        ],
    )


async def add_changes(tx: Tx, client_id: UUID, changes: Sequence[Change], origin: Origin, *, now: datetime) -> None:
    """What changed, for the history: before and after sealed to the row (CR-79)."""
    rows = []
    for change in changes:
        change_id = new_id()
        rows.append(
            {
                "client_id": client_id,
                "id": change_id,
                "field": change.field,
                "information_group": change.group.value,
                "from_sealed": _sealed(tx, BEFORE, change_id, change.before),
                "to_sealed": _sealed(tx, AFTER, change_id, change.after),
                "source": origin.source.value,
                "changed_by": origin.collector,
                "changed_at": now,
            }
        )
    await tx.executemany(_ADD_CHANGE, rows)


async def paths_of(tx: Tx, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The paths of these units."""
    return {row["id"]: row["path"] for row in await tx.fetch(_UNIT_PATHS, unit_ids=list(unit_ids))}


def _sealed(tx: Tx, column: str, row_id: UUID, plain: str | None) -> bytes | None:
    return None if plain is None else tx.cipher.seal(column, row_id, plain)
