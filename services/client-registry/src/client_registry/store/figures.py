"""Monthly figures of one client, as they were known at a cut-off."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.figures import (
    REPAYMENT_MONTHS,
    Delivered,
    LoanMonth,
    MonthFigures,
    RepaymentHistory,
    month_of,
    months_back,
)

_WHERE = (
    "WHERE client_id = :client_id AND known_at <= :cut_off_at AND (withdrawn_at IS NULL OR withdrawn_at > :cut_off_at) "
    "AND month >= :first AND month < :month_end"
)
_MONTHS = prepare(
    sa.text(
        f"""
        SELECT month, deposit_average, deposit_month_end, card_spend, assets FROM monthly_figures {_WHERE}
        ORDER BY month, known_at
        """  # noqa: S608 - put together from constants
    )
)
_LOANS = prepare(
    sa.text(
        f"""
        SELECT month, outstanding, overdue_days_max, overdue_days_open FROM loan_months {_WHERE}
        ORDER BY month, known_at
        """  # noqa: S608 - put together from constants
    )
)
_HISTORIES = prepare(
    sa.text(
        f"""
        SELECT month, months_covered, overdue_days_max, overdue_days_open FROM repayment_histories {_WHERE}
        ORDER BY month, known_at
        """  # noqa: S608 - put together from constants
    )
)


async def delivered(
    tx: Tx, client_id: UUID, *, as_of: date, cut_off_at: datetime, client_since_on: date | None
) -> Delivered:
    """What was known about a client at the cut-off, for a decision of that day: the newest figure of each month."""
    month_end = month_of(as_of)
    window = {
        "client_id": client_id,
        "cut_off_at": cut_off_at,
        "first": months_back(month_end, REPAYMENT_MONTHS),
        "month_end": month_end,
    }
    months: dict[date, dict[str, object]] = {}
    for row in await tx.fetch(_MONTHS, **window):
        _lay_over(months.setdefault(row["month"], {}), dict(row))
    loans: dict[date, dict[str, object]] = {}
    for row in await tx.fetch(_LOANS, **window):
        _lay_over(loans.setdefault(row["month"], {}), dict(row))
    histories = {row["month"]: dict(row) for row in await tx.fetch(_HISTORIES, **window)}
    return Delivered(
        months={month: MonthFigures(**given) for month, given in months.items()},  # type: ignore[arg-type]
        loans={month: LoanMonth(**given) for month, given in loans.items()},  # type: ignore[arg-type]
        histories={
            month: RepaymentHistory(**{name: value for name, value in given.items() if name != "month"})
            for month, given in histories.items()
        },
        client_since_on=client_since_on,
    )


def _lay_over(known: dict[str, object], later: dict[str, object]) -> None:
    """A later row replaces only what it delivers."""
    known.update({name: value for name, value in later.items() if name != "month" and value is not None})
