"""Exceptional admission (CR-11, CCB Art. 7): head-office level below the numbers, each case approved by itself, for a time."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.levels import CardLevel
from client_registry.domain.organisation import UnitKind
from client_registry.domain.qualification import NEXT, Qualification, Standing, Status

LEVEL = CardLevel.HEAD_OFFICE


class AdmissionKind(StrEnum):
    """Who may be admitted below the numbers."""

    PUBLIC_FIGURE = "public_figure"
    ENTERPRISE_HEAD = "enterprise_head"
    POTENTIAL = "potential"


class Refusal(StrEnum):
    """Why the tier-1 branch says no."""

    NOT_JUSTIFIED = "not_justified"
    NOT_OF_THE_KIND = "not_of_the_kind"
    RISK = "risk"


class AdmissionStatus(StrEnum):
    """The life of an exceptional admission."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


class AdmissionNotNeeded(RuleBroken):
    """The client is at head-office level, or on his way by the standard."""

    code = "admission.not-needed"
    text = Text(
        en="The client has the qualification for head-office level already.", zh="客户已具备总行级资格，无需特批。"
    )


class AdmissionBarred(RuleBroken):
    """A revoked qualification bars the way back (CR-18)."""

    code = "admission.barred"
    text = Text(en="The client's qualification was revoked for cause.", zh="客户资格已被取消，不得特批准入。")


class PersonalOnly(RuleBroken):
    """The membership is for individuals (CR-1)."""

    code = "admission.personal-only"
    text = Text(en="Only an individual can be admitted.", zh="仅个人客户可申请特批准入。")


class AdmissionNotAuthorised(Forbidden):
    """CR-11: individually approved by the personal-banking department of the tier-1 branch."""

    code = "admission.not-authorised"
    text = Text(
        en="Only the personal-banking department of the client's first-level branch approves exceptional admissions.",
        zh="特批准入须由客户所属一级分行个人银行业务部门逐一核准。",
    )


class AdmissionDecided(RuleBroken):
    """It was approved, refused or has ended."""

    code = "admission.decided"
    text = Text(en="This admission was decided before.", zh="该特批申请已办结。")


_PAST = Text(en="An admission must end in the future.", zh="有效期须晚于今天。")
_FAR = Text(en="An admission may run until {until} at most.", zh="有效期最晚至 {until}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """One case. `client_version` is the file as it was when it was proposed."""

    id: UUID
    client_id: UUID
    kind: AdmissionKind
    expires_on: date
    status: AdmissionStatus
    client_version: int
    decision_id: UUID
    policy_version: str
    proposed_by: str
    proposed_at: datetime
    version: int
    decided_by: str | None = None
    decided_at: datetime | None = None
    refusal: str | None = None
    ended_on: date | None = None

    def approve(self, *, by: str, at: datetime) -> Self:
        """The second person's yes."""
        return self._decided(AdmissionStatus.APPROVED, by=by, at=at)

    def refuse(self, reason: Refusal, *, by: str, at: datetime) -> Self:
        """The second person's no."""
        return replace(self._decided(AdmissionStatus.REFUSED, by=by, at=at), refusal=reason.value)

    def end(self, today: date) -> Self:
        """Its last day is over."""
        if self.status is not AdmissionStatus.APPROVED:
            raise AdmissionDecided()
        return replace(self, status=AdmissionStatus.ENDED, ended_on=today, version=self.version + 1)

    def _decided(self, status: AdmissionStatus, *, by: str, at: datetime) -> Self:
        if self.status is not AdmissionStatus.PROPOSED:
            raise AdmissionDecided()
        return replace(self, status=status, decided_by=by, decided_at=at, version=self.version + 1)


def check_expiry(expires_on: date, *, today: date, latest: date) -> None:
    """CR-11: an exception ends by itself, no later than the policy allows. Raises Invalid."""
    if expires_on <= today:
        raise Invalid([FieldError("/expires_on", "admission.expired", _PAST)])
    if expires_on > latest:
        raise Invalid([FieldError("/expires_on", "admission.too-long", _FAR, {"until": latest.isoformat()})])


def check_admissible(standing: Standing, *, kind: str, qualification: Qualification | None) -> None:
    """Raises PersonalOnly, AdmissionNotNeeded, AdmissionBarred; checked at the proposal and again at the approval."""
    if kind != "personal":
        raise PersonalOnly()
    if standing.card_level is LEVEL:
        raise AdmissionNotNeeded()
    if qualification is None:
        return
    if qualification.status is Status.REVOKED:
        raise AdmissionBarred()
    if Status.APPROVED not in NEXT[qualification.status]:
        raise AdmissionNotNeeded()


def check_approver(places: list[tuple[UnitKind, str]], *, home_path: str) -> None:
    """CR-11, CCB Art. 7: the department of the first-level branch that the client belongs to, no other."""
    if not any(kind is UnitKind.FIRST_LEVEL_BRANCH and home_path.startswith(path) for kind, path in places):
        raise AdmissionNotAuthorised()
