"""Who may hold which post: rules of postings (XC-7, XC-8, XC-15, XC-20, CR-43)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from chassis.policy import DENIED_ROLE
from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.organisation import ROLES, Posting
from client_registry.domain.reference import day_before

Reach = Literal["own", "unit"]
STAFF_NO = r"^[0-9A-Za-z]{1,32}$"
# Roles that see the whole bank, or keep its machines: given at head office only, by head office (XC-15, XC-20).
HEAD_OFFICE_ROLES = frozenset(
    {
        "auditor", "operator", "integration", "call_centre_agent", "call_centre_complaint_officer",
        "head_office_personal_banking", "private_banking_office",
    }
)  # fmt: skip
# Outlet head first responsible, deputy directly responsible (XC-7, BOC-S Art. 38); a wealth centre's head likewise.
FIRST_RESPONSIBLE = ("outlet_head", "wealth_centre_head")
DIRECTLY_RESPONSIBLE = ("outlet_deputy",)

_NO_ROLE = Text(en="There is no such role.", zh="没有该岗位。")
_IN_PAST = Text(en="A posting cannot begin before today.", zh="任职起始日不得早于今日。")
_ENDS_FIRST = Text(en="A posting ends on or after the day it begins.", zh="任职截止日不得早于起始日。")
_END_IN_PAST = Text(en="The last day cannot lie before yesterday.", zh="最后任职日不得早于昨日。")
_OVERLAPS = Text(
    en="This person already holds this role at this unit in that time.", zh="该人员在该期间内已在该机构担任此岗位。"
)
_HEAD_OFFICE = Text(
    en="This role is given at head office only, by head office.", zh="该岗位仅限总行设置，并由总行办理。"
)
_LATER_END = Text(
    en="A posting that has an end is not made longer; post anew.", zh="已定截止日的任职不得延长，请重新任职。"
)


class StaffNoTaken(RuleBroken):
    """Two people never share a staff number."""

    code = "staff.number-taken"
    text = Text(en="Another person bears this staff number.", zh="该工号已被使用。")


class ThirdPartyStaff(RuleBroken):
    """Third-party staff can never be given anything (CR-85, XC-8, XC-19)."""

    code = "staff.third-party"
    text = Text(
        en="Staff of third parties hold no post of the bank and stand in for nobody.",
        zh="第三方人员不得担任本行岗位，也不得代理他人。",
    )


class OwnRights(Forbidden):
    """Nobody gives rights to himself (XC-20)."""

    code = "posting.own-rights"
    text = Text(en="Nobody changes his own postings.", zh="不得办理本人的任职变更。")


class PostingEnded(RuleBroken):
    """A posting that is over does not change."""

    code = "posting.ended"
    text = Text(en="The posting has already ended.", zh="该任职已结束。")


def check_posting(
    wanted: Posting,
    held: Sequence[Posting],
    *,
    today: date,
    from_head_office: bool,
    pointer: str = "",
    taken_over: bool = False,
) -> None:
    """Raises Invalid naming what is wrong with a new posting, ThirdPartyStaff where the two kinds of people would mix.

    `held` are the person's other postings, ended ones too.
    """
    errors = []
    if wanted.role not in ROLES:
        errors.append(FieldError(f"{pointer}/role", "posting.unknown-role", _NO_ROLE))
    if wanted.role in HEAD_OFFICE_ROLES and not from_head_office:
        errors.append(FieldError(f"{pointer}/role", "posting.head-office-only", _HEAD_OFFICE))
    if wanted.from_on < today and not taken_over:
        errors.append(FieldError(f"{pointer}/from_on", "posting.from-past", _IN_PAST))
    if wanted.until_on is not None and wanted.until_on < wanted.from_on:
        errors.append(FieldError(f"{pointer}/until_on", "posting.ends-first", _ENDS_FIRST))
    standing = [each for each in held if each.until_on is None or each.until_on >= today]
    if any(_overlap(wanted, each) for each in standing):
        errors.append(FieldError(f"{pointer}/from_on", "posting.overlaps", _OVERLAPS))
    if errors:
        raise Invalid(errors)
    # Once a third party's, always a third party's: an ended posting counts too.
    if any((each.role == DENIED_ROLE) != (wanted.role == DENIED_ROLE) for each in (*standing, *_third(held))):
        raise ThirdPartyStaff()


def ended(posting: Posting, until_on: date, *, today: date) -> Posting:
    """The posting with its last day. Raises Invalid for a day before yesterday or a later end, PostingEnded."""
    if posting.until_on is not None and posting.until_on < today:
        raise PostingEnded()
    if until_on < day_before(today):
        raise Invalid([FieldError("/until_on", "posting.end-past", _END_IN_PAST)])
    if posting.until_on is not None and until_on > posting.until_on:
        raise Invalid([FieldError("/until_on", "posting.later-end", _LATER_END)])
    return replace(posting, until_on=until_on)


def check_staff_no(staff_no: str) -> bool:
    """Whether it can be a staff number."""
    return re.fullmatch(STAFF_NO, staff_no) is not None


def _third(held: Sequence[Posting]) -> list[Posting]:
    return [each for each in held if each.role == DENIED_ROLE]


def _overlap(one: Posting, other: Posting) -> bool:
    if (one.unit_id, one.role) != (other.unit_id, other.role):
        return False
    return (other.until_on is None or one.from_on <= other.until_on) and (
        one.until_on is None or other.from_on <= one.until_on
    )
