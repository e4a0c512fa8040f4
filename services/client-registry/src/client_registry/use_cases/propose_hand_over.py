"""Offering a client to another manager; the present one stays responsible until it is accepted (CR-44, XC-23)."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.hand_overs import HandOver, end_of_working_day, propose
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.store import calendar, clients
from client_registry.store import hand_overs as store
from client_registry.use_cases.give_manager import ANSWER, UNANSWERED

CALENDAR = "CN"
# Without a calendar nothing is guessed: the question comes back until there is one.
ASK_AGAIN = timedelta(hours=1)
_NOT_THERE = Text(
    en="This person is no client manager at the unit that keeps the client's file.",
    zh="该人员未在客户归属机构担任客户经理。",
)


async def propose_hand_over(
    tx: Tx, client_id: UUID, *, to: str, remarks: str | None, by: Principal, now: datetime
) -> HandOver:
    """The hand-over that now waits for the receiver; a work item tells him, with the policy's working days to answer.

    Raises Invalid for a receiver who is not posted at the home unit, NoManagerYet, SameManager, SamePerson,
    HandOverPending; NotFound for an unknown client.
    """
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    hand_over = propose(
        hand_over_id=new_id(), client_id=client_id, manager=file["manager"], to=to, unit_id=file["home_unit_id"],
        by=by.subject, at=now,
    )  # fmt: skip
    if not await store.is_posted_at(tx, to, file["home_unit_id"], MANAGER_ROLES, day=business_day(now)):
        raise Invalid([FieldError("/to", "manager.not-at-home-unit", _NOT_THERE)])
    await store.add(tx, hand_over)
    if remarks is not None:
        await store.add_remarks(tx, hand_over.id, remarks, client_id=client_id, by=by.subject, now=now)
    due_at = await answer_due_at(tx, hand_over)
    await work_items.add(
        tx, kind=ANSWER, rule="XC-23", text=ANSWER, client_id=None, subject_id=hand_over.id, owner=to, owner_role=None,
        unit_id=None, due_at=due_at, now=now,
    )  # fmt: skip
    await due_work.schedule(tx, kind=UNANSWERED, subject_id=hand_over.id, due_at=due_at or now + ASK_AGAIN)
    await audit.record(
        tx, act="manager.hand-over-proposed", by=by, object_type="manager-hand-over", object_id=hand_over.id,
        client_id=client_id, detail={"from": hand_over.from_manager, "to": to}, at=now,
    )  # fmt: skip
    return hand_over


async def answer_due_at(tx: Tx, hand_over: HandOver) -> datetime | None:
    """Until when the receiver answers; None while no working calendar is known."""
    days = await calendar.latest(tx, CALENDAR)
    if days is None:
        return None
    policy = await store.policy_on(tx, business_day(hand_over.proposed_at))
    return end_of_working_day(hand_over.proposed_at, policy.hand_over_answer_working_days, days)
