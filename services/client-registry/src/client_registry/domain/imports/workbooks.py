"""A workbook looked through before it is loaded: what unpacks too large, reaches too far, or hides something from a person.

Loading a sheet takes memory for every cell between its first and its last one, so the corners are looked at first.
"""

import io
import re
import zipfile
from xml.etree import ElementTree

UNPACKED_MAX = 512 * 1024 * 1024
ROWS_MAX = 1_048_576
CELLS_MAX = 40_000_000
_PIECE = 1024 * 1024
# A tag is never cut apart by the pieces: so much of one is looked at again with the next.
_OVERLAP = 4096
_SMALL_MAX = 4 * 1024 * 1024
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_HIDDEN = re.compile(rb'<row\b[^>]*\shidden="(?:1|true)"[^>]*>')
_NUMBER = re.compile(rb'\br="(\d+)"')
_ROW = re.compile(rb'<row\b[^>]*\br="(\d+)"')
# Columns beyond Z; a narrow sheet counts as 26 wide.
_FAR_COLUMN = re.compile(rb'<c\b[^>]{0,40}?\br="([A-Z]{2,3})\d+"')
_NO_VALUE = re.compile(rb'<c\b[^>]*\br="([A-Z]+)(\d+)"[^>]*><f\b[^>]*(?:/>|>[^<]*</f>)(?:<v/>|<v></v>)?</c>')
_NARROW = 26


class BrokenFile(ValueError):
    """The file cannot be read as a table; `code` says why, `where` names sheet, row and column if known."""

    def __init__(self, code: str, *, sheet: str | None = None, row: int = 0, column: str = "") -> None:
        super().__init__(code)
        self.code, self.sheet, self.row, self.column = code, sheet, row, column


def look_through(content: bytes, sheet: str | None, *, unpacked_max: int) -> str:
    """The name of the sheet that is to be read: the wanted one, or the only one that has anything in it.

    Raises BrokenFile, before anything is loaded: more than `unpacked_max` unpacked (whatever the archive says of
    itself), no such sheet, several where none is named, rows or cells beyond the limits, hidden rows, and formulas
    whose value was never computed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > unpacked_max:
                raise BrokenFile("import.file-unpacks-too-large")
            names = _sheets(archive)
            if sheet is None:
                filled = [name for name, path in names.items() if len(names) == 1 or _has_cells(archive, path)]
                if len(filled) > 1:
                    raise BrokenFile("import.several-sheets", sheet=filled[1])
                sheet = filled[0] if filled else next(iter(names), "")
            if sheet not in names:
                raise BrokenFile("import.sheet-missing", sheet=sheet)
            _look_at(archive, names[sheet], sheet)
            return sheet
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, EOFError, NotImplementedError) as error:
        raise BrokenFile("import.file-damaged") from error
    except RuntimeError as locked:
        # What zipfile says of an archive with a password.
        raise BrokenFile("import.file-damaged") from locked


def names_of(content: bytes) -> list[str]:
    """The names of the sheets. Raises BrokenFile."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return list(_sheets(archive))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, EOFError, RuntimeError) as error:
        raise BrokenFile("import.file-damaged") from error


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → path of its part, in the order in which a person sees them; without charts and the like."""
    links = _tree(archive, "xl/_rels/workbook.xml.rels").iter(f"{_PACKAGE}Relationship")
    parts = {link.get("Id", ""): link.get("Target", "") for link in links}
    found: dict[str, str] = {}
    for entry in _tree(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet"):
        target = parts.get(entry.get(f"{_OFFICE}id", ""), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if "worksheets/" in path:
            found[entry.get("name", "")] = path
    return found


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A small part of the workbook. No spreadsheet program writes a document type into it."""
    if archive.getinfo(name).file_size > _SMALL_MAX:
        raise BrokenFile("import.file-damaged")
    text = archive.read(name)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise BrokenFile("import.file-damaged")
    return ElementTree.fromstring(text)  # noqa: S314 - small, and without entities


def _has_cells(archive: zipfile.ZipFile, path: str) -> bool:
    with archive.open(path) as part:
        return b"<c " in part.read(_PIECE)


def _look_at(archive: zipfile.ZipFile, path: str, sheet: str) -> None:
    rows = 0
    width = _NARROW
    rest = b""
    with archive.open(path) as part:
        while piece := part.read(_PIECE):
            text = rest + piece
            if b'hidden="' in text and (hidden := _HIDDEN.search(text)) is not None:
                number = _NUMBER.search(hidden[0])
                raise BrokenFile("import.rows-hidden", sheet=sheet, row=int(number[1]) if number else 0)
            if b"<f" in text and (formula := _NO_VALUE.search(text)) is not None:
                raise BrokenFile(
                    "import.formula-without-value", sheet=sheet, row=int(formula[2]), column=formula[1].decode()
                )
            far = {_column(letters) for letters in set(_FAR_COLUMN.findall(text))}
            width = max(width, *far) if far else width
            last = text.rfind(b"<row ")
            if last >= 0 and (row := _ROW.match(text, last)) is not None:
                rows = max(rows, int(row[1]))
            if rows > ROWS_MAX:
                raise BrokenFile("import.too-many-rows", sheet=sheet)
            if rows * width > CELLS_MAX:
                raise BrokenFile("import.sheet-too-wide", sheet=sheet)
            rest = text[-_OVERLAP:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
