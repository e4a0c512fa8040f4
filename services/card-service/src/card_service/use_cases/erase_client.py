"""A client is erased: no card is good or set aside for him any more, nobody looks after him; custody stays as proof."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit, forgetting
from chassis.db import Tx
from chassis.identity import system

from card_service.store import clients
from card_service.use_cases.stop_cards import stop_cards

BY = system("card-service")


async def erase_client(tx: Tx, client_id: UUID, *, erased_on: date, now: datetime) -> None:
    """Again changes nothing."""
    await stop_cards(tx, client_id, cause="erased", decision_id=None, now=now)
    await clients.erase(tx, client_id, erased_on=erased_on)
    await forgetting.forget_clients(tx, [client_id], by=BY.subject, now=now)
    await audit.record(
        tx, act="client.erased", by=BY, object_type="client", object_id=client_id, client_id=client_id, at=now
    )
