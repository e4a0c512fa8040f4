"""A hand-over that nobody answers goes before the supervisor (CR-44, XC-23)."""

from datetime import datetime
from uuid import UUID

from chassis import due_work, work_items
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.hand_overs import HandOverStatus
from client_registry.store import hand_overs as store
from client_registry.store import organisation
from client_registry.use_cases.give_manager import UNANSWERED
from client_registry.use_cases.propose_hand_over import ASK_AGAIN, answer_due_at

# Who decides then: the nearest of them at or above the home unit.
DECIDERS = (
    "rm_supervisor", "private_banking_supervisor", "wealth_centre_head", "outlet_head", "client_service_section",
    "branch_personal_banking",
)  # fmt: skip
FALLBACK = "wealth_centre_head"


async def remind_of_hand_over(tx: Tx, hand_over_id: UUID, *, now: datetime) -> None:
    """A work item for the nearest supervisor or head; not before the policy's working days are over."""
    hand_over = await store.lock(tx, hand_over_id)
    if hand_over is None or hand_over.status is not HandOverStatus.PROPOSED:
        return
    due_at = await answer_due_at(tx, hand_over)
    if due_at is None or due_at > now:
        await due_work.schedule(tx, kind=UNANSWERED, subject_id=hand_over_id, due_at=due_at or now + ASK_AGAIN)
        return
    unit = await organisation.find_unit(tx, hand_over.unit_id)
    found = await store.nearest_post(tx, hand_over.unit_id, DECIDERS, day=business_day(now))
    role, unit_id, path = found or (FALLBACK, hand_over.unit_id, None if unit is None else unit.path)
    await work_items.add(
        tx, kind=UNANSWERED, rule="XC-23", text=UNANSWERED, client_id=hand_over.client_id, subject_id=hand_over_id,
        owner=None, owner_role=role, unit_id=unit_id, unit_path=path, due_at=now, now=now,
    )  # fmt: skip
