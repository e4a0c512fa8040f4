"""What happens when a client gets another manager, whichever way it came about (CR-43, CR-44)."""

from datetime import datetime
from uuid import UUID

from chassis import due_work, outbox, work_items
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal

from client_registry.domain.events import RelationshipManagerAssigned
from client_registry.store import clients as store
from client_registry.store import hand_overs
from client_registry.use_cases.await_first_meeting import await_first_meeting

ANSWER = "manager.hand-over-answer"
UNANSWERED = "manager.hand-over-unanswered"
WITHOUT_MANAGER = "manager.missing"


async def give_manager(
    tx: Tx, file: Record, *, manager: str, by: Principal, now: datetime
) -> tuple[int, list[tuple[UUID, UUID]]]:
    """The file's version after it, and the work items that went along; says RelationshipManagerAssigned.

    The file is locked by the caller. Hand-overs that were still open are overtaken.
    """
    client_id, today = file["id"], business_day(now)
    version = int(file["version"]) + 1
    await store.set_manager(tx, client_id, manager=manager, from_on=today, version=version)
    await outbox.add(
        tx,
        RelationshipManagerAssigned(
            at=now, version=version, client_id=client_id, manager=manager, unit_id=file["home_unit_id"], from_on=today
        ),
    )
    for hand_over_id in await hand_overs.overtake(tx, [client_id], by=by.subject, now=now):
        await forget_hand_over(tx, hand_over_id, result="overtaken", by=by, now=now)
    await work_items.complete_for(
        tx, subject_id=client_id, kind=WITHOUT_MANAGER, by=by, result="manager-assigned", now=now
    )
    await await_first_meeting(tx, client_id, now=now)
    moved: list[tuple[UUID, UUID]] = []
    if file["manager"] is not None:
        moved = await work_items.move_of_clients(tx, [client_id], file["manager"], manager, by=by, now=now)
    return version, moved


async def forget_hand_over(tx: Tx, hand_over_id: UUID, *, result: str, by: Principal, now: datetime) -> None:
    """Nobody is waited for any more: what was asked of the receiver and of the supervisor is done."""
    await due_work.cancel(tx, kind=UNANSWERED, subject_id=hand_over_id)
    for kind in (ANSWER, UNANSWERED):
        await work_items.complete_for(tx, subject_id=hand_over_id, kind=kind, by=by, result=result, now=now)
