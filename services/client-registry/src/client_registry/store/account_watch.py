"""What the watch over accounts reads and keeps: monthly figures of the window, and what was put before somebody."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.account_watch import AccountChange
from client_registry.store.statement_sql import newest

Months = Mapping[date, Mapping[str, Decimal | None]]

# The newest delivered figure of each month counts; what was withdrawn does not.
_FIGURES = prepare(
    sa.text(
        f"""
        SELECT f.client_id, f.month, coalesce({newest("deposit_month_end", "f")}, {newest("deposit_average", "f")}) AS deposit,
               {newest("card_spend", "f")} AS card_spend, {newest("assets", "f")} AS assets
        FROM monthly_figures f
        WHERE f.client_id = ANY(CAST(:client_ids AS uuid[])) AND f.month BETWEEN :first AND :last AND f.withdrawn_at IS NULL
        GROUP BY f.client_id, f.month
        """  # noqa: S608 - put together from constants
    )
)
_ADD = prepare(
    sa.text(
        """
        INSERT INTO account_alerts (client_id, month, code, raised_at)
        SELECT a.client_id, a.month, a.code, :now
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:months AS date[]), CAST(:codes AS text[])) AS a(client_id, month, code)
        ON CONFLICT DO NOTHING RETURNING client_id, code
        """
    )
)
_RAISED = prepare(sa.text("SELECT code, raised_at FROM account_alerts WHERE client_id = :client_id AND month = :month"))


async def figures_of(tx: Tx, client_ids: Sequence[UUID], *, first: date, last: date) -> dict[UUID, Months]:
    """Deposit, card spending and assets of these months; a client without any is not there."""
    found: dict[UUID, dict[date, Mapping[str, Decimal | None]]] = {}
    for row in await tx.fetch(_FIGURES, client_ids=list(client_ids), first=first, last=last):
        found.setdefault(row["client_id"], {})[row["month"]] = {
            measure: row[measure] for measure in ("deposit", "card_spend", "assets")
        }
    return dict(found)


async def add_alerts(tx: Tx, found: Sequence[tuple[UUID, AccountChange]], *, now: datetime) -> list[tuple[UUID, str]]:
    """Client and rule of those that nobody was told of for that month."""
    rows = await tx.fetch(
        _ADD,
        client_ids=[client_id for client_id, _ in found],
        months=[change.month for _, change in found],
        codes=[change.code for _, change in found],
        now=now,
    )
    return [(row["client_id"], row["code"]) for row in rows]


async def raised(tx: Tx, client_id: UUID, *, month: date) -> dict[str, datetime]:
    """When each rule's change of that month was put before somebody."""
    return {row["code"]: row["raised_at"] for row in await tx.fetch(_RAISED, client_id=client_id, month=month)}
