"""Reports of the bank's systems in PostgreSQL: each kept once, whatever came of it."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.events import CLIENTS
from client_registry.store.statement_sql import SAY_HOLDINGS
from client_registry.tables.filing_reviews import bank_reports

_LOCK = prepare(
    sa.text(
        """
        SELECT c.id FROM clients n JOIN clients c ON c.id = coalesce(n.merged_into, n.id)
        WHERE n.client_no = :client_no AND n.erased_on IS NULL FOR NO KEY UPDATE OF c
        """
    )
)
_ADD = prepare(
    insert(bank_reports)
    .values({column.name: sa.bindparam(column.name) for column in bank_reports.c})
    .on_conflict_do_nothing(index_elements=[bank_reports.c.source, bank_reports.c.report_no])
)
_OPEN = prepare(
    sa.text(
        """
        INSERT INTO client_holdings AS c (client_id, as_of, holdings)
        VALUES (:client_id, :on, jsonb_build_array(CAST(:holding AS jsonb)))
        ON CONFLICT (client_id) DO UPDATE
        SET as_of = greatest(c.as_of, excluded.as_of), holdings = c.holdings || excluded.holdings
        """
    )
)
# One of several alike: the one opened on that day where that is said, else the one that matures first.
_CLOSE = prepare(
    sa.text(
        """
        UPDATE client_holdings c SET as_of = greatest(c.as_of, :on), holdings = c.holdings - gone.n
        FROM (
            SELECT CAST(h.n - 1 AS int) AS n
            FROM client_holdings k CROSS JOIN LATERAL jsonb_array_elements(k.holdings) WITH ORDINALITY AS h(value, n)
            WHERE k.client_id = :client_id AND h.value ->> 'product_code' = :product_code
              AND (CAST(:opened_on AS date) IS NULL OR CAST(h.value ->> 'opened_on' AS date) = :opened_on)
            ORDER BY h.value ->> 'matures_on' NULLS LAST, h.n LIMIT 1
        ) AS gone
        WHERE c.client_id = :client_id
        """
    )
)
_SAY_HOLDINGS = prepare(sa.text(SAY_HOLDINGS))


async def lock_client(tx: Tx, client_no: str) -> UUID | None:
    """The client of that number, locked; the surviving one for a merged number, None where there is none."""
    found: UUID | None = await tx.fetchval(_LOCK, client_no=client_no)
    return found


async def add_report(
    tx: Tx, *, client_id: UUID, report_id: UUID, topic: str, source: str, report_no: str, kind: str,
    product_code: str | None, days_overdue: int | None, occurred_on: date, now: datetime,
) -> bool:  # fmt: skip
    """Keeps the report; False where this one was kept before."""
    kept = await tx.execute(
        _ADD,
        client_id=client_id,
        id=report_id,
        topic=topic,
        source=source,
        report_no=report_no,
        kind=kind,
        product_code=product_code,
        days_overdue=days_overdue,
        occurred_on=occurred_on,
        received_at=now,
    )
    return kept == 1


async def open_holding(tx: Tx, client_id: UUID, holding: dict[str, str | None], *, on: date) -> None:
    """The client holds one more product."""
    await tx.execute(_OPEN, client_id=client_id, holding=holding, on=on)


async def close_holding(tx: Tx, client_id: UUID, *, product_code: str, opened_on: date | None, on: date) -> bool:
    """One product of that code less; False where none was known to be held."""
    closed = await tx.execute(_CLOSE, client_id=client_id, product_code=product_code, opened_on=opened_on, on=on)
    return closed == 1


async def say_holdings(tx: Tx, client_id: UUID, *, now: datetime, traceparent: str | None) -> None:
    """What is held has changed (CR-51)."""
    await tx.execute(_SAY_HOLDINGS, client_ids=[client_id], topic=CLIENTS, now=now, traceparent=traceparent)
