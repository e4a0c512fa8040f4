"""Exchange rates as they are answered: the newest of each currency and month."""

from datetime import date

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

_LIST = prepare(
    sa.text(
        """
        SELECT * FROM (
            SELECT DISTINCT ON (month, currency) currency, month, rate, source, recorded_by, known_at,
                   count(*) OVER (PARTITION BY month, currency) AS versions
            FROM exchange_rates
            WHERE (CAST(:month AS date) IS NULL OR month = :month)
              AND (CAST(:currency AS text) IS NULL OR currency = :currency)
            ORDER BY month, currency, known_at DESC
        ) AS newest
        WHERE CAST(:after_month AS date) IS NULL OR (month, currency) > (:after_month, CAST(:after_currency AS text))
        ORDER BY month, currency LIMIT :most
        """
    )
)


async def rates(
    tx: Tx, *, month: date | None, currency: str | None, after: tuple[date, str] | None, most: int
) -> list[Record]:
    """The rate that counts for each month and currency, in that order, and how often it was entered."""
    return await tx.fetch(
        _LIST,
        month=month,
        currency=currency,
        after_month=after[0] if after else None,
        after_currency=after[1] if after else None,
        most=most,
    )
