"""Figures of one person under several numbers: each merged file keeps its own, the surviving one bears the sum.

A file's own rows are those with `of_family` false. Beside them the survivor has rows of the sum, known just after
whatever of it is new; the newest row counts, so the sum does. A reversal ends the sums, and each file has its own again.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import Query, prepare

from client_registry.store.statement_sql import newest

_MONEY = ("deposit_average", "deposit_month_end", "card_spend", "assets")
_LOAN = ("outstanding", "overdue_days_max", "overdue_days_open")
_HISTORY = ("months_covered", "overdue_days_max", "overdue_days_open")
_SURVIVORS = prepare(
    sa.text(
        """
        SELECT DISTINCT coalesce(c.merged_into, c.id) AS id, EXISTS (
            SELECT FROM clients p WHERE p.merged_into = coalesce(c.merged_into, c.id)) AS several
        FROM clients c WHERE c.id = ANY(CAST(:client_ids AS uuid[]))
        """
    )
)
# Where one file has averages and another only month-ends, each counts with what it has.
_SUM_OF_MONEY = """
    CASE WHEN bool_or(deposit_average IS NOT NULL) THEN sum(coalesce(deposit_average, deposit_month_end)) END
        AS deposit_average,
    sum(deposit_month_end) AS deposit_month_end, sum(card_spend) AS card_spend, sum(assets) AS assets
"""
_SUM_OF_LOANS = """
    sum(outstanding) AS outstanding, max(overdue_days_max) AS overdue_days_max,
    max(overdue_days_open) AS overdue_days_open
"""
_SUM_OF_HISTORIES = """
    min(months_covered) AS months_covered, max(overdue_days_max) AS overdue_days_max,
    max(overdue_days_open) AS overdue_days_open
"""


def _carry(table: str, columns: tuple[str, ...], summed: str) -> Query:
    """What both files deliver alike is one delivery and counts once; otherwise they are two parts of one person's money."""
    listed = ", ".join(columns)
    own = ", ".join(f"{newest(column, 'f')} AS {column}" for column in columns)
    known = ", ".join(f"{newest(column, 'f', 'f.withdrawn_at IS NULL')} AS {column}" for column in columns)
    differs = " OR ".join(f"(n.{name} IS NOT NULL AND n.{name} IS DISTINCT FROM known.{name})" for name in columns)
    return prepare(
        sa.text(
            f"""
            WITH file AS (
                SELECT c.id AS client_id, coalesce(c.merged_into, c.id) AS survivor FROM clients c
                WHERE c.id = ANY(CAST(:survivors AS uuid[])) OR c.merged_into = ANY(CAST(:survivors AS uuid[]))
            ), own AS (
                SELECT file.survivor, f.client_id, f.month, {own}
                FROM file JOIN {table} f ON f.client_id = file.client_id AND NOT f.of_family AND f.withdrawn_at IS NULL
                GROUP BY file.survivor, f.client_id, f.month
            ), total AS (
                SELECT survivor AS client_id, month, {summed}
                FROM (SELECT DISTINCT survivor, month, {listed} FROM own) AS part GROUP BY survivor, month
            ), added AS (
                INSERT INTO {table} (client_id, month, known_at, of_family, {listed})
                SELECT n.client_id, n.month,
                       greatest(CAST(:now AS timestamptz),
                                coalesce(known.last + interval '1 microsecond', CAST(:now AS timestamptz))),
                       true, {", ".join(f"n.{name}" for name in columns)}
                FROM total n CROSS JOIN LATERAL (
                    SELECT max(f.known_at) AS last, {known} FROM {table} f
                    WHERE f.client_id = n.client_id AND f.month = n.month
                ) AS known
                WHERE {differs}
                RETURNING client_id
            )
            SELECT DISTINCT client_id FROM added
            """  # noqa: S608 - put together from constants
        )
    )


_CARRY = (
    _carry("monthly_figures", _MONEY, _SUM_OF_MONEY),
    _carry("loan_months", _LOAN, _SUM_OF_LOANS),
    _carry("repayment_histories", _HISTORY, _SUM_OF_HISTORIES),
)
_END = tuple(
    prepare(
        sa.text(
            f"""
            UPDATE {table} SET withdrawn_at = :now
            WHERE client_id = :survivor AND of_family AND withdrawn_at IS NULL AND known_at >= :since
            """  # noqa: S608 - put together from constants
        )
    )
    for table in ("monthly_figures", "loan_months", "repayment_histories")
)


async def survivors_of(tx: Tx, client_ids: Iterable[UUID]) -> tuple[set[UUID], list[UUID]]:
    """Who these files count for; and which of those have more than one file."""
    rows = await tx.fetch(_SURVIVORS, client_ids=sorted(set(client_ids)))
    return {row["id"] for row in rows}, sorted(row["id"] for row in rows if row["several"])


async def carry(tx: Tx, client_ids: Iterable[UUID], *, now: datetime) -> set[UUID]:
    """Sums made anew where files of these clients were merged; who these files count for, the clients to decide over."""
    counting, several = await survivors_of(tx, client_ids)
    if several:
        for query in _CARRY:
            await tx.execute(query, survivors=several, now=now)
    return counting


async def part(tx: Tx, *, survivor: UUID, since: datetime, now: datetime) -> None:
    """The sums of a merger end with it; decisions made with them keep what was known then."""
    for query in _END:
        await tx.execute(query, survivor=survivor, since=since, now=now)
