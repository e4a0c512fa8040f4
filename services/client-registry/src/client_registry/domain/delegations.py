"""Standing in for somebody who is absent: what may be given, to whom, until when (XC-15, XC-20; domain decisions, 6)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from chassis.policy import DENIED_ROLE
from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.delegation_events import DelegationChanged
from client_registry.domain.organisation import Posting
from client_registry.domain.postings import ThirdPartyStaff

Reason = Literal["leave", "illness", "training", "business_trip", "vacancy"]

_MANAGERS = frozenset(
    {"relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head"}
)
_CORPORATE = frozenset({"corporate_manager", "corporate_head"})
_HEADS = frozenset({"outlet_head", "outlet_deputy", "wealth_centre_head", "rm_supervisor"})
_HALL = frozenset({"lobby_manager", "counter_teller", "open_counter_teller", "account_manager", "outlet_deputy"})
_COMPLAINTS = frozenset(
    {"complaint_officer", "complaint_coordinator", "call_centre_complaint_officer", "quality_officer"}
)
_PHONES = frozenset({"call_centre_agent", "call_centre_complaint_officer"})
_DEPARTMENTS = frozenset(
    {
        "branch_personal_banking", "private_banking_department", "private_banking_office",
        "head_office_personal_banking", "client_service_section",
    }
)  # fmt: skip
# Who may stand in: for this role, somebody who holds one of these. The two signatures of custody and of policies stay
# with two kinds of people (CS-14, CR-5); auditors, operators, machines and third parties are stood in for by nobody.
STAND_INS: dict[str, frozenset[str]] = {
    **{role: _MANAGERS for role in _MANAGERS - {"wealth_centre_head"}},
    **{role: _CORPORATE for role in _CORPORATE},
    **{role: _HEADS for role in ("outlet_head", "outlet_deputy", "wealth_centre_head")},
    **{role: _HALL for role in _HALL - {"outlet_deputy"}},
    **{role: _COMPLAINTS for role in _COMPLAINTS - {"call_centre_complaint_officer"}},
    **{role: _PHONES for role in _PHONES},
    **{role: _DEPARTMENTS for role in _DEPARTMENTS},
    "card_keeper": frozenset({"card_keeper", "counter_teller", "open_counter_teller"}),
    "card_supervisor": frozenset({"card_supervisor", "outlet_head", "outlet_deputy"}),
    "policy_author": frozenset({"policy_author"}),
    "policy_approver": frozenset({"policy_approver"}),
    "data_steward": frozenset({"data_steward"}),
}
# Who may let somebody stand in for another person at a place of theirs; everybody may for himself.
DEPUTISERS = frozenset(
    {
        "data_steward", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head", "outlet_head",
        "outlet_deputy", "corporate_head", "branch_personal_banking", "head_office_personal_banking",
    }
)  # fmt: skip

_ITSELF = Text(en="Nobody stands in for himself.", zh="不得由本人代理本人。")
_NOBODY = Text(en="There is no such person at work.", zh="没有该在岗人员。")
_NOT_THIS_KIND = Text(
    en="Somebody with these posts may not stand in for the role {role}.", zh="该人员的岗位不得代理 {role}。"
)
_ORDER = Text(en="The end lies after the beginning.", zh="结束时间须晚于开始时间。")
_PAST = Text(en="A delegation does not begin in the past.", zh="代理不得自过去的时间开始。")
_NOT_HELD = Text(
    en="The posting is not held over this whole time; only what one holds can be given.",
    zh="该任职未覆盖整个代理期间，只能授予本人所任岗位的权限。",
)
_OVERLAPS = Text(en="Somebody stands in at this post in that time already.", zh="该期间内此岗位已有代理人。")
_ABSENT = Text(
    en="This person is absent in that time and has a stand-in; delegations are never chained.",
    zh="该人员在此期间本人已委托他人代理，代理不得转授。",
)


class NotYours(Forbidden):
    """Only the holder of a post, or a superior by a post of his own, lets somebody stand in (XC-15, XC-20)."""

    code = "delegation.not-yours"
    text = Text(
        en="You may give only a posting of your own, or one below you by a post you hold yourself.",
        zh="只能授予本人岗位，或由本人任职管辖范围内人员岗位的代理权。",
    )


class DelegationOver(RuleBroken):
    """It has ended already."""

    code = "delegation.over"
    text = Text(en="The delegation has already ended.", zh="该代理已结束。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One posting of an absent person in another's hands for a time."""

    id: UUID
    from_staff_id: UUID
    from_subject: str
    to_staff_id: UUID
    to_subject: str
    unit_id: UUID
    role: str
    reach: str
    from_at: datetime
    until_at: datetime
    reason: str
    version: int = 1

    def end(self, *, at: datetime) -> Self:
        """Ended at once; raises DelegationOver where it is over."""
        if self.until_at <= at:
            raise DelegationOver()
        return replace(self, until_at=max(at, self.from_at), version=self.version + 1)

    def said(self, at: datetime) -> DelegationChanged:
        """The fact that states it as it now is."""
        return DelegationChanged(
            at=at, version=self.version, delegation_id=self.id, staff_id=self.from_staff_id, subject=self.from_subject,
            stand_in=self.to_subject, unit_id=self.unit_id, role=self.role, reach=self.reach, from_at=self.from_at,
            until_at=self.until_at,
        )  # fmt: skip


def branch_of(path: str) -> str:
    """The path of the first-level branch a unit belongs to; head office's own for head office: nobody stands in for
    somebody of another branch."""
    return f"/{'/'.join(path.strip('/').split('/')[:2])}/"


def check_span(posting: Posting, *, from_at: datetime, until_at: datetime, now: datetime, last_day_holds: bool) -> None:
    """Raises Invalid for a span in the past, upside down, or longer than the posting itself."""
    if from_at < now:
        raise Invalid([FieldError("/from_at", "delegation.from-past", _PAST)])
    if until_at <= from_at:
        raise Invalid([FieldError("/until_at", "delegation.ends-first", _ORDER)])
    if not last_day_holds:
        raise Invalid([FieldError("/posting_id", "delegation.not-held", _NOT_HELD)])


def check_stand_in(posting: Posting, roles: frozenset[str], *, found: bool, itself: bool) -> None:
    """Raises Invalid for a stand-in who is nobody, the absent person himself, or of no allowed kind; ThirdPartyStaff for
    staff of third parties, who can never be given anything (CR-85, XC-8)."""
    if itself:
        raise Invalid([FieldError("/to_staff_id", "delegation.itself", _ITSELF)])
    if DENIED_ROLE in roles or posting.role == DENIED_ROLE:
        raise ThirdPartyStaff()
    if not found:
        raise Invalid([FieldError("/to_staff_id", "staff.unknown", _NOBODY)])
    if not roles & STAND_INS.get(posting.role, frozenset()):
        params = {"role": posting.role}
        raise Invalid([FieldError("/to_staff_id", "delegation.not-this-kind", _NOT_THIS_KIND, params)])


def check_free(*, post_taken: bool, stand_in_absent: bool) -> None:
    """Raises Invalid where the post has a stand-in in that time, or the stand-in has one himself: never chained."""
    if post_taken:
        raise Invalid([FieldError("/from_at", "delegation.overlaps", _OVERLAPS)])
    if stand_in_absent:
        raise Invalid([FieldError("/to_staff_id", "delegation.chained", _ABSENT)])
