"""Submitting a draft for the second pair of eyes (XC-34), once its rules hold beside all others."""

from datetime import datetime

from chassis import approvals
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain import policy_life as life
from client_registry.domain import policy_rules as rules
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store

KIND = "tier-policy"


async def submit_tier_policy(
    tx: Tx, policy: TierPolicy, *, reason: str, by: Principal, now: datetime
) -> tuple[TierPolicy, bool]:
    """The submitted version, and whether head office must approve it (CR-5). Raises NotADraft and what the rules raise."""
    submitted = life.submit(policy)
    needs_head_office = rules.check_place(submitted, await store.lock(tx))
    await approvals.propose(tx, kind=KIND, subject_id=policy.id, subject_version=submitted.revision, by=by, now=now)
    await store.save(tx, submitted)
    await store.add_move(tx, submitted, move="submitted", by=by.subject, reason=reason, now=now)
    return submitted, needs_head_office
