"""A shortfall notice (A5): before a level falls, what is missing is said once for its cause."""

from datetime import date, datetime
from uuid import UUID

from chassis import due_work, outbox
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.levels import CardLevel
from client_registry.domain.policies import Ladder
from client_registry.domain.reviews import Verdict
from client_registry.domain.shortfalls import missing_to, results_for
from client_registry.domain.standing_events import DowngradeForeseen
from client_registry.domain.standing_policy import OVERRIDE_END
from client_registry.store import clients, reviews
from client_registry.store.plain_evaluation import evaluate_plainly
from client_registry.use_cases.plan_review import FORESEE, morning
from client_registry.use_cases.verify_member import verify_member


async def foresee_downgrade(tx: Tx, client_id: UUID, *, falls_on: date, cause: str, now: datetime) -> None:
    """Says DowngradeForeseen where the card level would fall that day by the figures of now; nothing where the standard is
    met or the client is no member. An undecided client is looked at again until the day comes."""
    today = business_day(now)
    if today >= falls_on:
        return
    verified = await verify_member(tx, client_id, now=now, excepted=False)
    if verified is None or verified.judgement.verdict is Verdict.PASSED:
        return
    # What an exception gave falls with it: a missing figure keeps nothing then, and no lower level catches it.
    at_end_of_exception = cause == OVERRIDE_END
    if verified.judgement.verdict is Verdict.UNDECIDED and not at_end_of_exception:
        policy = await reviews.policy_on(tx, today)
        await due_work.schedule(
            tx, kind=FORESEE, subject_id=client_id, due_at=morning(policy.retry_on(today)),
            detail={"falls_on": falls_on.isoformat(), "cause": cause},
        )  # fmt: skip
        return
    first = await reviews.note_foreseen(
        tx, client_id, cause=cause, falls_on=falls_on, decision_id=verified.decision_id, now=now
    )
    if not first:
        return
    standing = verified.standing
    plain = await evaluate_plainly(tx, client_id, as_of=today, cut_off_at=now)
    missing = missing_to(results_for(plain.evaluation, Ladder.CARD_LEVEL, standing.card_level.value))
    fact = DowngradeForeseen(
        at=now,
        version=standing.version + 1,
        client_id=client_id,
        attribute=Ladder.CARD_LEVEL.value,
        level_from=standing.card_level.value,
        level_to=(CardLevel.NONE if at_end_of_exception else verified.judgement.level).value,
        cause=cause,
        days_left=(falls_on - today).days,
        falls_on=falls_on,
        shortfalls=tuple(each.said() for each in missing),
        decision_id=verified.decision_id,
    )
    await clients.set_card_level(tx, client_id, level=standing.card_level.value, version=fact.version)
    await outbox.add(tx, fact)
