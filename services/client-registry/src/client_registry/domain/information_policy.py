"""How good client information must be (CR-77, CR-79, XC-21): weights, time limits and double entry, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.account_watch import DEFAULT as WATCH
from client_registry.domain.account_watch import Watch, read_watch
from client_registry.domain.reference_data import ReferenceRefused
from client_registry.domain.registration_form import FIELDS, WAYS, Group, Shape

_CONFIRM = Text(
    en="This field is entered twice; the second entry is missing.", zh="该栏目须双重录入，缺少第二次录入的内容。"
)
_DIFFERS = Text(en="The two entries differ; enter both again.", zh="两次录入不一致，请重新录入。")


# A policy file written before second persons were asked says nothing of them.
_SECOND_ENTRY = {"within_days": 3, "attempts": 3}
# The same of first meetings.
_FIRST_MEETING = {"record_within_days": 7}
_RE_ENTERED = (
    frozenset({"name", "identity_number", "birth_on"})
    | WAYS
    | {name for name, field in FIELDS.items() if field.shape in (Shape.TEXT, Shape.POSTCODE, Shape.ACCOUNT)}
)


class SecondEntry(StrEnum):
    """Who enters a field the second time (XC-21)."""

    SAME_CLERK = "same_clerk"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each field weighs for a kind of client; for one tier, or for every tier without weights of its own."""

    kind: str
    tier: str | None
    fields: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationPolicy:
    """One version of the policy."""

    version: int
    valid_from: date
    article: str
    complete_from: int
    verify_within_days: int
    ask_again_after_days: int
    double_entry: Mapping[str, SecondEntry]
    # How long a first entry waits for the second person, and how often the two may differ before it is over.
    second_entry_days: int
    second_entry_attempts: int
    stale_after_months: Mapping[Group, int]
    weights: tuple[Weights, ...]
    # Which changes of a client's accounts are put before his manager (CR-51).
    account_watch: Watch
    # Within how many days the first meeting with a client is recorded (CR-47).
    first_meeting_days: int

    def entered_twice(self) -> frozenset[str]:
        """The fields that the same clerk enters twice (XC-21)."""
        return frozenset(field for field, by in self.double_entry.items() if by is SecondEntry.SAME_CLERK)

    def by_second_person(self) -> frozenset[str]:
        """The fields that a second person enters again, blind (XC-21)."""
        return frozenset(field for field, by in self.double_entry.items() if by is SecondEntry.SECOND_PERSON)

    def require_twice(self, field: str, pointer: str, first: str, second: str | None) -> None:
        """XC-21: raises Invalid where a field that is entered twice by one clerk was not, or not alike."""
        if self.double_entry.get(field) is not SecondEntry.SAME_CLERK:
            return
        if second is None:
            raise Invalid([FieldError(pointer, "double-entry.missing", _CONFIRM)])
        if first != second:
            raise Invalid([FieldError(pointer, "double-entry.differs", _DIFFERS)])


def read_information_policy(given: Mapping[str, Any]) -> InformationPolicy:
    """A policy file's content. Raises ReferenceRefused naming what is missing, unknown or out of bounds."""
    try:
        policy = InformationPolicy(
            version=int(given["version"]),
            valid_from=date.fromisoformat(given["valid_from"]),
            article=given["article"],
            complete_from=int(given["complete_from"]),
            verify_within_days=int(given["verify_within_days"]),
            ask_again_after_days=int(given["ask_again_after_days"]),
            double_entry={entry["field"]: SecondEntry(entry["by"]) for entry in given["double_entry"]},
            second_entry_days=int(given.get("second_entry", _SECOND_ENTRY)["within_days"]),
            second_entry_attempts=int(given.get("second_entry", _SECOND_ENTRY)["attempts"]),
            stale_after_months={Group(group): int(months) for group, months in given["stale_after_months"].items()},
            weights=tuple(
                Weights(kind=each["kind"], tier=each["tier"], fields=dict(each["fields"])) for each in given["weights"]
            ),
            account_watch=read_watch(given.get("account_watch", WATCH)),
            first_meeting_days=int(given.get("first_meeting", _FIRST_MEETING)["record_within_days"]),
        )
    except KeyError as missing:
        raise ReferenceRefused(reason=f"a field is missing: {missing}") from None
    except ValueError as broken:
        raise ReferenceRefused(reason=str(broken)) from None
    named = {field for each in policy.weights for field in each.fields} | policy.double_entry.keys()
    if unknown := sorted(named - FIELDS.keys()):
        raise ReferenceRefused(reason=f"unknown fields {unknown}")
    chosen = sorted(field for field in policy.by_second_person() if field not in _RE_ENTERED)
    if chosen:
        raise ReferenceRefused(
            reason=f"only texts, numbers and contact ways are entered by a second person, not {chosen}"
        )
    if not (0 < policy.second_entry_days <= 60 and 0 < policy.second_entry_attempts <= 10):
        raise ReferenceRefused(reason="second_entry must lie within 60 days and 10 attempts")
    if any(weight <= 0 for each in policy.weights for weight in each.fields.values()):
        raise ReferenceRefused(reason="a weight must be positive")
    if not 0 < policy.first_meeting_days <= 90:
        raise ReferenceRefused(reason="the first meeting must be recorded within 1 to 90 days")
    if not 0 < policy.complete_from <= 100:
        raise ReferenceRefused(reason="complete_from must lie between 1 and 100")
    return policy
