"""A filled workbook as what it says: every fault of the whole sheet at once, each at its cell (CR-77)."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import Any

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, XmlError, ZipError

from client_registry.domain.form_workbook import FIRST_ROW, FORM_SHEET, KEY, MARK, MARK_SHEET, ORDER, VALUE, Line
from client_registry.domain.form_workbook_cells import CellFault, fault, place_of, value_of
from client_registry.domain.reference_data import OptionSet

SIZE_MAX = 2 * 1024 * 1024
_UNPACKED_MAX = 32 * 1024 * 1024
_ROWS_MAX = 1_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMULA = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]+\d+)"[^>]*>\s*<(?:\w+:)?f[\s>/]')
_SHEET = re.compile(r'<(?:\w+:)?sheet\s[^>]*?\bname="([^"]*)"[^>]*?\b\w+:id="([^"]*)"')
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")

BROKEN: Mapping[str, Text] = {
    "workbook.xls": Text(
        en="This is an old .xls workbook or one with a password; save it as .xlsx without a password.",
        zh="文件为旧版 .xls 格式或设有密码，请另存为不带密码的 .xlsx 文件。",
    ),
    "workbook.damaged": Text(
        en="This is no xlsx workbook, or it is damaged; use the template as it was downloaded.",
        zh="文件不是 xlsx 工作簿或已损坏，请使用下载的模板。",
    ),
    "workbook.unpacks-too-large": Text(
        en="The workbook unpacks to more than {mib} MiB.", zh="工作簿解压后超过 {mib} MiB。"
    ),
    "workbook.foreign": Text(
        en="This workbook was not made from the registration form's template; download the template and fill it in.",
        zh="该工作簿不是由客户登记表模板生成，请下载模板后填写。",
    ),
    "workbook.version": Text(
        en="The template is of version {found}, now {expected} holds; download it again.",
        zh="模板版本为 {found}，现行版本为 {expected}，请重新下载模板。",
    ),
    "workbook.empty": Text(en="Nothing is filled in.", zh="工作簿未填写任何内容。"),
    "workbook.lines": Text(
        en="Lines of the template are missing, doubled or unknown: {keys}.", zh="模板行缺失、重复或无法识别：{keys}。"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a workbook says of itself: its template, and the client and form version it was filled from, if any."""

    version: str
    client_no: str | None
    form_version: int | None


@dataclass(slots=True, kw_only=True)
class FilledSheet:
    """What stands in the lines, by key; where each line stands; and what cannot be read."""

    mark: Mark
    values: dict[str, str | bool | date | None] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    lines: dict[str, tuple[str, Text]] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)

    def at(self, key: str, code: str, text: Text | None = None) -> FieldError:
        """A fault of that line; one of a line that the sheet does not have is a fault of the file."""
        if key not in self.lines:
            return FieldError("/file", code, text or Text(en=key, zh=key))
        cell, label = self.lines[key]
        return fault(cell, label, code, text)


class Workbook:
    """An uploaded workbook of the registration form. Raises Invalid at `/file` for what is none."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(_OLE):
            raise broken("workbook.xls")
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED_MAX:
                    raise broken("workbook.unpacks-too-large", mib=_UNPACKED_MAX // 1024**2)
                self._formulas = _formulas(archive)
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            if MARK_SHEET not in book.sheet_names or FORM_SHEET not in book.sheet_names:
                raise broken("workbook.foreign")
            self.mark = _mark(book.get_sheet_by_name(MARK_SHEET))
            self._sheet = book.get_sheet_by_name(FORM_SHEET)
            self._rows = self._sheet.to_python(skip_empty_area=False, nrows=_ROWS_MAX)
        except (zipfile.BadZipFile, KeyError, CalamineError, PasswordError, XmlError, ZipError, NotImplementedError):
            raise broken("workbook.damaged") from None

    def read(self, wanted: Sequence[Line], sets: Mapping[str, OptionSet], *, version: str) -> FilledSheet:
        """Every line and every fault. Raises Invalid at `/file` for another template's version, for lines that are not
        the template's, and for an empty one."""
        if self.mark.version != version:
            raise broken("workbook.version", found=self.mark.version, expected=version)
        rows = self._places(wanted)
        merged = self._sheet.merged_cell_ranges or []
        sheet = FilledSheet(mark=self.mark)
        for line in wanted:
            row = rows[line.key]
            cell = f"C{row + 1}"
            sheet.lines[line.key] = (cell, line.label)
            try:
                self._refuse_odd(row, VALUE, cell, merged)
                sheet.values[line.key] = value_of(line, self._cell(row, VALUE), sets)
            except CellFault as odd:
                sheet.errors.append(fault(cell, line.label, odd.code, odd.text))
            if line.way is not None:
                self._read_order(sheet, line, row, merged)
        if not sheet.errors and not any(sheet.values.values()):
            raise broken("workbook.empty")
        return sheet

    def _read_order(self, sheet: FilledSheet, line: Line, row: int, merged: Sequence[Any]) -> None:
        cell = f"D{row + 1}"
        try:
            self._refuse_odd(row, ORDER, cell, merged)
            place = place_of(self._cell(row, ORDER))
            if place is None:
                return
            if sheet.values.get(line.key) is None and line.key in sheet.values:
                raise CellFault("sheet.order-empty")
            if place in sheet.order.values():
                raise CellFault("sheet.order-twice")
            sheet.order[line.key] = place
        except CellFault as odd:
            sheet.errors.append(fault(cell, line.label, odd.code, odd.text))

    def _places(self, wanted: Sequence[Line]) -> dict[str, int]:
        """Where each line stands, by the key in the hidden column: rows may have been put in between."""
        found: dict[str, int] = {}
        odd: list[str] = []
        known = {line.key for line in wanted}
        for number, cells in enumerate(self._rows):
            key = str(cells[KEY]).strip() if cells and number >= FIRST_ROW - 1 else ""
            if not key:
                continue
            if key not in known or key in found:
                odd.append(f"A{number + 1}")
            found[key] = number
        odd += [line.label.zh for line in wanted if line.key not in found]
        if odd:
            raise broken("workbook.lines", keys=", ".join(odd[:10]))
        return found

    def _cell(self, row: int, column: int) -> object:
        cells = self._rows[row]
        return cells[column] if column < len(cells) else None

    def _refuse_odd(self, row: int, column: int, cell: str, merged: Sequence[Any]) -> None:
        if any(top <= row <= bottom and left <= column <= right for (top, left), (bottom, right) in merged):
            raise CellFault("sheet.merged")
        if cell in self._formulas:
            raise CellFault("sheet.formula")


def broken(code: str, **params: object) -> Invalid:
    """A file that is refused as a whole."""
    return Invalid([FieldError("/file", code, BROKEN[code], params)])


def _mark(sheet: CalamineSheet) -> Mark:
    said = {str(row[0]): row[1] for row in sheet.to_python(skip_empty_area=False, nrows=10) if len(row) > 1}
    if said.get("mark") != MARK or not isinstance(said.get("version"), str):
        raise broken("workbook.foreign")
    version = str(said.get("form_version") or "")
    return Mark(
        version=str(said["version"])[:20],
        client_no=str(said["client_no"])[:32] if said.get("client_no") else None,
        form_version=int(version) if version.isdecimal() and len(version) < 10 else None,
    )


def _formulas(archive: zipfile.ZipFile) -> frozenset[str]:
    """The cells of the form's sheet in which a formula stands: the reader gives only what it last came to."""
    names = dict(_SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace")))
    wanted = {unescape(name): relation for name, relation in names.items()}.get(FORM_SHEET)
    for each in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")):
        target = re.search(r'\bTarget="([^"]*)"', each)
        if target is not None and f'Id="{wanted}"' in each:
            path = target[1].removeprefix("/") if target[1].startswith("/") else f"xl/{target[1]}"
            return frozenset(cell.decode() for cell in _FORMULA.findall(archive.read(path)))
    return frozenset()
