"""Follow a client's tier; a rise moves his open cases."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies
from complaint_service.use_cases.reroute_cases import reroute_cases


async def change_tier(
    tx: Tx,
    client_id: UUID,
    *,
    service_tier: str,
    card_level: str,
    service_tier_rose: bool,
    decision_id: UUID,
    now: datetime,
) -> None:
    """Keep the present tier and level. Where the service tier rose, unanswered cases are routed anew; a fall leaves
    them with the people who know them. Raises ClientNotKnown."""
    await copies.set_tier(tx, client_id, service_tier=service_tier, card_level=card_level)
    if service_tier_rose:
        await reroute_cases(tx, client_id, cause_id=decision_id, now=now)
