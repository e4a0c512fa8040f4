"""The workbook in which a branch hands in its units, staff and postings (XC-1, XC-8): headings, text cells, drop-downs."""

import io
from typing import Any

import xlsxwriter
from chassis.texts import Language, Text
from xlsxwriter.utility import xl_col_to_name

from client_registry.domain.organisation_sheets import COLUMNS, SHEETS, choices, heading, is_needed

_ROWS = 2_000
_NOTES = Text(en="Notes", zh="说明")
_SAID = (
    Text(en="One row for each; headings and sheet names stay as they are.", zh="每行一条；表头与工作表名称请勿更改。"),
    Text(en="Headings with * are needed in every row; they are marked here only:", zh="以下标 * 的列每行必填："),
)
_DATES = Text(
    en="Dates as YYYY-MM-DD, numbers as text; no merged cells.",
    zh="日期写作 YYYY-MM-DD，编号按文本录入；请勿合并单元格。",
)


def organisation_template(language: Language) -> bytes:
    """The workbook's bytes; filled in it is read back by the import, whichever language it is in."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_numbers": False})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    pages = {kind: book.add_worksheet(names[1 if language is Language.ZH else 0]) for kind, names in SHEETS.items()}
    notes = book.add_worksheet(_NOTES.say(language))
    offered = 0
    for kind, page in pages.items():
        for column, name in enumerate(COLUMNS[kind]):
            page.set_column(column, column, 22, text)
            page.write_string(0, column, heading(kind, name, language), bold)
            if words := choices(name, language):
                source = _offer(notes, offered, words, notes_name=_NOTES.say(language))
                page.data_validation(1, column, _ROWS, column, {"validate": "list", "source": source})
                offered += 1
        page.freeze_panes(1, 0)
    _explain(notes, language)
    book.close()
    return out.getvalue()


def _offer(notes: Any, at: int, words: tuple[str, ...], *, notes_name: str) -> str:
    """A list of choices on the sheet of notes, far to the right of the words; gives the range."""
    column = 10 + at
    for row, word in enumerate(words):
        notes.write_string(row, column, word)
    letters = xl_col_to_name(column)
    return f"='{notes_name}'!${letters}$1:${letters}${len(words)}"


def _explain(notes: Any, language: Language) -> None:
    notes.set_column(0, 0, 90)
    lines = [said.say(language) for said in (*_SAID, _DATES)]
    for kind, names in SHEETS.items():
        columns = [f"{heading(kind, name, language)}{'*' if is_needed(name) else ''}" for name in COLUMNS[kind]]
        lines.append(f"{names[1 if language is Language.ZH else 0]}: {', '.join(columns)}")
    for row, line in enumerate(lines):
        notes.write_string(row, 0, line)
