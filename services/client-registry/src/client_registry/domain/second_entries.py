"""Double entry by a second person (XC-21): what was entered first waits, sealed, until somebody else has entered it blind.

What is compared, who may enter the second time, and what becomes of entries that differ. No I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from chassis.identity import Grant
from chassis.refusals import FieldError, Forbidden, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.contact_ways import Way, kept_form
from client_registry.domain.identity_documents import normalize
from client_registry.domain.registration_form import FIELDS, WAYS, Shape


class EntryKind(StrEnum):
    """What waits: a new file, a change of the form, a change of name or document."""

    REGISTRATION = "registration"
    FORM = "form"
    IDENTITY = "identity"


class EntryStatus(StrEnum):
    """Waiting and differing entries are open; the others are over and keep nothing of what was entered."""

    WAITING = "waiting"
    DIFFERS = "differs"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"


OPEN = frozenset({EntryStatus.WAITING, EntryStatus.DIFFERS})
# Who enters the second time must be allowed what the first did.
ROLES: Mapping[EntryKind, frozenset[str]] = {
    EntryKind.REGISTRATION: frozenset(
        {"relationship_manager", "private_banker", "open_counter_teller", "branch_personal_banking", "data_steward",
         "corporate_manager"}
    ),
    EntryKind.FORM: frozenset(
        {"relationship_manager", "private_banker", "corporate_manager", "wealth_centre_head", "data_steward"}
    ),
    EntryKind.IDENTITY: frozenset({"open_counter_teller", "branch_personal_banking", "data_steward"}),
}  # fmt: skip
_MISSING = Text(en="This field is to be entered too.", zh="该栏目也须录入。")
NOT_ASKED = Text(en="This field is not among those entered twice.", zh="该栏目不在双人录入范围内。")
_NOT_A_VALUE = Text(en="This cannot be a value of the field.", zh="内容与该栏目不符。")


class SecondIsFirst(RuleBroken):
    """The second entry is another person's."""

    code = "second-entry.same-person"
    text = Text(
        en="You made the first entry; a second person enters it again.", zh="首次录入由您完成，须由另一人再次录入。"
    )


class OnlyTheFirst(RuleBroken):
    """Only who entered first corrects or withdraws."""

    code = "second-entry.not-the-first"
    text = Text(en="Only who made the first entry may do this.", zh="仅首次录入人可以办理。")


class EntryOver(RuleBroken):
    """It was applied, refused, withdrawn, has expired or was overtaken."""

    code = "second-entry.over"
    text = Text(en="This entry is over ({status}).", zh="该录入已结束（{status}）。")


class NothingDiffers(RuleBroken):
    """A correction answers entries that differ."""

    code = "second-entry.nothing-differs"
    text = Text(en="The second entry is not made yet; nothing differs.", zh="尚未进行第二次录入，没有不一致的栏目。")


class NotYourEntry(Forbidden):
    """The second person's post must allow what was entered first (XC-20)."""

    code = "second-entry.not-your-post"
    text = Text(en="Your post does not allow what was entered first.", zh="您的岗位无权办理首次录入的事项。")


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEntry:
    """A first entry that waits; what was entered lies sealed beside it."""

    id: UUID
    kind: EntryKind
    client_id: UUID | None
    unit_id: UUID
    unit_path: str
    fields: tuple[str, ...]
    status: EntryStatus
    differing: tuple[str, ...]
    attempts: int
    first_by: str
    first_at: datetime
    expires_at: datetime
    second_by: str | None
    second_at: datetime | None
    version: int

    def require_open(self) -> None:
        """Raises EntryOver for an entry that is over."""
        if self.status not in OPEN:
            raise EntryOver(status=self.status.value)

    def require_second(self, subject: str, grants: Iterable[Grant]) -> None:
        """Raises EntryOver, SecondIsFirst, NotYourEntry: the system checks who enters, not the people themselves."""
        self.require_open()
        if subject == self.first_by:
            raise SecondIsFirst()
        if not any(grant.role in ROLES[self.kind] and self.unit_path.startswith(grant.unit_path) for grant in grants):
            raise NotYourEntry()

    def require_first(self, subject: str) -> None:
        """Raises EntryOver, OnlyTheFirst."""
        self.require_open()
        if subject != self.first_by:
            raise OnlyTheFirst()

    def compared(self, differing: tuple[str, ...], *, by: str, at: datetime, attempts_max: int) -> Self:
        """After a second entry that differs: open for another try until the policy's last one."""
        over = self.attempts + 1 >= attempts_max
        return replace(
            self, status=EntryStatus.REFUSED if over else EntryStatus.DIFFERS, differing=differing,
            attempts=self.attempts + 1, second_by=by, second_at=at, version=self.version + 1,
        )  # fmt: skip

    def corrected(self) -> Self:
        """After the first person's correction: it waits for the second one again."""
        return replace(self, status=EntryStatus.WAITING, differing=(), version=self.version + 1)

    def over(self, status: EntryStatus, *, by: str | None = None, at: datetime | None = None) -> Self:
        """Ended. `by` is the second person where one ended it."""
        return replace(
            self,
            status=status,
            second_by=by or self.second_by,
            second_at=at or self.second_at,
            version=self.version + 1,
        )


def comparable(field: str, value: str) -> str:
    """A value in the form in which both entries are compared. Raises Invalid at `/values/<field>` for what is none."""
    plain: str | None
    if field == "identity_number":
        plain = normalize(value)
    elif field in WAYS:
        plain = kept_form(Way(field), value)
    elif field == "birth_on":
        plain = _day(value)
    elif FIELDS[field].shape in (Shape.ACCOUNT, Shape.POSTCODE):
        plain = "".join(sign for sign in value if sign not in " -\t")
    else:
        plain = value.strip()
    if not plain:
        raise Invalid([FieldError(f"/values/{field}", "second-entry.not-a-value", _NOT_A_VALUE)])
    return plain


def differing(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that the two entries say differently, in the order of their names. Raises Invalid for a field that is
    missing, was not asked for, or cannot be."""
    errors = [
        FieldError(f"/values/{field}", "second-entry.missing", _MISSING)
        for field in sorted(first)
        if field not in second
    ]
    errors += [
        FieldError(f"/values/{field}", "second-entry.not-asked", NOT_ASKED)
        for field in sorted(second)
        if field not in first
    ]
    if errors:
        raise Invalid(errors)
    return tuple(
        field for field in sorted(first) if comparable(field, first[field]) != comparable(field, second[field])
    )


def _day(value: str) -> str | None:
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        return None


def grants_as_json(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """The rights under which the first entry was made."""
    return [{"role": grant.role, "unit_path": grant.unit_path, "reach": grant.reach} for grant in grants]


def grants_of_json(kept: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """What `grants_as_json` gave."""
    return [Grant(each["role"], each["unit_path"], each["reach"]) for each in kept]
