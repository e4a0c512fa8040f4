"""Service tiers whose grace runs (domain decisions, section 1; A5): told before they fall, lowered when it is over."""

from datetime import datetime, timedelta

from chassis import outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.domain.policies import Ladder
from client_registry.domain.shortfalls import missing_to, results_for
from client_registry.domain.standing_events import DowngradeForeseen
from client_registry.domain.standing_policy import GRACE
from client_registry.store import clients, evaluation, reviews
from client_registry.store.plain_evaluation import evaluate_plainly

# What one sweep takes; the next one takes the rest.
SIZE = 200
LOWER_SIZE = 1_000


async def foresee_tier_falls(tx: Tx, *, now: datetime) -> int:
    """How many were told. Those whose grace is over are decided again and come down, all in one statement."""
    today = business_day(now)
    over = await evaluation.lock_these(tx, await reviews.tiers_out_of_grace(tx, today=today, size=LOWER_SIZE))
    if over:
        run_id = new_id()
        await evaluation.decide(tx, over, run_id=run_id, as_of=today, cut_off_at=now)
        await evaluation.follow(tx, over, run_id=run_id, as_of=today, now=now)
    policy = await reviews.policy_on(tx, today)
    until = today + timedelta(days=policy.foresee_days)
    facts = []
    for client_id, falls_on in await reviews.tiers_about_to_fall(tx, today=today, foreseen_until=until, size=SIZE):
        decision_id = await reviews.last_decision_id(tx, client_id)
        file = await clients.lock_client(tx, client_id, former=True)
        if decision_id is None or file is None:
            continue
        evaluated = (await evaluate_plainly(tx, client_id, as_of=today, cut_off_at=now)).evaluation
        missing = missing_to(results_for(evaluated, Ladder.SERVICE_TIER, file["service_tier"]))
        await reviews.note_foreseen(tx, client_id, cause=GRACE, falls_on=falls_on, decision_id=decision_id, now=now)
        fact = DowngradeForeseen(
            at=now,
            version=file["version"] + 1,
            client_id=client_id,
            attribute=Ladder.SERVICE_TIER.value,
            level_from=file["service_tier"],
            level_to=evaluated.service_tier.value,
            cause=GRACE,
            days_left=(falls_on - today).days,
            falls_on=falls_on,
            shortfalls=tuple(each.said() for each in missing),
            decision_id=decision_id,
        )
        await clients.set_card_level(tx, client_id, level=file["card_level"], version=fact.version)
        facts.append(fact)
    await outbox.add(tx, *facts)
    return len(facts)
