"""Month-end exchange rates in PostgreSQL: dated, from a named source, corrected by later rows."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.exchange_rates import MonthEndRate

# A rate that says nothing new is left out; a correction is known after whatever was known before it.
_ADD = prepare(
    sa.text(
        """
        WITH fresh AS (
            SELECT g.currency, g.month, g.rate, known.known_at AS last
            FROM unnest(CAST(:currencies AS text[]), CAST(:months AS date[]), CAST(:rates AS numeric[]))
                 AS g(currency, month, rate)
            LEFT JOIN LATERAL (
                SELECT r.rate, r.known_at FROM exchange_rates r
                WHERE r.currency = g.currency AND r.month = g.month ORDER BY r.known_at DESC LIMIT 1
            ) AS known ON true
            WHERE known.rate IS DISTINCT FROM g.rate
        ), kept AS (
            INSERT INTO exchange_rates (currency, month, known_at, rate, source, recorded_by)
            SELECT currency, month,
                   greatest(CAST(:now AS timestamptz),
                            coalesce(last + interval '1 microsecond', CAST(:now AS timestamptz))),
                   rate, :source, :by
            FROM fresh
        )
        SELECT currency, month, last IS NOT NULL AS corrects FROM fresh ORDER BY currency, month
        """
    )
)
# Two corrections of one rate come one after the other.
_HOLD = prepare(sa.text("SELECT pg_advisory_xact_lock(7041953012)"))
_TOUCHED = prepare(
    sa.text(
        """
        WITH pair AS (
            SELECT * FROM unnest(CAST(:currencies AS text[]), CAST(:months AS date[])) AS p(currency, month)
        ), next AS (
            SELECT DISTINCT f.client_id FROM pair p
            JOIN source_figures f ON f.currency = p.currency AND f.month = p.month
            WHERE f.client_id > :after ORDER BY f.client_id LIMIT :size
        )
        SELECT DISTINCT f.client_id, f.month FROM pair p
        JOIN source_figures f ON f.currency = p.currency AND f.month = p.month
        JOIN next n ON n.client_id = f.client_id
        ORDER BY f.client_id, f.month
        """
    )
)


async def add_rates(
    tx: Tx, rates: Sequence[MonthEndRate], *, source: str, by: str, now: datetime
) -> dict[tuple[str, date], bool]:
    """Keeps what is new; currency and month of it, and whether it corrects an earlier rate."""
    await tx.execute(_HOLD)
    rows = await tx.fetch(
        _ADD,
        currencies=[rate.currency for rate in rates],
        months=[rate.month for rate in rates],
        rates=[rate.rate for rate in rates],
        source=source,
        by=by,
        now=now,
    )
    return {(row["currency"], row["month"]): row["corrects"] for row in rows}


async def touched(tx: Tx, pairs: Sequence[tuple[str, date]], *, after: UUID, size: int) -> list[tuple[UUID, date]]:
    """Months of the next clients, by id, who have figures in these currencies and months."""
    rows = await tx.fetch(
        _TOUCHED,
        currencies=[currency for currency, _ in pairs],
        months=[month for _, month in pairs],
        after=after,
        size=size,
    )
    return [(row["client_id"], row["month"]) for row in rows]
