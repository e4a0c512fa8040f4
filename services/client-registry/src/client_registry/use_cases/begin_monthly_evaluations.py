"""A5: each month everybody is evaluated, and then classified, without anybody asking for it; never twice for a month.

Asked every hour. Whatever was missed while nothing ran is made good at the next asking: the newest closed month is
evaluated, and the months before it that nobody evaluated are counted.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import operations, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import system

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.domain.monthly_evaluations import (
    Because,
    MonthlyKind,
    month_to_evaluate,
    months_between,
    reason_to_begin,
)
from client_registry.domain.policies import HEAD_OFFICE_PATH
from client_registry.store import calendar, evaluation_policies
from client_registry.store import monthly_evaluations as store
from client_registry.use_cases.start_classification_run import start_classification_run
from client_registry.use_cases.start_qualification_run import start_qualification_run

CALENDAR = "CN"
FIGURES_MISSING = "evaluation.figures-missing"
STOPPED = "evaluation.stopped"
ROLE = "head_office_personal_banking"
LOOK_WITHIN = timedelta(days=3)
_BY = system("client-registry")


async def begin_monthly_evaluations(tx: Tx, *, now: datetime) -> None:
    """Begins what is due of the last closed month: first the evaluation, after its success the classification."""
    policy, month = await evaluation_policies.current(tx), month_to_evaluate(now)
    begun = await store.of_month(tx, month, unit_path=HEAD_OFFICE_PATH)
    if MonthlyKind.QUALIFICATION not in begun:
        await _evaluate(tx, policy, month, now=now)
        return
    evaluation = begun[MonthlyKind.QUALIFICATION]
    work = await operations.get(tx, evaluation["operation_id"])
    if work.status in ("failed", "cancelled"):
        if await store.tell_stop_once(tx, work.id, now=now):
            await _ask_head_office(tx, STOPPED, work.id, now=now)
    elif work.status == "succeeded" and policy.classify and MonthlyKind.CLASSIFICATION not in begun:
        claimed = await store.claim(
            tx, month, MonthlyKind.CLASSIFICATION, unit_path=HEAD_OFFICE_PATH, because=Because.QUALIFICATION_DONE,
            figures_percent=evaluation["figures_percent"], months_missed=evaluation["months_missed"], now=now,
        )  # fmt: skip
        if claimed:
            started = await start_classification_run(tx, unit_path=HEAD_OFFICE_PATH, by=_BY, now=now)
            await store.set_operation(tx, month, MonthlyKind.CLASSIFICATION, started.id, unit_path=HEAD_OFFICE_PATH)


async def _evaluate(tx: Tx, policy: EvaluationPolicy, month: date, *, now: datetime) -> None:
    published = await calendar.latest(tx, CALENDAR)
    percent = await store.delivered_percent(tx, month, unit_path=HEAD_OFFICE_PATH)
    because = reason_to_begin(policy, published, month=month, figures_percent=percent, now=now)
    if because is None:
        return
    last = await store.last_before(tx, month, unit_path=HEAD_OFFICE_PATH)
    claimed = await store.claim(
        tx, month, MonthlyKind.QUALIFICATION, unit_path=HEAD_OFFICE_PATH, because=because, figures_percent=percent,
        months_missed=0 if last is None else months_between(last, month), now=now,
    )  # fmt: skip
    if not claimed:
        return
    started = await start_qualification_run(
        tx, as_of=business_day(now), unit_path=HEAD_OFFICE_PATH, by=_BY, now=now, summed_up=True
    )
    await store.set_operation(tx, month, MonthlyKind.QUALIFICATION, started.id, unit_path=HEAD_OFFICE_PATH)
    if percent < policy.figures_percent:
        await _ask_head_office(tx, FIGURES_MISSING, started.id, now=now)


async def _ask_head_office(tx: Tx, kind: str, operation_id: UUID, *, now: datetime) -> None:
    await work_items.add(
        tx,
        kind=kind,
        rule="A5",
        text=kind,
        client_id=None,
        subject_id=operation_id,
        owner=None,
        owner_role=ROLE,
        unit_id=await store.head_office_id(tx),
        unit_path=HEAD_OFFICE_PATH,
        due_at=now + LOOK_WITHIN,
        now=now,
    )
