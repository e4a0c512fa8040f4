"""A client is erased: notes about contacts go, the relationship is found by nobody; that there was contact stays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit, forgetting
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import system

from engagement_service.store import erasures, family, mergers, plans

BY = system("engagement-service")


async def erase_client(tx: Tx, client_id: UUID, *, kinds: Sequence[str], now: datetime) -> None:
    """With `contacts` the notes, with `file` everything of the person. Again changes nothing."""
    if not {"contacts", "file"}.intersection(kinds):
        return
    await mergers.lock_both(tx, client_id, client_id, today=business_day(now))
    memos = await erasures.erase_memos(tx, client_id)
    if "file" in kinds:
        await plans.drop_plans(tx, [client_id])
        await family.forget(tx, client_id)
        await erasures.close(tx, client_id)
        await forgetting.forget_clients(tx, [client_id], by=BY.subject, now=now)
    await audit.record(
        tx, act="client.erased", by=BY, object_type="client", object_id=client_id, client_id=client_id,
        detail={"kinds": list(kinds), "notes": memos}, at=now,
    )  # fmt: skip
