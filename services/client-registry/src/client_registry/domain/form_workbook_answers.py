"""What a filled workbook says, as the form's answers, and what of it cannot be: each fault back at its cell (CR-77)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from chassis.refusals import FieldError, Invalid
from chassis.texts import Language, Text

from client_registry.domain.clients import checked_birth, checked_identity, checked_sex
from client_registry.domain.contact_ways import ContactWay, Way, kept_form, ordered
from client_registry.domain.form_workbook import CONFIRM
from client_registry.domain.form_workbook_reading import FilledSheet
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.identity_documents import normalize as normal_number
from client_registry.domain.information_policy import InformationPolicy
from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import (
    CONSENT_FIELDS,
    FIELDS,
    Answer,
    Shape,
    checked_answers,
    require_other,
)

NEEDED = ("name", "identity_type", "identity_number", "accepts_marketing", "attends_events")
_DATED = ("form_on", "sex", "birth_on")


def text_of(sheet: FilledSheet, key: str) -> str | None:
    """The text or code in a line; None where it is empty or could not be read."""
    value = sheet.values.get(key)
    return value if isinstance(value, str) else None


def day_of(sheet: FilledSheet, key: str) -> date | None:
    """The date in a line."""
    value = sheet.values.get(key)
    return value if isinstance(value, date) else None


def answers(sheet: FilledSheet) -> dict[str, object]:
    """The form's own fields as an API call would send them; None or an empty list for an empty one."""
    said: dict[str, object] = {}
    for key, value in sheet.values.items():
        name, _, code = key.partition(":")
        if name not in FIELDS or key.startswith(CONFIRM):
            continue
        if FIELDS[name].shape is Shape.CODES:
            chosen = said.setdefault(name, [])
            if value is True and isinstance(chosen, list):
                chosen.append(code)
        elif FIELDS[name].shape is not Shape.FILE or name in CONSENT_FIELDS or name in _DATED:
            said[name] = value
    if "form_on" in sheet.values:
        said["form_on"] = sheet.values["form_on"]
    return said


def contacts(sheet: FilledSheet) -> list[tuple[Way, str]]:
    """The ways that are given, in the client's order; those without a place come last, in the form's order (CR-58)."""
    given = [(way, value) for way in Way if (value := text_of(sheet, way.value)) is not None]
    return sorted(given, key=lambda each: sheet.order.get(each[0].value, 9))


def seconds(sheet: FilledSheet) -> dict[str, str | None]:
    """The second entries by the name of their field (XC-21)."""
    return {key.removeprefix(CONFIRM): text_of(sheet, key) for key in sheet.values if key.startswith(CONFIRM)}


def placed(sheet: FilledSheet, refused: Invalid, ways: Sequence[tuple[Way, str]]) -> list[FieldError]:
    """A refusal of the form's rules, with each error at its cell."""
    return [
        sheet.at(
            _key(sheet, error.pointer, ways), error.code, Text(en=error.say(Language.EN), zh=error.say(Language.ZH))
        )
        for error in refused.errors
    ]


def _key(sheet: FilledSheet, pointer: str, ways: Sequence[tuple[Way, str]]) -> str:
    parts = pointer.removeprefix("/").removeprefix("consents/").split("/")
    if parts[0] == "contacts" and len(parts) > 1:
        return ways[int(parts[1])][0].value
    if parts[0] == "identity":
        return "identity_type" if parts[-1] == "type" else "identity_number"
    name = parts[0].replace("confirm_", CONFIRM)
    return next((key for key in sheet.lines if key == name or key.startswith(f"{name}:")), name)


def faults_of_new(
    sheet: FilledSheet, sets: Mapping[str, OptionSet], policy: InformationPolicy, *, today: date
) -> list[FieldError]:
    """Everything that is wrong with a form that is to open a file: first what is missing, then what cannot be."""
    errors = [*sheet.errors]
    # A line that could not be read has no value and its own fault already.
    errors += [sheet.at(key, "sheet.required") for key in NEEDED if key in sheet.values and sheet.values[key] is None]
    kind, number = text_of(sheet, "identity_type"), text_of(sheet, "identity_number")
    if kind is not None and number is not None:
        document = IdentityType(kind)
        found = _tried(sheet, lambda: checked_identity(document, number))
        plain = normal_number(number)
        found = found or _tried(sheet, lambda: checked_birth(document, plain, day_of(sheet, "birth_on"), today=today))
        found = found or _tried(sheet, lambda: checked_sex(document, plain, text_of(sheet, "sex")))
        errors += found or _twice(sheet, policy, "identity_number", plain, normal_number)
    return errors + _faults_of_fields(sheet, sets) + faults_of_ways(sheet, policy, before=())


def faults_of_filled(
    sheet: FilledSheet, said: Mapping[str, object], kept: Mapping[str, Answer], sets: Mapping[str, OptionSet]
) -> list[FieldError]:
    """Everything that is wrong with the answers that differ from what is on file."""

    def check() -> None:
        require_other({**kept, **checked_answers(said, sets)})

    return [*sheet.errors, *_tried(sheet, check)]


def faults_of_ways(
    sheet: FilledSheet, policy: InformationPolicy, *, before: Sequence[ContactWay]
) -> list[FieldError]:  # fmt: skip
    """Ways that cannot be, and second entries that are missing or differ for those that are new."""
    ways = contacts(sheet)
    errors = _tried(sheet, lambda: ordered(ways))
    known = {each.way: each.value for each in before}
    for way, value in ways:
        plain = kept_form(way, value)
        if plain is not None and known.get(way) != plain:
            errors += _twice(sheet, policy, way.value, plain, _Normal(way))
    return errors


class _Normal:
    """The comparable form of one way; a value that cannot be one stays as it is and differs."""

    def __init__(self, way: Way) -> None:
        self._way = way

    def __call__(self, value: str) -> str:
        return kept_form(self._way, value) or value


def _faults_of_fields(sheet: FilledSheet, sets: Mapping[str, OptionSet]) -> list[FieldError]:
    return _tried(sheet, lambda: require_other(checked_answers(answers(sheet), sets)))


def _twice(
    sheet: FilledSheet, policy: InformationPolicy, field: str, first: str, normal: Callable[[str], str]
) -> list[FieldError]:
    again = text_of(sheet, CONFIRM + field)
    if CONFIRM + field in sheet.lines and CONFIRM + field not in sheet.values:
        return []
    second = None if again is None else normal(again)
    return _tried(sheet, lambda: policy.require_twice(field, f"/confirm_{field}", first, second))


def _tried(sheet: FilledSheet, check: Callable[[], object]) -> list[FieldError]:
    try:
        check()
    except Invalid as refused:
        return placed(sheet, refused, contacts(sheet))
    return []
