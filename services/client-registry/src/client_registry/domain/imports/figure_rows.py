"""A row of a table of figures as what it says about one client's month, or each thing that is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from client_registry.domain import identity_documents
from client_registry.domain.currencies import YUAN
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.imports.figure_tables import HEADINGS, KEYS, REQUIRED, Part
from client_registry.domain.imports.numbers import ROUNDED, narrow, number_of
from client_registry.domain.imports.profile import Source
from client_registry.domain.imports.values import Faults, date_in, is_ragged, text_of
from client_registry.domain.statements import AMOUNTS, HoldingLine, LoanLine, Statement, faults_of

_MONTH = re.compile(r"(\d{4})[-/年.]?(0?[1-9]|1[0-2])月?(?:[-/](?:0?[1-9]|[12]\d|3[01]))?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_YES, _NO = {"yes", "true", "1", "y", "是"}, {"no", "false", "0", "n", "否"}
_KINDS = ("current", "time_deposit", "wealth_product", "fund", "insurance", "bond", "metal", "other")
_CODED = ("loan_no", "product", "product_code")
_DAYS_MAX = 36_500
_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    """What a valid row says; `keys` name the client: field → text. `said` is ready for storing, without the client."""

    part: Part
    source_row: int
    keys: Mapping[str, str]
    identity_type: str
    month: date
    currency: str
    said: Mapping[str, Any]
    # What must not stand twice within one client's month: a loan's number; products may, amounts may not at all.
    own_key: str


class FigureRowCheck:
    """Checks rows of one table. `month`: that of rows that name none."""

    def __init__(
        self, part: Part, columns: Mapping[str, Source], *, header: tuple[str, ...], month: date, today: date,
        factor: Decimal, file: str, sheet: str | None,
    ) -> None:  # fmt: skip
        self.part, self._columns, self._month, self._today = part, columns, month, today
        self._factor, self._file, self._sheet = factor, file, sheet
        self._places = {name: number for number, name in enumerate(header)}
        self._width = len(header)

    def missing(self) -> str | None:
        """A field that no column brings and the table cannot do without; None where all are there."""
        if not any(key in self._columns for key in KEYS):
            return "client_no"
        return next((field for field in REQUIRED[self.part] if field not in self._columns), None)

    def check(self, number: int, cells: list[str]) -> tuple[SaidRow | None, Faults]:
        """What the row says, or None with every finding of the row."""
        faults = Faults(self._file, self._sheet, number)
        if is_ragged(cells, self._width):
            faults.add("", "row.too-many-cells", expected=self._width)
            return None, faults
        named = {name: cells[at].strip() if at < len(cells) else "" for name, at in self._places.items()}
        texts = {field: self._text(field, source, named, faults) for field, source in self._columns.items()}
        keys = {key: texts[key] for key in KEYS if texts.get(key)}
        if not keys:
            faults.add(self.column("client_no"), "row.required", field="client_no")
        month = self._month_of(texts.get("month", ""), faults)
        currency = texts.get("currency", "").upper() or YUAN
        said, statement = self._said(texts, month, currency, faults)
        if not faults.found:
            self._judge(statement, faults)
        if faults.found:
            return None, faults
        kind = texts.get("identity_type") or IdentityType.RESIDENT_ID.value
        own_key = {Part.FIGURES: "", Part.LOANS: said.get("loan_no", ""), Part.HOLDINGS: f"{self._file}/{number:08d}"}
        row = SaidRow(
            part=self.part, source_row=number, keys=keys, identity_type=kind, month=month, currency=currency,
            said=said, own_key=own_key[self.part],
        )  # fmt: skip
        return row, faults

    def _text(self, field: str, source: Source, cells: Mapping[str, str], faults: Faults) -> str:
        text = narrow(text_of(source, cells, field, faults))
        if field in KEYS and ROUNDED.fullmatch(text):
            faults.add(self.column(field), "row.number-rounded", field=field)
        if "\x00" in text:
            faults.add(self.column(field), "row.control-character", field=field)
        if field == "identity_number":
            text = identity_documents.normalize(text)
        if field == "identity_type" and text and text not in tuple(IdentityType):
            faults.add(self.column(field), "row.not-one-of", field=field, expected=", ".join(IdentityType))
        return text

    def column(self, field: str) -> str:
        """The heading under which a field stands; its own name where it has none."""
        source = self._columns.get(field)
        return (source.column if source is not None else None) or field

    def _month_of(self, text: str, faults: Faults) -> date:
        if not text:
            return self._month
        match = _MONTH.fullmatch(text.removesuffix(" 00:00:00"))
        if match is None or match[1] == "0000":
            faults.add(self.column("month"), "row.not-a-month", expected="YYYY-MM")
            return self._month
        return date(int(match[1]), int(match[2]), 1)

    def _said(
        self, texts: Mapping[str, str], month: date, currency: str, faults: Faults
    ) -> tuple[dict[str, Any], Statement]:
        for field in REQUIRED[self.part]:
            if not texts.get(field):
                faults.add(self.column(field), "row.required", field=field)
        about: dict[str, Any] = {"month": month, "currency": currency, "client_no": "named"}
        if self.part is Part.LOANS:
            loan = self._loan(texts, faults)
            return _plain(loan), Statement(**about, loans=(loan,))
        if self.part is Part.HOLDINGS:
            holding = self._holding(texts, faults)
            return _plain(holding), Statement(**about, holdings=(holding,))
        amounts: dict[str, Any] = {name: self._amount(name, texts, faults) for name in AMOUNTS}
        none = {name: self._flag(name, texts, faults) for name in ("no_loans", "no_holdings")}
        statement = Statement(
            **about, **amounts, loans=() if none["no_loans"] else None, holdings=() if none["no_holdings"] else None
        )
        said = {name: str(value) for name, value in amounts.items() if value is not None}
        return {**said, **{name: True for name, given in none.items() if given}}, statement

    def _loan(self, texts: Mapping[str, str], faults: Faults) -> LoanLine:
        personal = self._flag("personal", texts, faults)
        return LoanLine(
            loan_no=self._code("loan_no", texts, faults), product=self._code("product", texts, faults),
            personal=True if personal is None else personal,
            outstanding=self._amount("outstanding", texts, faults) or Decimal(0),
            overdue_days_max=self._days("overdue_days_max", texts, faults),
            overdue_days_open=self._days("overdue_days_open", texts, faults),
        )  # fmt: skip

    def _holding(self, texts: Mapping[str, str], faults: Faults) -> HoldingLine:
        kind = texts.get("kind", "")
        if kind and kind not in _KINDS:
            faults.add(self.column("kind"), "row.not-one-of", field="kind", expected=", ".join(_KINDS))
        percent = texts.get("yield_percent", "").removesuffix("%")
        rate = number_of(percent) if percent else None
        if percent and (rate is None or abs(rate) >= 1000):
            faults.add(self.column("yield_percent"), "row.not-a-number")
            rate = None
        return HoldingLine(
            product_code=self._code("product_code", texts, faults), kind=kind,
            opened_on=self._day("opened_on", texts, faults), matures_on=self._day("matures_on", texts, faults),
            yield_percent=None if rate is None else rate.quantize(_FOUR_PLACES).normalize(),
        )  # fmt: skip

    def _amount(self, field: str, texts: Mapping[str, str], faults: Faults) -> Decimal | None:
        text = texts.get(field, "")
        if not text:
            return None
        number = number_of(text)
        if number is None:
            code = "row.number-rounded" if ROUNDED.fullmatch(text) else "row.not-a-number"
            faults.add(self.column(field), code, field=field)
            return None
        scaled = number * self._factor
        if scaled != scaled.quantize(_FOUR_PLACES):
            faults.add(self.column(field), "row.too-many-decimals", field=field, expected=4)
        return scaled

    def _days(self, field: str, texts: Mapping[str, str], faults: Faults) -> int | None:
        text = texts.get(field, "")
        if not text:
            return None
        number = number_of(text)
        if number is None or number != int(number) or not 0 <= number <= _DAYS_MAX:
            faults.add(self.column(field), "row.not-a-whole-number", field=field, expected=f"0-{_DAYS_MAX}")
            return None
        return int(number)

    def _day(self, field: str, texts: Mapping[str, str], faults: Faults) -> date | None:
        text = texts.get(field, "")
        return date_in(text, self.column(field), field, faults) if text else None

    def _flag(self, field: str, texts: Mapping[str, str], faults: Faults) -> bool | None:
        text = texts.get(field, "").lower()
        if not text:
            return None
        if text not in _YES | _NO:
            faults.add(self.column(field), "row.not-one-of", field=field, expected="yes, no, 是, 否")
        return text in _YES

    def _code(self, field: str, texts: Mapping[str, str], faults: Faults) -> str:
        text = texts.get(field, "")
        if text and not _CODE.fullmatch(text):
            faults.add(self.column(field), "row.not-a-code", field=field)
        return text

    def _judge(self, statement: Statement, faults: Faults) -> None:
        for fault in faults_of(statement, today=self._today):
            field = fault.pointer.rpartition("/")[2]
            known = field in HEADINGS[self.part]
            faults.add(self.column(field) if known else "", fault.code)


def _plain(line: LoanLine | HoldingLine) -> dict[str, Any]:
    """As it stands in a delivery."""
    values = {name: getattr(line, name) for name in line.__dataclass_fields__}
    return {
        name: str(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }
