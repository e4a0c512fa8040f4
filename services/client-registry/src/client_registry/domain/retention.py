"""How long what is kept (domain decisions, section 8; PIPL Art. 19, 47): a policy value per kind of record, in years
after the relationship. What names nobody is kept without end: figures, decisions, custody of cards, audit."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text


class RecordKind(StrEnum):
    """Kinds of record. With `file` the person goes altogether."""

    FILE = "file"
    FORM_HISTORY = "form_history"
    ATTACHMENTS = "attachments"
    COMPLAINTS = "complaints"
    CONTACTS = "contacts"
    RECORDINGS = "recordings"
    FIGURES = "figures"
    DECISIONS = "decisions"
    CARDS = "cards"
    AUDIT = "audit"


# These prove what was decided; an erasure never touches them.
PROOF = frozenset({RecordKind.DECISIONS, RecordKind.CARDS, RecordKind.AUDIT})


class NothingDue(RuleBroken):
    code = "erasure.nothing-due"
    text = Text(en="Nothing on this list is due any more.", zh="该清单中已无到期应删除的档案。")


class ListNotPrepared(RuleBroken):
    code = "erasure.list-not-prepared"
    text = Text(en="This list is proposed or carried out already.", zh="该清单已提交或已执行。")


class ListNotProposed(RuleBroken):
    code = "erasure.list-not-proposed"
    text = Text(en="This list waits for nobody's confirmation.", zh="该清单不在待确认状态。")


class HoldMoved(RuleBroken):
    code = "legal-hold.moved"
    text = Text(en="The hold does not stand like that any more.", zh="该保全状态已变更。")


class RequestOpen(RuleBroken):
    code = "erasure-request.open"
    text = Text(en="A request of this client already waits for its answer.", zh="该客户已有待答复的删除请求。")


class RequestAnswered(RuleBroken):
    code = "erasure-request.answered"
    text = Text(en="This request is answered already.", zh="该删除请求已答复。")


class NotToBeGranted(RuleBroken):
    """The law or a hold forbids it; the request is to be refused with that reason."""

    code = "erasure-request.not-to-be-granted"
    text = Text(en="This cannot be granted: {reason}.", zh="依规不能同意删除，原因：{reason}。")


_YEARS = Text(
    en="Whole years from 1 to 100, or null where it is kept.", zh="须为 1 至 100 的整数年，或以空值表示长期保存。"
)
_LONGER = Text(en="Nothing of the person is kept longer than the file.", zh="涉及个人的记录保存期不得长于客户档案。")
_PROOF = Text(en="This proves decisions, names nobody and is kept.", zh="该类为凭证且不含个人信息，须长期保存。")
_FILE = Text(en="The file has a retention.", zh="客户档案须有保存期限。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """Years after the relationship for each kind; None: kept."""

    version: int
    valid_from: date
    years: Mapping[RecordKind, int | None]
    answer_working_days: int
    article: str

    def due_on(self, kind: RecordKind, *, ended_on: date) -> date | None:
        """The day from which this kind is erased; None where it is kept."""
        years = self.years.get(kind)
        return None if years is None else _years_after(ended_on, years)

    def due_kinds(self, *, ended_on: date, today: date, erased: frozenset[str] = frozenset()) -> tuple[RecordKind, ...]:
        """What is due and not yet erased; with the file everything of the person goes."""
        due = [
            kind
            for kind in RecordKind
            if kind not in erased and (day := self.due_on(kind, ended_on=ended_on)) is not None and day <= today
        ]
        return tuple(due)


def policy_id_of(version: int) -> UUID:
    """A version as paths and approvals name it."""
    return uuid5(NAMESPACE_URL, f"retention-policy/{version}")


def check_years(years: Mapping[RecordKind, int | None]) -> None:
    """Raises Invalid: numbers that are none, proof that would go, something kept longer than the file."""
    errors = []
    file = years.get(RecordKind.FILE)
    if file is None:
        errors.append(FieldError("/years/file", "retention.file", _FILE))
    for kind, given in years.items():
        pointer = f"/years/{kind.value}"
        if given is None:
            continue
        if not 1 <= given <= 100:
            errors.append(FieldError(pointer, "retention.years", _YEARS))
        elif kind in PROOF:
            errors.append(FieldError(pointer, "retention.proof", _PROOF))
        elif file is not None and kind is not RecordKind.FIGURES and given > file:
            errors.append(FieldError(pointer, "retention.longer-than-file", _LONGER))
    if errors:
        raise Invalid(errors)


def _years_after(day: date, years: int) -> date:
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))
