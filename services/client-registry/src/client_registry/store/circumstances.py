"""Products held and risk events of one client, as they were known at a cut-off."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.circumstances import PRODUCT_WINDOWS, Circumstances, HeldProduct, RiskEvent, window_day

_SAID = prepare(
    sa.text(
        """
        SELECT product_code, said_on, held, since_on FROM held_products
        WHERE client_id = :client_id AND known_at <= :cut_off_at AND said_on <= :as_of
        ORDER BY said_on, known_at, id
        """
    )
)
_RISKS = prepare(
    sa.text(
        """
        SELECT kind, occurred_on, days_overdue FROM bank_reports
        WHERE client_id = :client_id AND topic = 'risk' AND received_at <= :cut_off_at AND occurred_on <= :as_of
        ORDER BY occurred_on, id
        """
    )
)


async def known(tx: Tx, client_id: UUID, *, as_of: date, cut_off_at: datetime) -> Circumstances:
    """What was known of a client at the cut-off beside figures, for a decision of that day."""
    said = await tx.fetch(_SAID, client_id=client_id, as_of=as_of, cut_off_at=cut_off_at)
    risks = await tx.fetch(_RISKS, client_id=client_id, as_of=as_of, cut_off_at=cut_off_at)
    holdings: dict[int, list[HeldProduct]] = {}
    for window in PRODUCT_WINDOWS:
        day = window_day(as_of, window)
        # The last word up to the day counts.
        newest = {row["product_code"]: row for row in said if row["said_on"] <= day}
        holdings[window] = [
            HeldProduct(product_code=code, since_on=row["since_on"]) for code, row in newest.items() if row["held"]
        ]
    return Circumstances(as_of=as_of, holdings=holdings, risk_events=tuple(RiskEvent(**dict(row)) for row in risks))
