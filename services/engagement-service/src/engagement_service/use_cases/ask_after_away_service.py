"""A client was served away from home: the manager gets in touch (CR-99, BOC-S Art. 28(4))."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

KIND = "contact.after-away-service"


async def ask_after_away_service(
    tx: Tx, client_id: UUID, *, manager: str | None, due_at: datetime | None, now: datetime
) -> None:
    """One work item for the client's manager, done by the next contact with the client.

    Nothing where no feedback is due, or where nobody keeps the client: then the registry asks the head of the home unit.
    """
    if manager is None or due_at is None:
        return
    await work_items.add(
        tx, kind=KIND, rule="CR-99", text=KIND, client_id=client_id, subject_id=client_id, owner=manager,
        owner_role=None, unit_id=None, due_at=due_at, now=now,
    )  # fmt: skip
