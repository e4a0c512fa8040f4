"""A row as a client: every field read, checked and put into comparable form, or each thing that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from client_registry.domain import contact_ways, identity_documents
from client_registry.domain.contact_ways import Way
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.imports import invented
from client_registry.domain.imports.amounts import Amounts, Numbers, amounts_of
from client_registry.domain.imports.findings import Finding
from client_registry.domain.imports.joining import JoinedRow
from client_registry.domain.imports.months import month_end, moved
from client_registry.domain.imports.placement import Placement
from client_registry.domain.imports.profile import MonthsSince, Profile, Source
from client_registry.domain.imports.values import Faults, date_fault, parse_date, text_of

# Numbers in the usual Chinese form: a mobile, or a landline with its area code.
_PLAIN_PHONE = re.compile(r"1[3-9]\d{9}|0(?:10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}")
_TRUE, _FALSE = {"yes", "true", "1", "y", "是"}, {"no", "false", "0", "n", "否"}
_INTERVALS = ("monthly", "quarterly", "half_yearly", "yearly", "any_time")
_AGE_MAX = 130
_TEXT_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedClient:
    """A client as a valid row says it, in plain text: to be sealed at once, never stored or logged like this."""

    row_no: int
    source_row: int
    client_no: str
    customer_no: str | None
    kind: str
    name: str
    sex: str | None
    birth_on: date | None
    identity_type: str | None
    identity_number: str | None
    contacts: tuple[tuple[Way, str], ...]
    client_since_on: date | None
    home_unit: str
    manager: str | None
    marketing: bool | None
    events: bool | None
    wished_interval: str | None
    amounts: Amounts


class RowCheck:
    """Checks rows of one import: `as_of` is the month in which the figures end in this bank's own book."""

    def __init__(self, profile: Profile, placement: Placement, *, as_of: date, file: str, sheet: str | None) -> None:
        self._profile, self._placement, self._as_of = profile, placement, as_of
        self._file, self._sheet = file, sheet
        # How many months the book's own dates lie before ours: ages and terms stay what they were.
        data_as_of = profile.data_as_of or as_of
        self._moved = (as_of.year - data_as_of.year) * 12 + as_of.month - data_as_of.month
        self._data_end = month_end(data_as_of)

    def check(self, row: JoinedRow) -> CheckedClient | tuple[Finding, ...]:
        """The client, or every finding of the row."""
        faults = Faults(self._file, self._sheet, row.number)
        # Joining knows the file by its name in the profile only.
        faults.found.extend(replace(found, file=self._file, sheet=self._sheet) for found in row.findings)
        client = None if row.findings else self._read(row, faults)
        return tuple(faults.found) if client is None or faults.found else client

    def _read(self, row: JoinedRow, faults: Faults) -> CheckedClient:
        profile, cells = self._profile, row.cells
        client_no = self._text("client_no", cells, faults, required=True, limit=40) or ""
        chance = invented.Chance(profile.seed, client_no)
        sex = self._sex(cells, chance, faults)
        birth = self._birth(row, chance, faults)
        identity_type, number = self._identity(row, birth, sex, faults)
        home = self._placement.home(client_no, self._text("home_unit", cells, faults))
        if home is None:
            faults.add(self._column("home_unit"), "row.unknown-unit")
        manager = self._placement.manager(client_no, home, self._text("manager", cells, faults))
        if manager == "":
            faults.add(self._column("manager"), "row.unknown-manager")
        return CheckedClient(
            row_no=row.ordinal,
            source_row=row.number,
            client_no=client_no,
            customer_no=self._text("customer_no", cells, faults, limit=40),
            kind=self._one_of("kind", cells, ("personal", "corporate"), faults) or "personal",
            name=self._name(cells, chance, sex, faults),
            sex=sex,
            birth_on=birth,
            identity_type=identity_type,
            identity_number=number,
            contacts=self._contacts(row, faults),
            client_since_on=self._date("client_since_on", cells, faults),
            home_unit=home or "",
            manager=manager,
            marketing=self._flag("marketing_consent", cells, faults),
            events=self._flag("events_consent", cells, faults),
            wished_interval=self._one_of("wished_interval", cells, _INTERVALS, faults),
            amounts=amounts_of(profile, cells, self._numbers(cells, faults), faults),
        )

    def _column(self, field: str) -> str:
        source = self._profile.client.get(field)
        return (source.column if source is not None else None) or field

    def _source(self, field: str) -> Source | None:
        source = self._profile.client.get(field)
        return None if source is None or source.invent else source

    def _invents(self, field: str) -> bool:
        source = self._profile.client.get(field)
        return source is not None and source.invent

    def _text(
        self, field: str, cells: Mapping[str, str], faults: Faults, *, required: bool = False, limit: int = _TEXT_MAX
    ) -> str | None:
        source = self._source(field)
        text = "" if source is None else text_of(source, cells, field, faults)
        if not text and required:
            faults.add(self._column(field), "row.required", field=field)
        if len(text) > limit:
            faults.add(self._column(field), "row.too-long", field=field, limit=limit)
        return text or None

    def _one_of(self, field: str, cells: Mapping[str, str], allowed: Sequence[str], faults: Faults) -> str | None:
        text = self._text(field, cells, faults)
        if text is not None and text not in allowed:
            faults.add(self._column(field), "row.not-one-of", field=field, expected=", ".join(allowed))
            return None
        return text

    def _flag(self, field: str, cells: Mapping[str, str], faults: Faults) -> bool | None:
        text = self._text(field, cells, faults)
        if text is None:
            return None
        if text.lower() in _TRUE:
            return True
        if text.lower() not in _FALSE:
            faults.add(self._column(field), "row.not-one-of", field=field, expected="yes, no")
        return False

    def _date(self, field: str, cells: Mapping[str, str], faults: Faults) -> date | None:
        text = self._text(field, cells, faults)
        source = self._source(field)
        if text is None or source is None:
            return None
        parsed = parse_date(text, source.format)
        if parsed is None:
            faults.add(self._column(field), date_fault(text), field=field, expected=source.format)
            return None
        if parsed > self._data_end:
            faults.add(self._column(field), "row.date-in-future", field=field)
            return None
        return moved(parsed, self._moved)

    def _name(self, cells: Mapping[str, str], chance: invented.Chance, sex: str | None, faults: Faults) -> str:
        if self._invents("name"):
            return invented.name(chance, sex)
        return self._text("name", cells, faults, required=True, limit=100) or ""

    def _sex(self, cells: Mapping[str, str], chance: invented.Chance, faults: Faults) -> str | None:
        if self._invents("sex"):
            return invented.sex(chance)
        source = self._source("sex")
        if source is not None and source.format == "birth-number":
            month = text_of(source, cells, "sex", faults)[2:4]
            return "female" if month > "50" else "male"
        return self._one_of("sex", cells, ("female", "male"), faults)

    def _birth(self, row: JoinedRow, chance: invented.Chance, faults: Faults) -> date | None:
        if self._source("birth_date") is not None:
            return self._date("birth_date", row.cells, faults)
        end = month_end(self._as_of)
        age = self._text("age", row.cells, faults)
        if age is not None:
            if not age.isdecimal() or int(age) > _AGE_MAX:
                faults.add(self._column("age"), "row.age-out-of-range")
                return None
            return invented.birth_date_of_age(chance, row.ordinal, int(age), end)
        if self._invents("birth_date"):
            return invented.birth_date_of_age(chance, row.ordinal, invented.age(chance), end)
        return None

    def _identity(
        self, row: JoinedRow, birth: date | None, sex: str | None, faults: Faults
    ) -> tuple[str | None, str | None]:
        if self._invents("identity_number"):
            if birth is None:
                faults.add(self._column("birth_date"), "row.required", field="birth_date")
                return None, None
            return "resident_id", invented.resident_number(self._profile.seed, row.ordinal, birth, sex)
        number = self._text("identity_number", row.cells, faults, limit=40)
        kind = self._one_of("identity_type", row.cells, tuple(IdentityType), faults)
        if number is None:
            return None, None
        chosen = IdentityType(kind or "resident_id")
        normalized = identity_documents.normalize(number)
        if not identity_documents.is_valid(chosen, normalized):
            faults.add(self._column("identity_number"), "row.identity-invalid")
        return chosen.value, normalized

    def _contacts(self, row: JoinedRow, faults: Faults) -> tuple[tuple[Way, str], ...]:
        found: list[tuple[Way, str]] = []
        for way in (Way.MOBILE, Way.HOME_PHONE, Way.OFFICE_PHONE, Way.FAX, Way.EMAIL):
            if way is Way.MOBILE and self._invents("mobile"):
                found.append((way, "+86" + invented.mobile(self._profile.seed, row.ordinal)))
                continue
            text = self._text(way.value, row.cells, faults)
            if text is None:
                continue
            # Parsing a number in full costs more than all the rest of the row.
            usual = way is not Way.EMAIL and _PLAIN_PHONE.fullmatch(text)
            plain = "+86" + text.removeprefix("0") if usual else contact_ways.normalize(way, text)
            if plain is None:
                code = "row.email-invalid" if way is Way.EMAIL else "row.phone-invalid"
                faults.add(self._column(way.value), code, **({} if way is Way.EMAIL else {"field": way.value}))
            else:
                found.append((way, plain))
        return tuple(found)

    def _numbers(self, cells: Mapping[str, str], faults: Faults) -> Numbers:
        derived: dict[str, Decimal | None] = {}
        numbers = Numbers(cells, derived, faults)
        for name, rule in self._profile.derived.items():
            if isinstance(rule, MonthsSince):
                derived[name] = self._months_since(rule, cells, faults)
            else:
                derived[name] = numbers.evaluate(rule, name)
        return numbers

    def _months_since(self, rule: MonthsSince, cells: Mapping[str, str], faults: Faults) -> Decimal | None:
        text = cells[rule.column]
        if not text:
            return None
        parsed = parse_date(text, rule.format)
        if parsed is None:
            faults.add(rule.column, date_fault(text), field=rule.column, expected=rule.format)
            return None
        end = self._data_end
        return Decimal((end.year - parsed.year) * 12 + end.month - parsed.month)
