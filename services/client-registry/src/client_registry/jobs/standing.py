"""What falls due in a client's standing: reviews, notices, tiers whose grace is over."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.due_work import Due, Sweeps

from client_registry.domain.standing_policy import OVERRIDE_END
from client_registry.use_cases.approve_admission import EXCEPTION_END, EXCEPTION_FORESEE
from client_registry.use_cases.approve_corporate_vip import BEGIN as CORPORATE_BEGIN
from client_registry.use_cases.approve_corporate_vip import END as CORPORATE_END
from client_registry.use_cases.begin_monthly_evaluations import begin_monthly_evaluations
from client_registry.use_cases.classify_clients import DECAYS, REASSESS
from client_registry.use_cases.end_exception import end_exception
from client_registry.use_cases.foresee_downgrade import foresee_downgrade
from client_registry.use_cases.foresee_tier_falls import foresee_tier_falls
from client_registry.use_cases.plan_review import FORESEE, REVERIFY, REVIEW
from client_registry.use_cases.reassess_client import reassess_client
from client_registry.use_cases.reclassify_client import reclassify_client
from client_registry.use_cases.reverify_client import reverify_client
from client_registry.use_cases.review_level import review_level
from client_registry.use_cases.sweep_corporate_vip import sweep_corporate_vip


async def review(tx: Tx, due: Due, *, now: datetime) -> None:
    """The card's end, or two years without one (CR-17)."""
    await review_level(tx, due.subject_id, now=now)


async def foresee(tx: Tx, due: Due, *, now: datetime) -> None:
    """The policy's lead time before that (A5)."""
    await foresee_downgrade(
        tx, due.subject_id, falls_on=date.fromisoformat(due.detail["falls_on"]), cause=due.detail["cause"], now=now
    )


async def reverify(tx: Tx, due: Due, *, now: datetime) -> None:
    """The client was undecided when his card was about to end."""
    await reverify_client(tx, due.subject_id, expires_on=date.fromisoformat(due.detail["expires_on"]), now=now)


async def foresee_tiers(tx: Tx, *, now: datetime) -> None:
    """Every ten minutes a few: service tiers whose grace ends soon, or is over."""
    await foresee_tier_falls(tx, now=now)


async def end_exceptional(tx: Tx, due: Due, *, now: datetime) -> None:
    """The last day of an exceptional admission is over (CR-11)."""
    await end_exception(tx, due.subject_id, now=now)


async def foresee_exception_end(tx: Tx, due: Due, *, now: datetime) -> None:
    """The policy's lead time before an exceptional admission ends (A5)."""
    await foresee_downgrade(
        tx,
        UUID(due.detail["client_id"]),
        falls_on=date.fromisoformat(due.detail["falls_on"]),
        cause=OVERRIDE_END,
        now=now,
    )


async def reassess(tx: Tx, due: Due, *, now: datetime) -> None:
    """High risk is assessed again in fixed periods (CR-36)."""
    await reassess_client(tx, due.subject_id, now=now)


async def weigh_again(tx: Tx, due: Due, *, now: datetime) -> None:
    """A risk event counts no more: the class is found anew (CR-31)."""
    await reclassify_client(tx, due.subject_id, now=now)


async def corporate_list(tx: Tx, due: Due, *, now: datetime) -> None:
    """An entry of the corporate list begins or is over (CR-24)."""
    await sweep_corporate_vip(tx, due.subject_id, now=now)


async def begin_months(tx: Tx, *, now: datetime) -> None:
    """Hourly: the last closed month is evaluated once its figures are there (A5)."""
    await begin_monthly_evaluations(tx, now=now)


def register(sweeps: Sweeps) -> None:
    """Hangs them into the registry's sweeps."""
    sweeps(REVIEW)(review)
    sweeps(FORESEE)(foresee)
    sweeps(REVERIFY)(reverify)
    sweeps(EXCEPTION_END)(end_exceptional)
    sweeps(EXCEPTION_FORESEE)(foresee_exception_end)
    sweeps(REASSESS)(reassess)
    sweeps(CORPORATE_BEGIN)(corporate_list)
    sweeps(CORPORATE_END)(corporate_list)
    sweeps(DECAYS)(weigh_again)
    sweeps.recurring("monthly-evaluation", cron="10 * * * *")(begin_months)
    sweeps.recurring("standing.tier-falls", cron="*/10 * * * *")(foresee_tiers)
