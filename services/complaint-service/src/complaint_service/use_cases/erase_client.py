"""A client is erased: the words of his cases and the papers in them go, the cases stay as proof without a person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import attachments, audit, forgetting
from chassis.db import Tx
from chassis.identity import system

from complaint_service.store import erasures

BY = system("complaint-service")


async def erase_client(tx: Tx, client_id: UUID, *, kinds: Sequence[str], now: datetime) -> None:
    """With `complaints` the words, with `file` our copy of the client too. Again changes nothing."""
    if not {"complaints", "file"}.intersection(kinds):
        return
    cases = await erasures.erase_words(tx, client_id)
    await attachments.remove_of(tx, cases)
    if "file" in kinds:
        await erasures.drop_copy(tx, client_id)
        await forgetting.forget_clients(tx, [client_id], by=BY.subject, now=now)
    await audit.record(
        tx, act="client.erased", by=BY, object_type="client", object_id=client_id, client_id=client_id,
        detail={"kinds": list(kinds), "cases": len(cases)}, at=now,
    )  # fmt: skip
