"""Where a client stands on the way to a card level: candidate, filed, approved, lapsed, revoked; and what may follow from it.

Qualification is the bank's finding, membership the client's choice (CR-3): two state machines, linked by a decision id.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.identity import Grant
from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.events import ClientDowngraded, ClientEnrolled, ClientUpgraded, QualificationRevoked
from client_registry.domain.levels import CardLevel, card_rank
from client_registry.domain.organisation import FILING_KINDS, UnitKind

# Stated limits: what one filing takes in one transaction.
FILING_NAMED_MAX = 500
FILING_ALL_MAX = 1_000

LEVEL_TEXT = {
    CardLevel.NONE: Text(en="none", zh="无"),
    CardLevel.BRANCH: Text(en="branch level", zh="分行级"),
    CardLevel.HEAD_OFFICE: Text(en="head-office level", zh="总行级"),
}


class Status(StrEnum):
    """The life of a qualification."""

    CANDIDATE = "candidate"
    FILED = "filed"
    # CR-11: below the numbers, individually approved, for a time.
    APPROVED = "approved"
    LAPSED = "lapsed"
    REVOKED = "revoked"


class LeftOut(StrEnum):
    """Why a client who was named is not filed."""

    FILED_ALREADY = "filed-already"
    NO_LONGER_MEETS = "no-longer-meets"
    NO_CANDIDATE = "no-candidate"


LEFT_OUT_TEXT = {
    LeftOut.FILED_ALREADY: Text(en="On record at this level already.", zh="该级别已备案。"),
    LeftOut.NO_LONGER_MEETS: Text(
        en="With the figures of this moment the standard is not met, or cannot be decided.",
        zh="按当前数据不再达标或暂不能判定。",
    ),
    LeftOut.NO_CANDIDATE: Text(en="No candidate of this level in your branch.", zh="不是本机构该级别的候选客户。"),
}


# Read a row as: from this status, these are the only next ones.
NEXT = {
    Status.CANDIDATE: {Status.FILED, Status.APPROVED, Status.LAPSED, Status.REVOKED},
    Status.FILED: {Status.LAPSED, Status.REVOKED},
    Status.APPROVED: {Status.CANDIDATE, Status.LAPSED, Status.REVOKED},
    Status.LAPSED: {Status.CANDIDATE, Status.APPROVED},
    Status.REVOKED: set(),
}


class FilingNotAuthorised(Forbidden):
    """CR-10: filing is with the personal-banking department of a second-level or higher branch."""

    code = "filing.not-authorised"
    text = Text(
        en="Only the personal-banking department of a second-level or higher branch files qualifications.",
        zh="资格备案须由二级分行（含）以上个人银行业务部门办理。",
    )


class NotQualified(RuleBroken):
    """CR-3: only a client who qualifies may join."""

    code = "membership.not-qualified"
    text = Text(en="The client does not qualify for {level}.", zh="客户不具备{level}资格。")


class NotFiled(RuleBroken):
    """CR-10: nobody enrols at head-office level before filing."""

    code = "membership.not-filed"
    text = Text(en="The qualification for {level} has not been filed yet.", zh="{level}资格尚未备案。")


class AlreadyMember(RuleBroken):
    """The client is a member at this level or a higher one."""

    code = "membership.already-member"
    text = Text(en="The client is already a member at {level}.", zh="客户已是{level}会员。")


class NothingToRevoke(RuleBroken):
    """There is neither a qualification nor a membership."""

    code = "qualification.nothing-to-revoke"
    text = Text(en="The client has no qualification that could be revoked.", zh="客户没有可取消的资格。")


class RevocationCause(StrEnum):
    """CR-18 (CCB Art. 18): malicious overdraft, loan arrears, other acts harming the bank."""

    MALICIOUS_OVERDRAFT = "malicious_overdraft"
    LOAN_ARREARS = "loan_arrears"
    HARM_TO_BANK = "harm_to_bank"


_NO_SUCH_PROOF = Text(
    en="A risk event proves overdraft or arrears; other acts are proved by papers.",
    zh="风险事件仅可佐证恶意透支或拖欠贷款；其他行为请上传证明材料。",
)


def check_risk_event(cause: RevocationCause, risk_event_id: UUID | None) -> None:
    """Overdraft and arrears may cite a risk event (CR-18). Raises Invalid where another cause does."""
    if risk_event_id is not None and cause is RevocationCause.HARM_TO_BANK:
        raise Invalid([FieldError("/risk_event_id", "revocation.risk-event", _NO_SUCH_PROOF)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """One level's standing of one client."""

    client_id: UUID
    level: CardLevel
    status: Status
    decision_id: UUID
    policy_version: str
    criteria: tuple[str, ...]
    needs_filing: bool
    version: int

    @property
    def bears_membership(self) -> bool:
        """Whether the client may join on it: qualified, and filed (CR-10) or approved (CR-11) where that is wanted."""
        if self.status is Status.CANDIDATE:
            return not self.needs_filing
        return self.status in (Status.FILED, Status.APPROVED)

    def lapse(self) -> Self:
        """The standard is not met any more (CR-17)."""
        return self._become(Status.LAPSED)

    def revoke(self) -> Self:
        """CR-18: cancelled for cause, at once."""
        return self._become(Status.REVOKED)

    def _become(self, status: Status) -> Self:
        if status not in NEXT[self.status]:
            raise NotQualified(level=LEVEL_TEXT[self.level])
        return replace(self, status=status, version=self.version + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What moves of a client's levels need to know: the file's present state."""

    client_id: UUID
    card_level: CardLevel
    service_tier: str
    home_unit_id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The client's choice to be served at a level (CR-3)."""

    id: UUID
    client_id: UUID
    level: CardLevel
    status: str
    channel: str
    decision_id: UUID
    policy_version: str
    recorded_by: str
    enrolled_on: date


def check_filing_place(kinds: list[UnitKind]) -> None:
    """CR-10, CCB Art. 6: raises FilingNotAuthorised unless one of the filer's units is a second-level branch or higher."""
    if not any(kind in FILING_KINDS for kind in kinds):
        raise FilingNotAuthorised()


def filing_places(grants: list[Grant]) -> list[str]:
    """The paths at which somebody files."""
    return sorted({grant.unit_path for grant in grants if grant.reach == "unit"})


def enrol(
    standing: Standing,
    qualification: Qualification | None,
    *,
    level: CardLevel,
    membership_id: UUID,
    channel: str,
    recorded_by: str,
    at: datetime,
    today: date,
) -> tuple[Membership, ClientEnrolled, ClientUpgraded]:
    """The client joins (CR-3); the card level goes up at once.

    Raises NotQualified, NotFiled for a level that wants filing first (CR-10), AlreadyMember.
    """
    if card_rank(standing.card_level) >= card_rank(level):
        raise AlreadyMember(level=LEVEL_TEXT[standing.card_level])
    if qualification is None or qualification.status not in (Status.CANDIDATE, Status.FILED, Status.APPROVED):
        raise NotQualified(level=LEVEL_TEXT[level])
    if not qualification.bears_membership:
        raise NotFiled(level=LEVEL_TEXT[level])
    membership = Membership(
        id=membership_id,
        client_id=standing.client_id,
        level=level,
        status="member",
        channel=channel,
        decision_id=qualification.decision_id,
        policy_version=qualification.policy_version,
        recorded_by=recorded_by,
        enrolled_on=today,
    )
    version = standing.version + 1
    enrolled = ClientEnrolled(
        at=at, version=version, client_id=standing.client_id, level=level.value, membership_id=membership.id,
        decision_id=membership.decision_id, channel=channel, enrolled_on=today,
    )  # fmt: skip
    upgraded = ClientUpgraded(
        at=at,
        version=version,
        client_id=standing.client_id,
        card_level_from=standing.card_level.value,
        card_level_to=level.value,
        service_tier_from=standing.service_tier,
        service_tier_to=standing.service_tier,
        cause="enrolment",
        decision_id=membership.decision_id,
        policy_version=membership.policy_version,
        home_unit_id=standing.home_unit_id,
        effective_on=today,
    )
    return membership, enrolled, upgraded


def revoke(
    standing: Standing,
    *,
    decision_id: UUID,
    policy_version: str,
    cause: RevocationCause,
    at: datetime,
    today: date,
) -> tuple[QualificationRevoked, ClientDowngraded | None]:
    """What a revocation says (CR-18): services stop at once; a card level falls to none in the same moment."""
    version = standing.version + 1
    revoked = QualificationRevoked(
        at=at, version=version, client_id=standing.client_id, decision_id=decision_id, cause=cause.value,
        effective_on=today,
    )  # fmt: skip
    if standing.card_level is CardLevel.NONE:
        return revoked, None
    downgraded = ClientDowngraded(
        at=at,
        version=version,
        client_id=standing.client_id,
        card_level_from=standing.card_level.value,
        card_level_to=CardLevel.NONE.value,
        service_tier_from=standing.service_tier,
        service_tier_to=standing.service_tier,
        cause="revoked",
        decision_id=decision_id,
        policy_version=policy_version,
        home_unit_id=standing.home_unit_id,
        effective_on=today,
    )
    return revoked, downgraded
