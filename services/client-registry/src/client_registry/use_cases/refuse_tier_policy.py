"""The second person's no: the policy is a draft again, with the reason on record (XC-34)."""

from datetime import datetime

from chassis import approvals
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain import policy_life as life
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store
from client_registry.use_cases.approve_tier_policy import not_by_its_author
from client_registry.use_cases.submit_tier_policy import KIND


async def refuse_tier_policy(tx: Tx, policy: TierPolicy, *, reason: str, by: Principal, now: datetime) -> TierPolicy:
    """A draft again. Raises SamePerson, NotOpen, NotSubmitted."""
    await not_by_its_author(tx, policy, by)
    await approvals.refuse(tx, kind=KIND, subject_id=policy.id, by=by, now=now, reason="policy-refused")
    refused = life.refuse(policy)
    await store.save(tx, refused)
    await store.add_move(tx, refused, move="refused", by=by.subject, reason=reason, now=now)
    return refused
