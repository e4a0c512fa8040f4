"""The life of one policy version: draft → submitted → approved → active → ended or superseded (CR-14, XC-34)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from chassis.identity import Grant
from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.policies import HEAD_OFFICE_PATH, TierPolicy

# Read a row as: from this state, these are the only next ones. A changed proposal is a draft again.
NEXT = {
    "draft": {"draft", "submitted"},
    "submitted": {"draft", "approved"},
    "approved": {"active"},
    "active": {"ended", "superseded"},
    "ended": set(),
    "superseded": set(),
}
AUTHORS = ("policy_author",)
APPROVERS = ("policy_approver", "head_office_personal_banking")
_LAST_DAY = Text(en="The last day may not lie in the past.", zh="最后生效日不得早于今天。")


class NotADraft(RuleBroken):
    """Approved and older versions are never changed; a change is a new version (CR-14)."""

    code = "policy.not-a-draft"
    text = Text(
        en="This version is {status}; only a draft is changed. Write a new version.",
        zh="该版本状态为 {status}，只能修改草稿；请另立新版本。",
    )


class NotSubmitted(RuleBroken):
    """Nothing to decide."""

    code = "policy.not-submitted"
    text = Text(en="This version is {status}, it is not submitted.", zh="该版本状态为 {status}，尚未提交审批。")


class NotApproved(RuleBroken):
    """A version is activated after its approval only."""

    code = "policy.not-approved"
    text = Text(en="This version is {status}; it must be approved first.", zh="该版本状态为 {status}，须先经审批。")


class NotYetValid(RuleBroken):
    """Its first day has not come."""

    code = "policy.not-yet-valid"
    text = Text(en="This version is valid from {day} on.", zh="该版本自 {day} 起生效，尚未到期。")


class Expired(RuleBroken):
    """Its last day is over."""

    code = "policy.expired"
    text = Text(en="The last day of this version, {day}, is over.", zh="该版本已于 {day} 失效。")


class NotActive(RuleBroken):
    """Only what is in force is ended."""

    code = "policy.not-active"
    text = Text(en="This version is {status}; only an active one is ended.", zh="该版本状态为 {status}，无法终止。")


class NeedsHeadOffice(RuleBroken):
    """CR-5, CCB Art. 5: further metrics for the head-office level are approved by head office first."""

    code = "policy.needs-head-office"
    text = Text(
        en="Further metrics for this level need the approval of head office (CCB Art. 5).",
        zh="为该级别增设指标须报总行批准（建行办法第五条）。",
    )


def change(policy: TierPolicy, new: TierPolicy) -> TierPolicy:
    """New content of a draft; a submitted one becomes a draft again. Raises NotADraft."""
    if "draft" not in NEXT[policy.status]:
        raise NotADraft(status=policy.status)
    return replace(
        new, id=policy.id, code=policy.code, version=policy.version, status="draft", revision=policy.revision + 1
    )


def submit(policy: TierPolicy) -> TierPolicy:
    """Held for another person's decision. Raises NotADraft."""
    if policy.status != "draft":
        raise NotADraft(status=policy.status)
    return replace(policy, status="submitted", revision=policy.revision + 1)


def approve(policy: TierPolicy) -> TierPolicy:
    """Approved; in force from its first day on. Raises NotSubmitted."""
    return _decided(policy, "approved")


def refuse(policy: TierPolicy) -> TierPolicy:
    """A draft again. Raises NotSubmitted."""
    return _decided(policy, "draft")


def activate(policy: TierPolicy, *, today: date, at: datetime) -> TierPolicy:
    """In force from today on. Raises NotApproved, NotYetValid, Expired."""
    if policy.status != "approved":
        raise NotApproved(status=policy.status)
    if today < policy.valid_from:
        raise NotYetValid(day=policy.valid_from.isoformat())
    if policy.valid_until is not None and policy.valid_until < today:
        raise Expired(day=policy.valid_until.isoformat())
    return replace(policy, status="active", revision=policy.revision + 1, activated_at=at, in_force_from=today)


def end(policy: TierPolicy, *, last_day: date, today: date, at: datetime) -> TierPolicy:
    """In force up to that day, which may be today. Raises NotActive, Invalid."""
    if policy.status != "active":
        raise NotActive(status=policy.status)
    if last_day < today:
        raise Invalid([FieldError("/last_day", "policy.last-day-past", _LAST_DAY)])
    return replace(policy, status="ended", revision=policy.revision + 1, in_force_until=last_day, ceased_at=at)


def expire(policy: TierPolicy, *, today: date, at: datetime) -> TierPolicy | None:
    """Ended with its own last day (CR-13), once that day is over; None where it still runs or is not in force."""
    if policy.status != "active" or policy.valid_until is None or policy.valid_until >= today:
        return None
    last = policy.valid_until
    return replace(policy, status="ended", revision=policy.revision + 1, in_force_until=last, ceased_at=at)


def check_approver(grants: Iterable[Grant], *, needs_head_office: bool) -> None:
    """CR-5: raises NeedsHeadOffice unless the approver sits at head office where that is asked."""
    places = {grant.unit_path for grant in grants if grant.reach == "unit"}
    if needs_head_office and HEAD_OFFICE_PATH not in places:
        raise NeedsHeadOffice()


def _decided(policy: TierPolicy, status: str) -> TierPolicy:
    if policy.status != "submitted":
        raise NotSubmitted(status=policy.status)
    return replace(policy, status=status, revision=policy.revision + 1)
