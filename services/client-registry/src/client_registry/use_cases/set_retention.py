"""A new version of how long what is kept: one person proposes, another activates (conventions, 20)."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.retention import RecordKind, check_years, policy_id_of
from client_registry.store import retention

KIND = "retention-policy"
_PAST = Text(en="A version counts from today or later.", zh="生效日期不能早于今天。")


async def set_retention(
    tx: Tx,
    *,
    valid_from: date,
    years: Mapping[RecordKind, int | None],
    answer_working_days: int,
    article: str,
    by: Principal,
    now: datetime,
) -> tuple[UUID, int]:
    """The proposed version's id and number. What it leaves out stays as it is now. Raises Invalid."""
    today = business_day(now)
    if valid_from < today:
        raise Invalid([FieldError("/valid_from", "retention.past", _PAST)])
    whole = {**(await retention.policy_on(tx, today)).years, **years}
    check_years(whole)
    version = await retention.add_policy(
        tx, valid_from=valid_from, years=whole, answer_working_days=answer_working_days, article=article, by=by.subject
    )
    await approvals.propose(tx, kind=KIND, subject_id=policy_id_of(version), subject_version=version, by=by, now=now)
    await audit.record(tx, act="retention.proposed", by=by, object_type=KIND, object_id=str(version), at=now)
    return policy_id_of(version), version


async def activate_retention(tx: Tx, policy_id: UUID, *, by: Principal, now: datetime) -> int:
    """It counts from its first day; its number. Raises NotFound, NotOpen, SamePerson."""
    known = {policy_id_of(policy.version): policy.version for policy, _ in await retention.policies(tx)}
    if policy_id not in known:
        raise NotFound()
    version = known[policy_id]
    await approvals.approve(tx, kind=KIND, subject_id=policy_id, subject_version=version, by=by, now=now)
    await retention.approve_policy(tx, version, by=by.subject)
    await audit.record(tx, act="retention.activated", by=by, object_type=KIND, object_id=str(version), at=now)
    return version
