"""The decision of this moment over one member (CR-17): nothing is said or lowered here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.domain.endings import StandingMembership
from client_registry.domain.qualification import Standing
from client_registry.domain.reviews import Judgement, LevelFinding, judge
from client_registry.store import clients, evaluation, qualifications, reviews
from client_registry.store import standing as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A member under his lock, and what was found."""

    standing: Standing
    membership: StandingMembership
    judgement: Judgement
    decision_id: UUID
    findings: list[LevelFinding]

    @property
    def policy_version(self) -> str:
        """The policy that speaks of the level that holds, or of the one that was lost."""
        wanted = (self.judgement.level, self.standing.card_level)
        named = [finding.policy_version for level in wanted for finding in self.findings if finding.level is level]
        return named[0] if named else self.membership.policy_version


async def verify_member(tx: Tx, client_id: UUID, *, now: datetime, excepted: bool | None = None) -> Verified | None:
    """Decides with the figures known now, as a run does; None where there is no standing membership.

    `excepted` leaves an exceptional admission that has just come to its end out of account.
    """
    if await clients.lock_client(tx, client_id, former=True) is None:
        return None
    membership = await store.lock_membership(tx, client_id)
    locked = await evaluation.lock_these(tx, [client_id])
    if membership is None or not locked:
        return None
    run_id, today = new_id(), business_day(now)
    await evaluation.decide(tx, locked, run_id=run_id, as_of=today, cut_off_at=now)
    await evaluation.follow(tx, locked, run_id=run_id, as_of=today, now=now)
    decided = await reviews.decision_of(tx, client_id, run_id=run_id)
    file = await clients.lock_client(tx, client_id, former=True)
    if decided is None or file is None:
        return None
    decision_id, findings = decided
    held = await qualifications.lock_qualifications(tx, client_id)
    standing = store.standing_of(file)
    return Verified(
        standing=standing,
        membership=membership,
        judgement=judge(
            standing.card_level,
            findings,
            excepted=await reviews.is_excepted(tx, client_id, today=today) if excepted is None else excepted,
            filed=frozenset(level for level, qualification in held.items() if qualification.bears_membership),
        ),
        decision_id=decision_id,
        findings=findings,
    )
