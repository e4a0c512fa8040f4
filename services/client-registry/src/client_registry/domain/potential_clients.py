"""Potential clients (CR-24, CR-52): who may be recorded, how long, and what is refused."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text


class PotentialStatus(StrEnum):
    """Where a record stands; after the first nothing about the person is left in it."""

    OPEN = "open"
    CONVERTED = "converted"
    CLOSED = "closed"
    EXPIRED = "expired"


class PotentialIsClient(RuleBroken):
    """The person is a client already; the refusal names nobody."""

    code = "potential.is-client"
    text = Text(en="This person is a client of the bank already.", zh="该人员已是本行客户。")


class PotentialIsClientHere(PotentialIsClient):
    """The same, said to somebody who may see that file."""

    text = Text(en="This person is client {client_no} already.", zh="该人员已是客户 {client_no}。")


class PotentialKnown(RuleBroken):
    code = "potential.known"
    text = Text(en="This person is recorded as a potential client already.", zh="该人员已登记为潜力客户。")


class PotentialEnded(RuleBroken):
    code = "potential.ended"
    text = Text(en="This record has ended.", zh="该潜力客户记录已结束。")


class ClientAlready(RuleBroken):
    code = "potential.client-already"
    text = Text(en="This record is about a client; there is nobody to register.", zh="该记录对应现有客户，无需转化。")


_NO_CONSENT = Text(
    en="A person who is no client is on file only with his consent.", zh="登记非客户人员信息须先取得其同意。"
)
_FUTURE = Text(en="Consent cannot be given in the future.", zh="同意日期不能晚于今天。")
_PAST = Text(en="The next step lies in the past.", zh="下一步日期不能早于今天。")
_ONE = Text(en="Name either a client or a person.", zh="请填写现有客户或非客户人员之一。")
_NO_WAY = Text(en="This cannot be a phone number.", zh="电话号码不正确。")
_NO_DOCUMENT = Text(en="A file is opened with an identity document.", zh="建立客户档案须有证件信息。")


@dataclass(frozen=True, slots=True, kw_only=True)
class PotentialPolicy:
    """One version of the policy (CR-52)."""

    version: int
    retention_months: int

    def forget_on(self, today: date) -> date:
        """The day on which an untouched record is forgotten."""
        month = today.month - 1 + self.retention_months
        return date(today.year + month // 12, month % 12 + 1, min(today.day, 28))


def check_consent(consented_on: date | None, *, today: date) -> None:
    """Raises Invalid where nobody who is no client allowed it, or only in the future."""
    if consented_on is None:
        raise Invalid([FieldError("/consented_on", "potential.no-consent", _NO_CONSENT)])
    if consented_on > today:
        raise Invalid([FieldError("/consented_on", "potential.consent-future", _FUTURE)])


def check_next(next_on: date | None, *, today: date) -> None:
    """Raises Invalid for a next step in the past."""
    if next_on is not None and next_on < today:
        raise Invalid([FieldError("/next_on", "potential.next-past", _PAST)])


def one_of() -> Invalid:
    """The refusal of a record that names neither or both of client and person."""
    return Invalid([FieldError("/client_id", "potential.one-of", _ONE)])


def no_phone() -> Invalid:
    """The refusal of what cannot be a phone number."""
    return Invalid([FieldError("/phone", "contact.not-valid", _NO_WAY)])


def no_document() -> Invalid:
    """The refusal of a conversion without any identity document."""
    return Invalid([FieldError("/identity", "field.missing", _NO_DOCUMENT)])
