"""A CSV of exchange rates: read whole, every fault of every row named, never a value echoed."""

import re
from datetime import date
from decimal import Decimal

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.exchange_rates import MonthEndRate
from client_registry.domain.imports.findings import TEXTS
from client_registry.domain.imports.sheets import BrokenFile, read_csv

_COLUMNS = ("currency", "month", "rate")
_MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])", re.ASCII)
_RATE = re.compile(r"\d{1,9}(\.\d{1,8})?", re.ASCII)
_MISSING = Text(en="The file has no column “{column}”.", zh="文件缺少“{column}”列。")
_NOT_MONTH = Text(en="Row {row}: the month is written like 2026-10.", zh="第 {row} 行：月份应写作 2026-10。")
_NOT_RATE = Text(
    en="Row {row}: the rate is a plain number with at most eight decimals.",
    zh="第 {row} 行：汇率应为数字，小数最多八位。",
)
_TOO_MANY = Text(en="More than {limit} rates in one file.", zh="一份文件不得超过 {limit} 条汇率。")
_EMPTY = Text(en="The file holds no rates.", zh="文件中没有汇率。")


def read_rate_file(content: bytes, *, most: int) -> list[MonthEndRate]:
    """The rows of a CSV with the columns currency, month and rate. Raises Invalid with pointers `/file/<row>/<column>`."""
    try:
        sheet = read_csv([content], delimiter=",", encoding="auto")
        missing = [name for name in _COLUMNS if name not in sheet.header]
        if missing:
            raise Invalid([FieldError(f"/file/1/{name}", "rates.column-missing", _MISSING, {"column": name})
                           for name in missing])  # fmt: skip
        at = {name: sheet.header.index(name) for name in _COLUMNS}
        rows = list(sheet.rows)
    except BrokenFile as broken:
        raise Invalid([FieldError("/file", broken.code, TEXTS[broken.code])]) from broken
    if len(rows) > most:
        raise Invalid([FieldError("/file", "rates.too-many", _TOO_MANY, {"limit": most})])
    if not rows:
        raise Invalid([FieldError("/file", "rates.none", _EMPTY)])
    lines: list[MonthEndRate] = []
    errors: list[FieldError] = []
    for number, cells in rows:
        given = {name: cells[place].strip() if place < len(cells) else "" for name, place in at.items()}
        month, rate = _MONTH.fullmatch(given["month"]), _RATE.fullmatch(given["rate"])
        if month is None:
            errors.append(FieldError(f"/file/{number}/month", "rates.not-a-month", _NOT_MONTH, {"row": number}))
        if rate is None:
            errors.append(FieldError(f"/file/{number}/rate", "rates.not-a-rate", _NOT_RATE, {"row": number}))
        if month is not None and rate is not None:
            first = date(int(month[1]), int(month[2]), 1)
            lines.append(MonthEndRate(currency=given["currency"], month=first, rate=Decimal(given["rate"])))
    if errors:
        raise Invalid(errors)
    return lines
