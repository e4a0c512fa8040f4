"""The second person's yes to a policy (CR-5, CR-6, XC-34): checked again, and in force by itself on its first day."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from chassis import approvals, due_work
from chassis.approvals import SamePerson
from chassis.clock import SHANGHAI
from chassis.db import Tx
from chassis.identity import Grant, Principal

from client_registry.domain import policy_life as life
from client_registry.domain import policy_rules as rules
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store
from client_registry.use_cases.submit_tier_policy import KIND

ACTIVATION = "tier-policy.activation"


async def approve_tier_policy(
    tx: Tx, policy: TierPolicy, *, reason: str, grants: Sequence[Grant], by: Principal, now: datetime
) -> TierPolicy:
    """Who wrote or changed any word of it does not approve it.

    Raises SamePerson, Overtaken, NotOpen, NeedsHeadOffice (CR-5) and what the rules raise.
    """
    await not_by_its_author(tx, policy, by)
    await approvals.approve(tx, kind=KIND, subject_id=policy.id, subject_version=policy.revision, by=by, now=now)
    needs_head_office = rules.check_place(policy, await store.lock(tx))
    life.check_approver(grants, needs_head_office=needs_head_office)
    approved = life.approve(policy)
    await store.save(tx, approved)
    await store.add_move(tx, approved, move="approved", by=by.subject, reason=reason, now=now)
    begins = datetime.combine(policy.valid_from, time(), tzinfo=SHANGHAI).astimezone(UTC)
    await due_work.schedule(tx, kind=ACTIVATION, subject_id=policy.id, due_at=begins)
    return approved


async def not_by_its_author(tx: Tx, policy: TierPolicy, by: Principal) -> None:
    """Raises SamePerson for everybody who wrote, changed or submitted it since it was a draft."""
    written = [
        row for row in await store.list_moves(tx, policy.id) if row["move"] in ("drafted", "changed", "submitted")
    ]
    if by.subject in {row["moved_by"] for row in written}:
        raise SamePerson()
