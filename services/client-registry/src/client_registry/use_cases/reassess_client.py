"""High risk is assessed again in time (CR-36): decided, classified, and put before the manager while it lasts."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.grades import Grade
from client_registry.store import clients
from client_registry.use_cases.ask_to_contact import CONTACT_WITHIN, FALLBACK_ROLE
from client_registry.use_cases.classify_clients import REASSESS, classify_clients
from client_registry.use_cases.reevaluate_client import reevaluate_client


async def reassess_client(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """A client who is still of high risk becomes work again; for whom it is over, it is over."""
    await reevaluate_client(tx, client_id, as_of=business_day(now), now=now)
    found = await classify_clients(tx, [client_id], now=now)
    if not found or found[0].risk_class is not Grade.HIGH:
        return
    keeper = (await clients.managers_of(tx, [client_id]))[client_id]
    await work_items.add(
        tx,
        kind=REASSESS,
        rule="CR-36",
        text=REASSESS,
        client_id=client_id,
        subject_id=client_id,
        owner=keeper["manager"],
        owner_role=None if keeper["manager"] else FALLBACK_ROLE,
        unit_id=keeper["home_unit_id"],
        unit_path=keeper["path"],
        due_at=now + CONTACT_WITHIN,
        now=now,
    )
