"""Uploaded bytes as rows of text: CSV in UTF-8 or GB18030, gzip, xlsx. CSV and gzip are read as a stream.

A sheet yields (row number, cells); row numbers are those a person sees in the file, the header being row 1.
"""

import codecs
import csv
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from numbers import Real
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, XmlError, ZipError

from client_registry.domain.imports.workbooks import UNPACKED_MAX, BrokenFile, look_through, names_of

__all__ = ["UNPACKED_MAX", "BrokenFile", "Sheet", "is_workbook", "read_csv", "read_xlsx", "sheet_names"]

GZIP_UNPACKED_MAX = 4 * 1024 * 1024 * 1024
_ROUNDED_FROM = 10**14
_CELL_MAX = 64 * 1024
_SAMPLE = 1024 * 1024
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its sheet name (xlsx only), its header, and its data rows, to be read once."""

    name: str | None
    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]


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
    stream = iter(parts)
    head: list[bytes] = []
    while sum(map(len, head)) < _SAMPLE and (part := next(stream, None)) is not None:
        head.append(part)
    sample = b"".join(head)
    if sample[:2] == b"\x1f\x8b":
        return read_csv(_gunzip(chain([sample], stream)), delimiter=delimiter, encoding=encoding)
    if sample[:4] == b"PK\x03\x04":
        raise BrokenFile("import.file-not-csv")
    decoder = codecs.getincrementaldecoder(_encoding(sample, encoding))()
    csv.field_size_limit(_CELL_MAX)
    lines = _lines(chain([sample], stream), decoder)
    top = next(lines, "")
    chosen = delimiter or max(_DELIMITERS, key=top.count)
    rows = _csv_rows(csv.reader(chain([top], lines), delimiter=chosen, strict=True))
    first = next(rows, None)
    if first is None:
        raise BrokenFile("import.file-empty")
    if len(first[1]) == 1 and any(other in top for other in _DELIMITERS if other != chosen):
        raise BrokenFile("import.delimiter-differs", row=1)
    return Sheet(None, _header(first[1]), rows)


def _encoding(sample: bytes, wanted: str) -> str:
    if wanted != "auto":
        return "utf-8-sig" if wanted == "utf-8" else wanted
    if sample[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    try:
        # Not final: the sample may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


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


def _lines(parts: Iterable[bytes], decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    rest = ""
    try:
        for part in parts:
            text = rest + decoder.decode(part)
            if "\x00" in text:
                raise BrokenFile("import.file-nul")
            lines = text.split("\n")
            rest = lines.pop()
            if len(rest) > _SAMPLE:
                raise BrokenFile("import.file-not-csv")
            for line in lines:
                yield line + "\n"
        rest += decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise BrokenFile("import.file-encoding") from error
    if rest:
        yield rest


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for cells in reader:
            number += 1
            if cells:
                yield number, cells
    except csv.Error as error:
        raise BrokenFile("import.file-not-csv", row=number + 1) from error


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
