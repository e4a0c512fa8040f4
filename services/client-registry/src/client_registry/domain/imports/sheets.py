"""Uploaded bytes as rows of text: CSV in UTF-8 or GB18030, gzip, xlsx. CSV and gzip are read as a stream.

A sheet yields (row number, cells); row numbers are those a person sees in the file, the header being row 1.
"""

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, XmlError, ZipError

UNPACKED_MAX = 512 * 1024 * 1024
GZIP_UNPACKED_MAX = 4 * 1024 * 1024 * 1024
XLSX_ROWS_MAX = 1_048_576
EXACT_DIGITS = 15
_CELL_MAX = 64 * 1024
_SAMPLE = 1024 * 1024


class BrokenFile(ValueError):
    """The file cannot be read as a table; `code` says why, `where` names sheet, row and column if known."""

    def __init__(self, code: str, *, sheet: str | None = None, row: int = 0, column: str = "") -> None:
        super().__init__(code)
        self.code, self.sheet, self.row, self.column = code, sheet, row, column


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its sheet name (xlsx only), its header, and its data rows, to be read once."""

    name: str | None
    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]


def read_csv(parts: Iterable[bytes], *, delimiter: str, encoding: str) -> Sheet:
    """A CSV as a stream; `encoding` auto tries UTF-8 (with or without mark) on the first MiB, then GB18030."""
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
    reader = csv.reader(_lines(chain([sample], stream), decoder), delimiter=delimiter, strict=True)
    rows = _csv_rows(reader)
    first = next(rows, None)
    if first is None:
        raise BrokenFile("import.file-empty")
    return Sheet(None, _header(first[1]), rows)


def _encoding(sample: bytes, wanted: str) -> str:
    if wanted != "auto":
        return "utf-8-sig" if wanted == "utf-8" else wanted
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
    """One sheet of a workbook. Refused before it is read: more than 512 MiB unpacked, or more rows than Excel has;
    refused on sight: merged cells, and numbers of 15 or more digits in a column that must be text (Excel has rounded
    them already).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_MAX:
                raise BrokenFile("import.file-unpacks-too-large")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = sheet if sheet is not None else workbook.sheet_names[0]
        if name not in workbook.sheet_names:
            raise BrokenFile("import.sheet-missing", sheet=name)
        opened = workbook.get_sheet_by_name(name)
    except (zipfile.BadZipFile, CalamineError, PasswordError, WorksheetNotFound, XmlError, ZipError) as error:
        raise BrokenFile("import.file-damaged") from error
    if opened.merged_cell_ranges:
        (row, column), _ = opened.merged_cell_ranges[0]
        raise BrokenFile("import.cells-merged", sheet=name, row=row + 1, column=str(column + 1))
    if opened.total_height > XLSX_ROWS_MAX:
        raise BrokenFile("import.too-many-rows", sheet=name)
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
        for name, cell, text in zip(header, cells, texts, strict=False):
            if name in text_columns and not isinstance(cell, str) and sum(map(str.isdigit, text)) >= EXACT_DIGITS:
                raise BrokenFile("import.number-rounded", sheet=sheet, row=number, column=name)
        yield number, texts


def _cell(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    text = str(cell)
    # A whole number in Excel comes as 12.0; a date as YYYY-MM-DD.
    return text[:-2] if text.endswith(".0") else text
