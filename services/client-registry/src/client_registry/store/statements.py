"""Deliveries of figures in PostgreSQL: kept as they came, converted, and made into monthly figures, many at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.json_values import json_ready
from chassis.query import prepare
from chassis.scope import Scope
from chassis.tracing import current_traceparent

from client_registry.domain.events import CLIENTS
from client_registry.domain.figures import OVERDUE_DAYS_BAD
from client_registry.domain.imports.months import month_end as last_day
from client_registry.domain.statements import Statement
from client_registry.store import figure_families
from client_registry.store.statement_sql import AMOUNTS, DERIVE, HOLDINGS, KEEP, SAY_HOLDINGS
from client_registry.tables.figure_deliveries import figure_deliveries

_KEEP = prepare(sa.text(KEEP))
_DERIVE = prepare(sa.text(DERIVE))
_HOLDINGS = prepare(sa.text(HOLDINGS))
_SAY_HOLDINGS = prepare(sa.text(SAY_HOLDINGS))
_EARLIER = prepare(
    sa.select(figure_deliveries).where(
        figure_deliveries.c.source == sa.bindparam("source"),
        figure_deliveries.c.delivery_no == sa.bindparam("delivery_no"),
    )
)
# Two deliveries with one number at the same moment: the second waits for the first and then finds it.
_HOLD_NUMBER = prepare(
    sa.text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:source AS text) || '/' || :delivery_no, 7041953011))")
)
_ADD = prepare(
    sa.insert(figure_deliveries).values({column.name: sa.bindparam(column.name) for column in figure_deliveries.c})
)
_KNOWN = prepare(
    sa.text(
        """
        SELECT n.id, n.client_no FROM clients n
        JOIN clients c ON c.id = coalesce(n.merged_into, n.id) JOIN units u ON u.id = c.home_unit_id
        WHERE (n.id = ANY(CAST(:ids AS uuid[])) OR n.client_no = ANY(CAST(:numbers AS text[])))
          AND (u.path LIKE ANY(CAST(:paths AS text[]))
               OR EXISTS (SELECT FROM units s WHERE s.id = ANY(c.serving_unit_ids)
                          AND s.path LIKE ANY(CAST(:paths AS text[]))))
        """
    )
)
_ERASED = prepare(sa.text("SELECT id FROM clients WHERE id = ANY(CAST(:ids AS uuid[])) AND erased_on IS NOT NULL"))
# With a merged file the one it counts for.
_LOCK = prepare(
    sa.text(
        """
        SELECT id FROM clients WHERE id = ANY(CAST(:ids AS uuid[]))
            OR id IN (SELECT merged_into FROM clients WHERE id = ANY(CAST(:ids AS uuid[])))
        ORDER BY id FOR NO KEY UPDATE
        """
    )
)
_MONTHS_HELD = prepare(
    sa.text("SELECT DISTINCT month FROM source_figures WHERE client_id = :client_id AND holdings IS NOT NULL")
)
_RATES_OF = prepare(
    sa.text("SELECT DISTINCT currency, month FROM exchange_rates WHERE month = ANY(CAST(:months AS date[]))")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row of a delivery that said something new: whether it was the first word about that month."""

    row_no: int
    client_id: UUID
    month: date
    first: bool


async def earlier_delivery(tx: Tx, *, source: str, delivery_no: str) -> Record | None:
    """The delivery of that source with that number, if it was taken before; a twin waits here for the other one."""
    await tx.execute(_HOLD_NUMBER, source=source, delivery_no=delivery_no)
    return await tx.fetchrow(_EARLIER, source=source, delivery_no=delivery_no)


async def add_delivery(tx: Tx, **values: Any) -> None:
    """What came, from whom, when, and what it changed."""
    await tx.execute(_ADD, **values)


async def clients_named(tx: Tx, statements: Iterable[Statement], *, scope: Scope) -> Mapping[UUID | str, UUID]:
    """Id and client number → id, of those on file within the scope; a merged file where the surviving one is."""
    ids: set[UUID] = set()
    numbers: set[str] = set()
    for statement in statements:
        if statement.client_id is not None:
            ids.add(statement.client_id)
        if statement.client_no is not None:
            numbers.add(statement.client_no)
    found: dict[UUID | str, UUID] = {}
    for row in await tx.fetch(_KNOWN, ids=list(ids), numbers=list(numbers), paths=scope.paths):
        found[row["id"]] = row["id"]
        found[row["client_no"]] = row["id"]
    return found


async def erased_among(tx: Tx, client_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the clients whose person is gone."""
    return {row["id"] for row in await tx.fetch(_ERASED, ids=list(set(client_ids)))}


async def rates_known(tx: Tx, months: Iterable[date]) -> set[tuple[str, date]]:
    """Currencies and months for which a rate is known."""
    return {(row["currency"], row["month"]) for row in await tx.fetch(_RATES_OF, months=list(set(months)))}


async def lock_clients(tx: Tx, client_ids: Iterable[UUID]) -> None:
    """Whoever writes figures of a client holds his file: two corrections of one month come one after the other."""
    await tx.execute(_LOCK, ids=sorted(set(client_ids)))


async def keep(
    tx: Tx, statements: Sequence[tuple[UUID, Statement]], *, source: str, delivery_id: UUID, now: datetime
) -> list[Kept]:
    """The rows that say something new, kept in their own currency. The clients are locked."""
    rows = [
        {
            "row_no": row_no, "client_id": str(client_id), "month": statement.month.isoformat(),
            "currency": statement.currency,
            **{name: None if (amount := getattr(statement, name)) is None else str(amount) for name in AMOUNTS},
            "loans": json_ready(statement.loans), "holdings": json_ready(statement.holdings),
        }
        for row_no, (client_id, statement) in enumerate(statements)
    ]  # fmt: skip
    found = await tx.fetch(_KEEP, rows=rows, source=source, delivery_id=delivery_id, now=now)
    return [Kept(**dict(row)) for row in found]


async def derive(tx: Tx, places: Sequence[tuple[UUID, date]], *, now: datetime) -> list[UUID]:
    """Monthly figures of these files' months, made anew; the clients whose figures have changed by it: of a merged file
    that is the surviving one."""
    rows = await tx.fetch(
        _DERIVE,
        client_ids=[client_id for client_id, _ in places],
        months=[month for _, month in places],
        overdue_days_bad=OVERDUE_DAYS_BAD,
        now=now,
    )
    return sorted(await figure_families.carry(tx, [row["client_id"] for row in rows], now=now)) if rows else []


async def months_held(tx: Tx, client_id: UUID) -> list[date]:
    """The months for which it was stated what is held under a file's number."""
    return [row["month"] for row in await tx.fetch(_MONTHS_HELD, client_id=client_id)]


async def tell_holdings(tx: Tx, client_ids: Sequence[UUID], *, now: datetime, ended: Sequence[date] = ()) -> list[UUID]:
    """What these locked clients hold, from the newest statements; told where it has changed (CR-51, CR-76).

    `ended`: months whose statements count no more; what is held may be what an older one says.
    """
    counting, _ = await figure_families.survivors_of(tx, client_ids)
    changed = [
        row["client_id"]
        for row in await tx.fetch(_HOLDINGS, client_ids=sorted(counting), ends=[last_day(month) for month in ended])
    ]
    if changed:
        await tx.execute(_SAY_HOLDINGS, client_ids=changed, topic=CLIENTS, now=now, traceparent=current_traceparent())
    return changed
