"""Single cells as values, and the findings that collect while a row is read."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from client_registry.domain.imports.findings import Finding
from client_registry.domain.imports.profile import Source

_SHAPES = {
    "YYYY-MM-DD": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "YYYYMMDD": re.compile(r"(\d{4})(\d{2})(\d{2})"),
    "YYYY/MM/DD": re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    "YYMMDD": re.compile(r"(\d{2})(\d{2})(\d{2})"),
    "birth-number": re.compile(r"(\d{2})(\d{2})(\d{2})"),
}


class Faults:
    """Findings of one row; `add` never takes a value of the row."""

    def __init__(self, file: str, sheet: str | None, row: int) -> None:
        self._file, self._sheet, self._row = file, sheet, row
        self.found: list[Finding] = []

    def add(self, column: str, code: str, **params: object) -> None:
        self.found.append(
            Finding(file=self._file, sheet=self._sheet, row=self._row, column=column, code=code, params=params)
        )


def is_ragged(cells: Sequence[str], width: int) -> bool:
    """Whether the row has something beyond its header's last column: a wrong delimiter, or a quote that is missing."""
    return len(cells) > width and any(cell.strip() for cell in cells[width:])


def text_of(source: Source, cells: Mapping[str, str], field: str, faults: Faults) -> str:
    """A source's text: the cell or constant, through its codes, with width and prefix; empty where the cell is."""
    text = cells[source.column] if source.column is not None else source.value or ""
    if source.codes is not None:
        translated = source.codes.get(text, source.otherwise)
        if translated is None:
            faults.add(source.column or field, "row.unknown-code", field=field)
            return ""
        text = translated
    if not text:
        return source.otherwise or ""
    return source.prefix + text.zfill(source.width)


def parse_date(text: str, form: str) -> date | None:
    """The date, or None where it is none. Two-digit years are of the twentieth century (these are old books);
    in a birth number a woman's month is 50 higher.
    """
    match = _SHAPES[form].fullmatch(text)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    if form in ("YYMMDD", "birth-number"):
        year += 1900
    if form == "birth-number" and month > 50:
        month -= 50
    try:
        return date(year, month, day)
    except ValueError:
        return None


_DAY_FORMS = ("YYYY-MM-DD", "YYYY/MM/DD", "YYYYMMDD")
_DAY_NUMBER = re.compile(r"[1-7]\d{4}(\.\d+)?", re.ASCII)


def is_day_number(text: str) -> bool:
    """Whether the text looks like a day as spreadsheets count it (45961), which a date column must not hold."""
    return _DAY_NUMBER.fullmatch(text) is not None


def date_fault(text: str) -> str:
    """Why the text is no date: it is a spreadsheet's number of a day, or something else."""
    return "row.date-is-number" if is_day_number(text) else "row.not-a-date"


def date_in(text: str, column: str, field: str, faults: Faults) -> date | None:
    """A date in one of the usual forms; a finding otherwise."""
    plain = text.removesuffix(" 00:00:00")
    for form in _DAY_FORMS:
        if (found := parse_date(plain, form)) is not None:
            return found
    faults.add(column, date_fault(plain), field=field, expected=_DAY_FORMS[0])
    return None
