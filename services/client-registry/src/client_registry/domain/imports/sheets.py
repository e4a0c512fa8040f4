"""Uploaded bytes as rows of text: CSV in UTF-8 or GB18030, gzip, xlsx. CSV and gzip are read as a stream.

A sheet yields (row number, cells); row numbers are those a person sees in the file, the header being row 1.
"""

import codecs
import csv
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from numbers import Real
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, XmlError, ZipError

from client_registry.domain.imports.workbooks import UNPACKED_MAX, BrokenFile, look_through, names_of

__all__ = [
    "UNPACKED_MAX",
    "BrokenFile",
    "CsvPlace",
    "Sheet",
    "is_workbook",
    "read_csv",
    "read_xlsx",
    "resume_csv",
    "sheet_names",
]

GZIP_UNPACKED_MAX = 4 * 1024 * 1024 * 1024
_ROUNDED_FROM = 10**14
_CELL_MAX = 64 * 1024
_SAMPLE = 1024 * 1024
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPlace:
    """A place between two rows of a CSV, and all that reading on from there needs: `at` bytes (unpacked) and `rows` rows
    lie before it. Every line begins anew in its encoding, so nothing of the decoder is left to keep.
    """

    at: int
    rows: int
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    packed: bool

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "CsvPlace":
        """The place that was kept as JSON."""
        return cls(**{**kept, "header": tuple(kept["header"])})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its sheet name (xlsx only), its header, and its data rows, to be read once.

    `place` says where the row that comes next begins (CSV only).
    """

    name: str | None
    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    place: Callable[[], CsvPlace] | None = None


def is_workbook(name: str) -> bool:
    """Whether a file of that name is one of Excel's."""
    return name.lower().endswith((".xlsx", ".xlsm", ".xls"))


def sheet_names(content: bytes) -> list[str]:
    """The names of a workbook's sheets. Raises BrokenFile."""
    return names_of(content)


def read_csv(parts: Iterable[bytes], *, delimiter: str | None, encoding: str) -> Sheet:
    """A CSV as a stream; `encoding` auto takes UTF-16 by its mark, tries UTF-8 (with or without mark) on the first MiB,
    then GB18030. Without a `delimiter` the header's own is taken: comma, semicolon, tab or bar.
    """
    sample, stream = _sampled(iter(parts))
    packed = sample[:2] == b"\x1f\x8b"
    if packed:
        sample, stream = _sampled(_gunzip(chain([sample], stream)))
    if sample[:4] == b"PK\x03\x04":
        raise BrokenFile("import.file-not-csv")
    found, mark = _encoding(sample, encoding)
    lines = _Lines(chain([sample[mark:]], stream), found, at=mark)
    top = next(lines.each, "")
    chosen = delimiter or max(_DELIMITERS, key=top.count)
    rows = _CsvRows(chain([top], lines.each), chosen)
    first = next(rows.each, None)
    if first is None:
        raise BrokenFile("import.file-empty")
    if len(first[1]) == 1 and any(other in top for other in _DELIMITERS if other != chosen):
        raise BrokenFile("import.delimiter-differs", row=1)
    return _csv_sheet(lines, rows, chosen, _header(first[1]), packed=packed)


def resume_csv(parts: Iterable[bytes], place: CsvPlace) -> Sheet:
    """The rows of a CSV from the place on. `parts` begin at its byte; those of a packed file begin with the file."""
    stream = _without(_gunzip(parts), place.at) if place.packed else iter(parts)
    lines = _Lines(stream, place.encoding, at=place.at)
    rows = _CsvRows(lines.each, place.delimiter, after=place.rows)
    return _csv_sheet(lines, rows, place.delimiter, place.header, packed=place.packed)


def _csv_sheet(lines: "_Lines", rows: "_CsvRows", delimiter: str, header: tuple[str, ...], *, packed: bool) -> Sheet:
    def place() -> CsvPlace:
        return CsvPlace(
            at=lines.at, rows=rows.number, encoding=lines.encoding, delimiter=delimiter, header=header, packed=packed
        )

    return Sheet(None, header, rows.each, place)


def _sampled(stream: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first MiB, or what there is; and the rest."""
    head: list[bytes] = []
    while sum(map(len, head)) < _SAMPLE and (part := next(stream, None)) is not None:
        head.append(part)
    return b"".join(head), stream


def _without(stream: Iterator[bytes], size: int) -> Iterator[bytes]:
    for part in stream:
        if size < len(part):
            yield part[size:]
        size = max(0, size - len(part))


def _encoding(sample: bytes, wanted: str) -> tuple[str, int]:
    """The encoding without its mark, and how long the mark is."""
    if wanted == "auto" and sample[:2] == codecs.BOM_UTF16_LE:
        return "utf-16-le", 2
    if wanted == "auto" and sample[:2] == codecs.BOM_UTF16_BE:
        return "utf-16-be", 2
    marked = ("utf-8", len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0)
    if wanted != "auto":
        return marked if wanted == "utf-8" else (wanted, 0)
    try:
        # Not final: the sample may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "gb18030", 0
    return marked


def _gunzip(parts: Iterable[bytes]) -> Iterator[bytes]:
    inflate, inside = zlib.decompressobj(wbits=31), False
    total = 0
    try:
        for part in parts:
            pending = part
            while pending:
                block = inflate.decompress(pending, _SAMPLE)
                pending = inflate.unconsumed_tail
                total += len(block)
                if total > GZIP_UNPACKED_MAX:
                    raise BrokenFile("import.file-unpacks-too-large")
                inside = not inflate.eof
                yield block
                if inflate.eof:
                    pending, inflate = inflate.unused_data, zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise BrokenFile("import.file-damaged") from error
    if inside:
        raise BrokenFile("import.file-damaged")


class _Lines:
    """The lines of a text, with their ends; `at` is how many bytes of the file the lines given out so far end at.

    The bytes are cut at line ends before they are decoded: in none of the encodings does a line end stand for anything
    else (in UTF-16 as long as it stands at an even place).
    """

    def __init__(self, parts: Iterable[bytes], encoding: str, *, at: int) -> None:
        self.at, self.encoding = at, encoding
        self._end = "\n".encode(encoding)
        self.each = self._read(parts)

    def _read(self, parts: Iterable[bytes]) -> Iterator[str]:
        rest = b""
        for part in parts:
            block = rest + part
            cut = self._last_end(block)
            rest = block[cut:]
            if len(rest) > _SAMPLE:
                raise BrokenFile("import.file-not-csv")
            yield from self._lines(block[:cut])
        yield from self._lines(rest)

    def _last_end(self, block: bytes) -> int:
        """How far the whole lines reach."""
        unit = len(self._end)
        found = block.rfind(self._end)
        while found > 0 and found % unit:
            found = block.rfind(self._end, 0, found + unit - 1)
        return found + unit if found >= 0 and found % unit == 0 else 0

    def _lines(self, block: bytes) -> Iterator[str]:
        try:
            text = block.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise BrokenFile("import.file-encoding") from error
        if "\x00" in text:
            raise BrokenFile("import.file-nul")
        *lines, last = text.split("\n")
        unit = len(self._end)
        if unit == 1:
            sizes = [len(line) + 1 for line in block.split(b"\n")]
        else:
            sizes = [len(line.encode(self.encoding)) + unit for line in lines]
        for line, size in zip(lines, sizes, strict=False):
            self.at += size
            yield line + "\n"
        if last:
            self.at += len(last.encode(self.encoding))
            yield last


class _CsvRows:
    """The rows that are not empty, each with its number; `number` counts all rows given out or passed over."""

    def __init__(self, lines: Iterator[str], delimiter: str, *, after: int = 0) -> None:
        self.number = after
        csv.field_size_limit(_CELL_MAX)
        self.each = self._read(csv.reader(lines, delimiter=delimiter, strict=True))

    def _read(self, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
        try:
            for cells in reader:
                self.number += 1
                if cells:
                    yield self.number, cells
        except csv.Error as error:
            raise BrokenFile("import.file-not-csv", row=self.number + 1) from error


def _header(cells: list[str]) -> tuple[str, ...]:
    header = tuple(cell.strip() for cell in cells)
    twice = next((name for i, name in enumerate(header) if name and name in header[:i]), None)
    if twice is not None:
        raise BrokenFile("import.column-twice", row=1, column=twice)
    return header


def read_xlsx(content: bytes, *, sheet: str | None, text_columns: frozenset[str]) -> Sheet:
    """One sheet of a workbook. What `look_through` finds is refused before it is loaded; refused on sight: merged cells,
    and numbers of 15 or more digits in a column that must be text (Excel has rounded them already).
    """
    if content[:4] != b"PK\x03\x04":
        raise BrokenFile("import.file-damaged")
    name = look_through(content, sheet, unpacked_max=UNPACKED_MAX)
    try:
        opened = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name)
    except (CalamineError, PasswordError, WorksheetNotFound, XmlError, ZipError) as error:
        raise BrokenFile("import.file-damaged") from error
    if opened.merged_cell_ranges:
        (row, column), _ = opened.merged_cell_ranges[0]
        raise BrokenFile("import.cells-merged", sheet=name, row=row + 1, column=str(column + 1))
    rows = opened.iter_rows()
    first = next(rows, None)
    if first is None:
        raise BrokenFile("import.file-empty", sheet=name)
    header = _header([str(cell) for cell in first])
    return Sheet(name, header, _xlsx_rows(rows, name, header, text_columns))


def _xlsx_rows(
    rows: Iterator[list[Any]], sheet: str, header: tuple[str, ...], text_columns: frozenset[str]
) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(rows, start=2):
        texts = [_cell(cell) for cell in cells]
        if not any(texts):
            continue
        for name, cell in zip(header, cells, strict=False):
            if name in text_columns and _is_number(cell) and abs(cell) >= _ROUNDED_FROM:
                raise BrokenFile("import.number-rounded", sheet=sheet, row=number, column=name)
        yield number, texts


def _is_number(cell: object) -> bool:
    return isinstance(cell, Real) and not isinstance(cell, bool)


def _cell(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    text = str(cell)
    if _is_number(cell) and "e" in text:
        # 1e-05 and 1e+16 are Python's way to write them, not a person's.
        text = format(Decimal(text), "f")
    # A whole number in Excel comes as 12.0; a date as YYYY-MM-DD, with or without its midnight.
    return text[:-2] if text.endswith(".0") else text.removesuffix(" 00:00:00")
