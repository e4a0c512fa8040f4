"""Look-ups and failed factors in PostgreSQL; the value asked for stands here only as a keyed index."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.contact_ways import normalize_phone
from client_registry.domain.identity_documents import IdentityType, index_form, normalize
from client_registry.domain.names import search_tokens
from client_registry.domain.recognition import Failures, LookupWay
from client_registry.store.clients import IDENTITY, LAST_FOUR, NAME, PHONE_INDEX
from client_registry.tables.lookups import client_lookups, lookup_failures

# Several is told, how many is not: a handful is enough to confirm one of them by a factor.
MATCHES_MAX = 50
_CARD_INDEX = "client_lookups.card_number"

_BY_PHONE = prepare(
    sa.text(
        "SELECT DISTINCT client_id FROM client_contacts WHERE value_index = :value_index ORDER BY client_id LIMIT :size"
    )
)
# An earlier name finds the client too.
_BY_NAME = prepare(
    sa.text(
        """
        SELECT id AS client_id FROM clients WHERE name_tokens @> CAST(:tokens AS bytea[])
        UNION SELECT client_id FROM former_identities WHERE name_tokens @> CAST(:tokens AS bytea[])
        ORDER BY client_id LIMIT :size
        """
    )
)
_BY_CARD = prepare(sa.text("SELECT client_id FROM client_cards WHERE card_number = :card_number"))
_BY_IDENTITY = prepare(
    sa.text(
        """
        SELECT id AS client_id FROM clients WHERE identity_index = ANY(CAST(:indexes AS bytea[]))
        UNION SELECT client_id FROM former_identities WHERE identity_index = ANY(CAST(:indexes AS bytea[]))
        ORDER BY client_id LIMIT :size
        """
    )
)
# A merged file points to the one that is worked on.
_SURVIVING = prepare(
    sa.text(
        "SELECT DISTINCT coalesce(merged_into, id) AS id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) "
        "AND erased_on IS NULL ORDER BY 1"
    )
)
_ADD = prepare(
    sa.insert(client_lookups).values(
        {column.name: sa.bindparam(column.name) for column in client_lookups.c if column.name != "confirmed_client_id"}
    )
)
_FIND = prepare(
    sa.select(client_lookups).where(
        client_lookups.c.id == sa.bindparam("lookup_id"),
        client_lookups.c.asked_by == sa.bindparam("asked_by"),
        client_lookups.c.expires_at > sa.bindparam("now"),
    )
)
_CONFIRM = prepare(
    sa.update(client_lookups)
    .where(client_lookups.c.id == sa.bindparam("lookup_id"))
    .values(confirmed_client_id=sa.bindparam("client_id"))
)
_LAST_FOUR_FITS = prepare(
    sa.text(
        "SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) AND identity_last_four_index = :last_four"
    )
)
_PHONE_FITS = prepare(
    sa.text(
        "SELECT DISTINCT client_id AS id FROM client_contacts "
        "WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND value_index = :value_index"
    )
)
_FAILURES = prepare(
    sa.select(lookup_failures).where(
        lookup_failures.c.asked_by == sa.bindparam("asked_by"),
        lookup_failures.c.value_index == sa.bindparam("value_index"),
    )
)
# Locks the pair's row even where there is none yet: two wrong answers at once are two.
_TOUCH = prepare(
    sa.text(
        """
        INSERT INTO lookup_failures (asked_by, value_index, failed, last_at) VALUES (:asked_by, :value_index, 0, :now)
        ON CONFLICT (asked_by, value_index) DO UPDATE SET asked_by = excluded.asked_by
        RETURNING failed, last_at, locked_until
        """
    )
)
_SAVE_FAILURES = prepare(
    sa.update(lookup_failures)
    .where(
        lookup_failures.c.asked_by == sa.bindparam("of_staff"),
        lookup_failures.c.value_index == sa.bindparam("of_value"),
    )
    .values(
        failed=sa.bindparam("new_failed"),
        last_at=sa.bindparam("new_last_at"),
        locked_until=sa.bindparam("new_locked_until"),
    )
)


async def find_matches(tx: Tx, way: LookupWay, value: str) -> tuple[bytes, list[UUID]]:
    """The keyed index of what was asked, and the files that fit it (at most MATCHES_MAX)."""
    if way is LookupWay.PHONE:
        index = tx.cipher.index(PHONE_INDEX, normalize_phone(value) or value)
        rows = await tx.fetch(_BY_PHONE, value_index=index, size=MATCHES_MAX)
    elif way is LookupWay.NAME:
        words = search_tokens(value)
        index = tx.cipher.index(NAME, " ".join(words))
        tokens = [tx.cipher.index(NAME, word) for word in words]
        rows = await tx.fetch(_BY_NAME, tokens=tokens, size=MATCHES_MAX) if tokens else []
    elif way is LookupWay.CARD_NUMBER:
        index = tx.cipher.index(_CARD_INDEX, value)
        rows = await tx.fetch(_BY_CARD, card_number=value)
    else:
        index = tx.cipher.index(IDENTITY, normalize(value))
        kinds = [tx.cipher.index(IDENTITY, index_form(kind, value)) for kind in IdentityType]
        rows = await tx.fetch(_BY_IDENTITY, indexes=kinds, size=MATCHES_MAX)
    found = [row["client_id"] for row in rows]
    return index, [row["id"] for row in await tx.fetch(_SURVIVING, client_ids=found)] if found else []


async def add_lookup(tx: Tx, **lookup: object) -> None:
    """What was asked, by whom and why."""
    await tx.execute(_ADD, **lookup)


async def find_lookup(tx: Tx, lookup_id: UUID, *, asked_by: str, now: datetime) -> Record | None:
    """A look-up of this caller that has not ended."""
    return await tx.fetchrow(_FIND, lookup_id=lookup_id, asked_by=asked_by, now=now)


async def confirm(tx: Tx, lookup_id: UUID, client_id: UUID) -> None:
    """Which file the look-up turned out to mean."""
    await tx.execute(_CONFIRM, lookup_id=lookup_id, client_id=client_id)


async def fits_last_four(tx: Tx, client_ids: Sequence[UUID], last_four: str) -> list[UUID]:
    """Those of the files whose identity number ends like that."""
    index = tx.cipher.index(LAST_FOUR, normalize(last_four))
    return [row["id"] for row in await tx.fetch(_LAST_FOUR_FITS, client_ids=list(client_ids), last_four=index)]


async def fits_phone(tx: Tx, client_ids: Sequence[UUID], phone: str) -> list[UUID]:
    """Those of the files on which this phone is registered."""
    index = tx.cipher.index(PHONE_INDEX, normalize_phone(phone) or phone)
    return [row["id"] for row in await tx.fetch(_PHONE_FITS, client_ids=list(client_ids), value_index=index)]


async def failures(tx: Tx, asked_by: str, value_index: bytes) -> Failures:
    """Failed factors of this person on this value."""
    row = await tx.fetchrow(_FAILURES, asked_by=asked_by, value_index=value_index)
    return _failures(row)


async def lock_failures(tx: Tx, asked_by: str, value_index: bytes, *, now: datetime) -> Failures:
    """The same, locked."""
    return _failures(await tx.fetchrow(_TOUCH, asked_by=asked_by, value_index=value_index, now=now))


async def save_failures(tx: Tx, asked_by: str, value_index: bytes, found: Failures) -> None:
    """The count after one more."""
    await tx.execute(
        _SAVE_FAILURES,
        of_staff=asked_by,
        of_value=value_index,
        new_failed=found.failed,
        new_last_at=found.last_at,
        new_locked_until=found.locked_until,
    )


def _failures(row: Record | None) -> Failures:
    if row is None:
        return Failures(failed=0, last_at=None, locked_until=None)
    return Failures(failed=row["failed"], last_at=row["last_at"], locked_until=row["locked_until"])
