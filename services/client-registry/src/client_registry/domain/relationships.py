"""Who is a client, and until when: a relationship ends on a day, is read-only from then on, and may be taken up again."""

from datetime import date
from enum import StrEnum
from typing import Any

from chassis.refusals import FieldError, Gone, Invalid, RuleBroken
from chassis.texts import Text


class RelationshipEnd(StrEnum):
    """Why somebody is no client any more."""

    CLIENT_LEFT = "client_left"
    BANK_ENDED = "bank_ended"
    ACCOUNTS_CLOSED = "accounts_closed"


class EndEvidence(StrEnum):
    """By what the end is known; the paper itself is added to the record."""

    CLOSING_FORM = "closing_form"
    LETTER = "letter"
    CORE_BANKING = "core_banking"
    COURT = "court"


class RelationshipOver(RuleBroken):
    """The file of a former client is only read; reopening, holds, evidence and erasure are the acts that stay."""

    code = "client.relationship-over"
    text = Text(
        en="The relationship ended on {ended_on}: the file is only read. Reopen it where the client has come back.",
        zh="该客户关系已于 {ended_on} 终止，档案仅供查阅；客户重新建立关系的，请先恢复档案。",
    )


class RelationshipStands(RuleBroken):
    code = "client.relationship-stands"
    text = Text(en="This client's relationship has not ended.", zh="该客户关系尚未终止。")


class PersonErased(Gone):
    """The person is gone from the file; what remains proves decisions and names nobody."""

    code = "client.erased"
    text = Text(
        en="The personal data of this file were erased on {erased_on} after their retention; only proof is kept.",
        zh="该档案的个人信息已于 {erased_on} 在保存期满后删除，仅保留不含个人信息的凭证。",
    )


_FUTURE = Text(en="A relationship cannot end in the future.", zh="关系终止日期不能晚于今天。")
_BEFORE = Text(en="A relationship cannot end before it began.", zh="关系终止日期不能早于建立日期。")
_REOPENED_BEFORE = Text(en="It is reopened on or after the day it ended.", zh="恢复日期不能早于终止日期。")


def check_end(ended_on: date, *, registered_on: date, today: date) -> None:
    """Raises Invalid for a day on which it cannot have ended."""
    if ended_on > today:
        raise Invalid([FieldError("/ended_on", "relationship.future", _FUTURE)])
    if ended_on < registered_on:
        raise Invalid([FieldError("/ended_on", "relationship.before-begin", _BEFORE)])


def check_reopening(reopened_on: date, *, ended_on: date, today: date) -> None:
    """Raises Invalid for a day on which it cannot have been taken up again."""
    if reopened_on > today:
        raise Invalid([FieldError("/reopened_on", "relationship.future", _FUTURE)])
    if reopened_on < ended_on:
        raise Invalid([FieldError("/reopened_on", "relationship.before-end", _REOPENED_BEFORE)])


def check_open(file: Any) -> None:
    """Raises PersonErased and RelationshipOver for a row of `clients` on which nothing is done any more."""
    if file["erased_on"] is not None:
        raise PersonErased(erased_on=file["erased_on"].isoformat())
    if file["ended_on"] is not None:
        raise RelationshipOver(ended_on=file["ended_on"].isoformat())
