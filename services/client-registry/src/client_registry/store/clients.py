"""Client files in PostgreSQL: what names a person goes in sealed, with keyed indexes beside it."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.clients import ClientKnown, ClientMerged, Consent, NewClient
from client_registry.domain.contact_ways import PHONES, Way, contact_id, searched_form
from client_registry.domain.identity_documents import index_form, last_four
from client_registry.domain.names import search_tokens
from client_registry.domain.relationships import check_open
from client_registry.tables.clients import client_cards, client_consents, client_contacts, clients, service_records

NAME = "clients.name"
IDENTITY = "clients.identity_number"
LAST_FOUR = "clients.identity_last_four"
BIRTH = "clients.birth_date"
CONTACT = "client_contacts.value"
PHONE_INDEX = "client_contacts.phone"
EMAIL_INDEX = "client_contacts.email"

_NEXT_NO = prepare(sa.text("SELECT 'KH' || lpad(CAST(nextval('client_numbers') AS text), 10, '0')"))
_NEW = (
    "id", "client_no", "kind", "name_sealed", "name_tokens", "identity_type", "identity_sealed", "identity_index",
    "identity_last_four_index", "birth_sealed", "birth_month_day", "sex", "home_unit_id", "serving_unit_ids",
    "manager", "manager_from_on", "registered_on", "client_since_on",
)  # fmt: skip
_ADD = prepare(
    insert(clients)
    .values({name: sa.bindparam(name) for name in _NEW})
    .on_conflict_do_nothing(index_elements=[clients.c.identity_index])
)
_ADD_CONTACT = prepare(
    sa.insert(client_contacts).values(
        {name: sa.bindparam(name) for name in ("client_id", "way", "priority", "value_sealed", "value_index")}
    )
)
_CONSENT: dict[str, sa.BindParameter[object]] = {
    name: sa.bindparam(name)
    for name in (
        "client_id", "marketing", "events", "wished_interval", "notice_version", "recorded_by", "recorded_at", "version",
    )
}  # fmt: skip
_ADD_CONSENT = prepare(sa.insert(client_consents).values(_CONSENT))
_SAVE_CONSENT = prepare(
    sa.update(client_consents)
    .where(client_consents.c.client_id == sa.bindparam("client_id"))
    .values({name: bind for name, bind in _CONSENT.items() if name != "client_id"})
)
_LOCK_CONSENT = prepare(
    sa.select(client_consents).where(client_consents.c.client_id == sa.bindparam("client_id")).with_for_update()
)
_CHANNELS = prepare(
    sa.select(client_contacts.c.way)
    .where(client_contacts.c.client_id == sa.bindparam("client_id"))
    .order_by(client_contacts.c.priority)
)
_LOCK = prepare(
    sa.select(
        clients.c.id, clients.c.card_level, clients.c.service_tier, clients.c.home_unit_id, clients.c.manager,
        clients.c.version, clients.c.merged_into, clients.c.died_on, clients.c.ended_on, clients.c.erased_on,
    )
    .where(clients.c.id == sa.bindparam("client_id"))
    .with_for_update()
)  # fmt: skip
_SET_CARD_LEVEL = prepare(
    sa.update(clients)
    .where(clients.c.id == sa.bindparam("client_id"))
    .values(card_level=sa.bindparam("new_card_level"), version=sa.bindparam("new_version"))
)
_SET_PLACES = prepare(
    sa.update(clients)
    .where(clients.c.id == sa.bindparam("client_id"))
    .values(
        home_unit_id=sa.bindparam("new_home_unit_id"),
        serving_unit_ids=sa.bindparam("new_serving_unit_ids"),
        version=sa.bindparam("new_version"),
    )
)
_SET_MANAGER = prepare(
    sa.update(clients)
    .where(clients.c.id == sa.bindparam("client_id"))
    .values(
        manager=sa.bindparam("new_manager"),
        manager_from_on=sa.bindparam("new_from_on"),
        version=sa.bindparam("new_version"),
    )
)
_SET_CARD_NUMBER = prepare(
    sa.update(clients)
    .where(clients.c.id == sa.bindparam("client_id"))
    .values(card_number=sa.bindparam("new_card_number"))
)
_ADD_CARD = prepare(
    insert(client_cards)
    .values({column.name: sa.bindparam(column.name) for column in client_cards.c})
    .on_conflict_do_nothing(index_elements=[client_cards.c.client_id, client_cards.c.card_id])
)
_ADD_RECORD = prepare(
    sa.insert(service_records).values({column.name: sa.bindparam(column.name) for column in service_records.c})
)
_MANAGERS = prepare(
    sa.text(
        """
        SELECT c.id, c.manager, c.home_unit_id, u.path FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE c.id = ANY(CAST(:client_ids AS uuid[]))
        """
    )
)
_KIND = prepare(sa.select(clients.c.kind).where(clients.c.id == sa.bindparam("client_id")))
_EXISTS = prepare(sa.select(sa.exists().where(clients.c.id == sa.bindparam("client_id"))))


async def next_client_no(tx: Tx) -> str:
    """The next business number, like KH0000000123."""
    return str(await tx.fetchval(_NEXT_NO))


async def add_client(tx: Tx, client: NewClient) -> None:
    """Opens the file. Raises ClientKnown where the document is already on file: the unique index decides, not a look."""
    birth = client.birth_on
    added = await tx.execute(
        _ADD,
        id=client.id,
        client_no=client.client_no,
        kind=client.kind,
        name_sealed=tx.cipher.seal(NAME, client.id, client.name),
        name_tokens=[tx.cipher.index(NAME, token) for token in search_tokens(client.name)],
        identity_type=client.identity_type.value,
        identity_sealed=tx.cipher.seal(IDENTITY, client.id, client.identity_number),
        identity_index=tx.cipher.index(IDENTITY, index_form(client.identity_type, client.identity_number)),
        identity_last_four_index=tx.cipher.index(LAST_FOUR, last_four(client.identity_number)),
        birth_sealed=None if birth is None else tx.cipher.seal(BIRTH, client.id, birth.isoformat()),
        birth_month_day=None if birth is None else f"{birth:%m-%d}",
        sex=client.sex,
        home_unit_id=client.home_unit_id,
        serving_unit_ids=list(client.serving_unit_ids),
        manager=client.manager,
        manager_from_on=None if client.manager is None else client.registered_on,
        registered_on=client.registered_on,
        client_since_on=client.client_since_on,
    )
    if not added:
        raise ClientKnown()
    await tx.executemany(
        _ADD_CONTACT,
        [
            {
                "client_id": client.id,
                "way": contact.way.value,
                "priority": contact.priority,
                "value_sealed": tx.cipher.seal(CONTACT, contact_id(client.id, contact.way), contact.value),
                "value_index": contact_index(tx, contact.way, contact.value),
            }
            for contact in client.contacts
        ],
    )


def contact_index(tx: Tx, way: Way, normalized: str) -> bytes:
    """Phones of all kinds share one index, so that a caller is found whichever phone it is; fax and e-mail do not."""
    if way in PHONES:
        return tx.cipher.index(PHONE_INDEX, searched_form(normalized))
    return tx.cipher.index(EMAIL_INDEX if way is Way.EMAIL else "client_contacts.fax", searched_form(normalized))


async def add_consent(tx: Tx, client_id: UUID, consent: Consent, *, now: object) -> None:
    """The first consent of a file."""
    await tx.execute(_ADD_CONSENT, **_consent_values(client_id, consent, now))


async def save_consent(tx: Tx, client_id: UUID, consent: Consent, *, now: object) -> None:
    """A changed consent; lock it first."""
    await tx.execute(_SAVE_CONSENT, **_consent_values(client_id, consent, now))


async def lock_consent(tx: Tx, client_id: UUID) -> Consent | None:
    """The consent on file, locked; None where nobody has asked the client yet."""
    row = await tx.fetchrow(_LOCK_CONSENT, client_id=client_id)
    return None if row is None else consent_of(row)


async def channels(tx: Tx, client_id: UUID) -> tuple[str, ...]:
    """The client's contact ways in his own order (CR-58)."""
    return tuple(row["way"] for row in await tx.fetch(_CHANNELS, client_id=client_id))


async def lock_client(tx: Tx, client_id: UUID, *, former: bool = False) -> Record | None:
    """Id, levels, home unit, manager and version of a file, locked; with `former` a former client's file too.

    Raises ClientMerged for a file that was merged into another one: nothing is done on it any more. Raises
    RelationshipOver and PersonErased for a former client's.
    """
    row = await tx.fetchrow(_LOCK, client_id=client_id)
    if row is not None and row["merged_into"] is not None:
        raise ClientMerged(surviving_client_id=row["merged_into"])
    if row is not None and not former:
        check_open(row)
    return row


async def set_card_level(tx: Tx, client_id: UUID, *, level: str, version: int) -> None:
    """The card level after a move, with the version the facts carry."""
    await tx.execute(_SET_CARD_LEVEL, client_id=client_id, new_card_level=level, new_version=version)


async def set_places(
    tx: Tx, client_id: UUID, *, home_unit_id: UUID, serving_unit_ids: list[UUID], version: int
) -> None:
    """Home and serving units after a move."""
    await tx.execute(
        _SET_PLACES,
        client_id=client_id,
        new_home_unit_id=home_unit_id,
        new_serving_unit_ids=serving_unit_ids,
        new_version=version,
    )


async def set_manager(tx: Tx, client_id: UUID, *, manager: str, from_on: date, version: int) -> None:
    """The client's manager from that day on."""
    await tx.execute(_SET_MANAGER, client_id=client_id, new_manager=manager, new_from_on=from_on, new_version=version)


async def kind_of(tx: Tx, client_id: UUID) -> str | None:
    """Whether a file is a person's or a company's; None for an unknown one."""
    kind: str | None = await tx.fetchval(_KIND, client_id=client_id)
    return kind


async def exists(tx: Tx, client_id: UUID) -> bool:
    """Whether there is such a file."""
    return bool(await tx.fetchval(_EXISTS, client_id=client_id))


async def add_card(tx: Tx, **card: object) -> None:
    """A card on the client's file and its number as the present one (CR-73, CS-24); the same card twice is one."""
    if await tx.execute(_ADD_CARD, **card):
        await tx.execute(_SET_CARD_NUMBER, client_id=card["client_id"], new_card_number=card["card_number"])


async def add_service_record(tx: Tx, **record: object) -> None:
    """Something that was done for the client, told by another service."""
    await tx.execute(_ADD_RECORD, **record)


async def managers_of(tx: Tx, client_ids: list[UUID]) -> dict[UUID, Record]:
    """Manager, home unit and its path of each client."""
    return {row["id"]: row for row in await tx.fetch(_MANAGERS, client_ids=client_ids)}


def consent_of(row: Record) -> Consent:
    """A stored consent as a value."""
    return Consent(
        marketing=row["marketing"],
        events=row["events"],
        wished_interval=row["wished_interval"],
        notice_version=row["notice_version"],
        recorded_by=row["recorded_by"],
        version=row["version"],
    )


def _consent_values(client_id: UUID, consent: Consent, now: object) -> dict[str, object]:
    return {
        "client_id": client_id,
        "marketing": consent.marketing,
        "events": consent.events,
        "wished_interval": consent.wished_interval,
        "notice_version": consent.notice_version,
        "recorded_by": consent.recorded_by,
        "recorded_at": now,
        "version": consent.version,
    }
