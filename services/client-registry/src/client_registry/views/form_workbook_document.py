"""The registration form as an Excel workbook, empty or filled for a client, from the versioned reference data."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from chassis.db import Tx
from xlsxwriter.utility import xl_col_to_name

from client_registry.domain.form_workbook import (
    CODES_SHEET,
    FIRST_ROW,
    FORM_SHEET,
    KEY,
    LABEL,
    MARK,
    MARK_SHEET,
    NO,
    NOTE,
    ORDER,
    TICKED,
    VALUE,
    YES,
    Kind,
    Line,
    lines,
    template_version,
)
from client_registry.domain.form_workbook_cells import TICK_CHOICES, YES_NO_CHOICES, shown
from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import FIELDS, Shape
from client_registry.store import information_policies, reference_data
from client_registry.views.registration_forms import FormView

_TITLE = "个人VIP客户登记表 Registration form of a VIP client"
_HELP = (
    "请只填写 C、D 列；号码按文本录入，日期写作 YYYY-MM-DD；请勿合并单元格、使用公式或更改表头。 "
    "Fill in columns C and D only; numbers as text, dates as YYYY-MM-DD; no merged cells, no formulas."
)
_HEADINGS = ("", "栏目 Field", "内容 Value", "优先顺序 Order (1–5)", "说明 Note")
_ORDERS = [1, 2, 3, 4, 5]
# A workbook made twice of the same is the same.
_MADE = datetime(2026, 1, 1)


async def form_workbook(tx: Tx, form: FormView | None = None) -> bytes:
    """The template's bytes; with a form (open, its look audited by the caller) filled with what is on file."""
    sets = await reference_data.sets_by_code(tx)
    policy = await information_policies.current(tx)
    wanted = lines(sets, policy.entered_twice(), fresh=form is None)
    values = {} if form is None else _values(form, sets)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"title": _TITLE, "created": _MADE})
    styles = _styles(book)
    page, codes = book.add_worksheet(FORM_SHEET), book.add_worksheet(CODES_SHEET)
    ranges = _write_codes(codes, wanted, sets)
    _write_head(page, styles, template_version(sets))
    row = FIRST_ROW - 1
    for line in wanted:
        if line.section is not None:
            page.write_string(row, LABEL, f"{line.section.zh} {line.section.en}", styles["section"])
            row += 1
        _write_line(page, row, line, values, styles, ranges)
        row += 1
    page.protect("", {"format_cells": True, "format_columns": True, "select_locked_cells": True})
    _write_mark(book, template_version(sets), form)
    book.close()
    return out.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "help": book.add_format({"text_wrap": True, "font_color": "#555555", "valign": "top"}),
        "heading": book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1}),
        "section": book.add_format({"bold": True, "font_color": "#1F4E78"}),
        "label": book.add_format({"text_wrap": True, "border": 1, "valign": "top"}),
        "note": book.add_format({"text_wrap": True, "font_color": "#555555", "valign": "top"}),
        # Text, so that Excel leaves long numbers and leading zeros as they are.
        "text": book.add_format({"num_format": "@", "border": 1, "locked": False, "text_wrap": True, "valign": "top"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "border": 1, "locked": False, "align": "left"}),
        "order": book.add_format({"border": 1, "locked": False, "align": "center"}),
    }


def _write_head(page: Any, styles: Mapping[str, Any], version: str) -> None:
    page.set_column(KEY, KEY, 10, None, {"hidden": True})
    page.set_column(LABEL, LABEL, 34)
    page.set_column(VALUE, VALUE, 40)
    page.set_column(ORDER, ORDER, 14)
    page.set_column(NOTE, NOTE, 60)
    page.write_string(0, LABEL, _TITLE, styles["title"])
    page.write_string(0, NOTE, f"模板版本 Version {version}", styles["note"])
    page.write_string(1, LABEL, _HELP, styles["help"])
    page.set_row(1, 72)
    for column, heading in enumerate(_HEADINGS):
        page.write_string(2, column, heading, styles["heading"])
    page.freeze_panes(3, 2)


def _write_line(
    page: Any, row: int, line: Line, values: Mapping[str, Any], styles: Mapping[str, Any], ranges: Mapping[str, str]
) -> None:
    page.write_string(row, KEY, line.key)
    page.write_string(row, LABEL, f"{line.label.zh}\n{line.label.en}", styles["label"])
    page.write_string(row, NOTE, f"{line.note.zh}\n{line.note.en}" if line.note.zh else "", styles["note"])
    value = values.get(line.key)
    if line.kind is Kind.DATE:
        if isinstance(value, date):
            page.write_datetime(row, VALUE, datetime(value.year, value.month, value.day), styles["date"])
        else:
            page.write_blank(row, VALUE, None, styles["date"])
    elif value is None:
        page.write_blank(row, VALUE, None, styles["text"])
    else:
        page.write_string(row, VALUE, _cell(line, value), styles["text"])
    if source := _choices(line, ranges):
        page.data_validation(row, VALUE, row, VALUE, {"validate": "list", "source": source, "error_type": "warning"})
    if line.way is not None:
        place = values.get(f"order:{line.key}")
        page.write(row, ORDER, place, styles["order"])
        page.data_validation(row, ORDER, row, ORDER, {"validate": "list", "source": _ORDERS})


def _choices(line: Line, ranges: Mapping[str, str]) -> str | list[str] | None:
    if line.kind is Kind.CODE:
        return ranges[str(line.set_code)]
    if line.kind is Kind.YES_NO:
        return list(YES_NO_CHOICES)
    return list(TICK_CHOICES) if line.kind is Kind.TICK else None


def _cell(line: Line, value: Any) -> str:
    if line.kind is Kind.YES_NO:
        return shown(YES if value else NO)
    return TICKED if line.kind is Kind.TICK else str(value)


def _write_codes(page: Any, wanted: Sequence[Line], sets: Mapping[str, OptionSet]) -> dict[str, str]:
    """The sheet of choices; gives for each set the range that its drop-downs show."""
    ranges: dict[str, str] = {}
    for line in wanted:
        code = line.set_code
        if line.kind is not Kind.CODE or code is None or code in ranges:
            continue
        column = len(ranges)
        chosen = sets[code]
        page.write_string(0, column, f"{chosen.name.zh} {chosen.name.en}")
        page.set_column(column, column, 34)
        for number, option in enumerate(chosen.offered(), start=1):
            page.write_string(number, column, shown(chosen.text_of(option)))
        letters = xl_col_to_name(column)
        ranges[code] = f"='{CODES_SHEET}'!${letters}$2:${letters}${len(chosen.offered()) + 1}"
    page.protect()
    return ranges


def _write_mark(book: Any, version: str, form: FormView | None) -> None:
    page = book.add_worksheet(MARK_SHEET)
    said = [("mark", MARK), ("version", version)]
    if form is not None:
        # The business number: the only thing that says whose form it is and is no personal data.
        said += [("client_no", form.file.client_no), ("form_version", str(form.version))]
    for row, (name, value) in enumerate(said):
        page.write_string(row, 0, name)
        page.write_string(row, 1, value)
    page.very_hidden()


def _values(form: FormView, sets: Mapping[str, OptionSet]) -> dict[str, Any]:
    """What is on file, by the keys of the lines; a code as its drop-down shows it."""
    file, consent = form.file, form.consent
    values: dict[str, Any] = {
        "form_on": form.form_on, "name": file.name, "birth_on": file.birth_on, "identity_number": file.identity_number,
    }  # fmt: skip
    codes = {"sex": file.sex, "identity_type": file.identity_type}
    if consent is not None:
        values |= {"accepts_marketing": consent.marketing, "attends_events": consent.events}
        codes["wished_interval"] = consent.wished_interval
    for contact in file.contacts:
        values |= {contact.way: contact.value, f"order:{contact.way}": contact.priority}
    for name, answer in form.answers.items():
        if name not in FIELDS:
            continue
        if answer.codes is None:
            values[name] = answer.text
        elif FIELDS[name].shape is Shape.CODE:
            codes[name] = answer.codes[0]
        else:
            values |= {f"{name}:{code}": True for code in answer.codes}
    words = {
        name: shown(sets["identity_type" if name == "identity_type" else str(FIELDS[name].set_code)].text_of(code))
        for name, code in codes.items()
        if code is not None
    }
    return {name: value for name, value in {**values, **words}.items() if value is not None}
