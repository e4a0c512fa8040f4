"""Every VIP client has a manager (CR-43, CR-44): who has none is put before the head of his wealth centre."""

from datetime import datetime

from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.hand_overs import end_of_working_day
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.store import calendar, hand_overs, missing_managers
from client_registry.use_cases.give_manager import WITHOUT_MANAGER
from client_registry.use_cases.propose_hand_over import CALENDAR

OWNER_ROLE = "wealth_centre_head"


async def ask_for_managers(tx: Tx, *, now: datetime) -> int:
    """How many clients were newly found; due after the policy's working days, without a calendar without a day."""
    today = business_day(now)
    policy = await hand_overs.policy_on(tx, today)
    days = await calendar.latest(tx, CALENDAR)
    return await missing_managers.ask_for_managers(
        tx,
        kind=WITHOUT_MANAGER,
        owner_role=OWNER_ROLE,
        tiers=policy.managed_tiers,
        roles=MANAGER_ROLES,
        day=today,
        due_at=None if days is None else end_of_working_day(now, policy.manager_due_working_days, days),
        now=now,
    )
