"""Figures of an undone import: marked as standing no more, never deleted, so that what was known then is found again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

_STANDING = "f.delivery_id = :import_id AND f.withdrawn_at IS NULL"
_NEXT = prepare(
    sa.text(
        f"""
        SELECT DISTINCT f.client_id FROM source_figures f
        WHERE {_STANDING} AND f.client_id > :after ORDER BY f.client_id LIMIT :size
        """  # noqa: S608 - put together from constants
    )
)
# Filed qualifications that rest on a month of the import: each will be looked at by a person.
_PREVIEW = prepare(
    sa.text(
        f"""
        SELECT count(DISTINCT f.client_id) AS clients, count(*) AS statements, min(f.month) AS first_month,
               max(f.month) AS last_month,
               count(*) FILTER (WHERE EXISTS (
                   SELECT FROM source_figures l
                   WHERE l.client_id = f.client_id AND l.month = f.month AND l.source = f.source
                     AND l.currency = f.currency AND l.known_at > f.known_at AND l.withdrawn_at IS NULL)) AS corrected_since
        FROM source_figures f WHERE {_STANDING}
        """  # noqa: S608 - put together from constants
    )
)
_FILED = prepare(
    sa.text(
        f"""
        SELECT DISTINCT q.client_id, q.level FROM source_figures f
        JOIN clients n ON n.id = f.client_id JOIN qualifications q ON q.client_id = coalesce(n.merged_into, n.id)
        WHERE {_STANDING} AND q.status = 'filed' AND q.filing_id IS NOT NULL
        ORDER BY q.client_id, q.level LIMIT :most
        """  # noqa: S608 - put together from constants
    )
)
_WITHDRAW = prepare(
    sa.text(
        f"""
        UPDATE source_figures f SET withdrawn_at = :now
        WHERE {_STANDING} AND f.client_id = ANY(CAST(:client_ids AS uuid[]))
        RETURNING f.client_id, f.month, f.holdings IS NOT NULL AS held
        """  # noqa: S608 - put together from constants
    )
)
# What was computed since the import came is computed again from what still stands; what other imports brought stays.
_COMPUTED = tuple(
    prepare(
        sa.text(
            f"""
            UPDATE {table} f SET withdrawn_at = :now
            FROM unnest(CAST(:client_ids AS uuid[]), CAST(:months AS date[])) AS t(client_id, month)
            WHERE f.client_id = t.client_id AND f.month = t.month AND f.import_id IS NULL AND NOT f.of_family
              AND f.withdrawn_at IS NULL AND f.known_at >= :since
            """  # noqa: S608 - put together from constants
        )
    )
    for table in ("monthly_figures", "loan_months")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A statement that stands no more."""

    client_id: UUID
    month: date
    held: bool


async def preview(tx: Tx, import_id: UUID, *, most: int) -> tuple[Record, list[Record]]:
    """What an undoing would take back, and the filed qualifications it would put before a person."""
    counted = await tx.fetchrow(_PREVIEW, import_id=import_id)
    if counted is None:
        raise RuntimeError("a count gave no row")
    return counted, await tx.fetch(_FILED, import_id=import_id, most=most)


async def next_clients(tx: Tx, import_id: UUID, *, after: UUID, size: int) -> list[UUID]:
    """The next clients of whom the import says something that stands."""
    return [row["client_id"] for row in await tx.fetch(_NEXT, import_id=import_id, after=after, size=size)]


async def withdraw(
    tx: Tx, import_id: UUID, client_ids: Sequence[UUID], *, since: datetime, now: datetime
) -> list[Withdrawn]:
    """What the import said about these locked clients stands no more, nor what was computed with it."""
    rows = await tx.fetch(_WITHDRAW, import_id=import_id, client_ids=list(client_ids), now=now)
    found = [Withdrawn(**dict(row)) for row in rows]
    places = {(each.client_id, each.month) for each in found}
    for query in _COMPUTED:
        await tx.execute(
            query,
            client_ids=[client_id for client_id, _ in places],
            months=[month for _, month in places],
            since=since,
            now=now,
        )
    return found
