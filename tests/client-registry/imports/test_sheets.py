"""Files as people send them: encodings, compression, workbooks, and what is refused before it does harm."""

import gzip
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import chain, islice

import pytest
import xlsxwriter
from client_registry.domain.imports.sheets import BrokenFile, CsvPlace, read_csv, read_xlsx, resume_csv

TEXT = '客户号,姓名\nA1,王小明\n\nA2,"李,四"\n'
ROWS = [(2, ["A1", "王小明"]), (4, ["A2", "李,四"])]


def pieces(content: bytes, size: int = 7) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_utf8_utf16_and_gb18030_are_told_apart_and_gzip_is_unpacked(encoding: str, packed: bool) -> None:
    content = TEXT.encode(encoding)
    sheet = read_csv(pieces(gzip.compress(content) if packed else content), delimiter=",", encoding="auto")
    assert sheet.header == ("客户号", "姓名")
    assert list(sheet.rows) == [(2, ROWS[0][1]), (4, ROWS[1][1])]


def test_a_gzip_cut_short_is_refused_not_half_read() -> None:
    content = gzip.compress(("a,b\n" + "1,2\n" * 5000).encode())[:-20]
    with pytest.raises(BrokenFile) as refused:
        list(read_csv(pieces(content, 1000), delimiter=",", encoding="auto").rows)
    assert refused.value.code == "import.file-damaged"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import.file-empty"),
        (b"a,a\n1,2\n", "import.column-twice"),
        (b'a,b\n"1,2\n', "import.file-not-csv"),
        (b"PK\x03\x04rest", "import.file-not-csv"),
        (b"a,b\n\xff\xff,1\n", "import.file-encoding"),
        (b"a;b\n1;2\n", "import.delimiter-differs"),
        (b"a\tb\n1\t2\n", "import.delimiter-differs"),
        (b"a,b\n1,\x002\n", "import.file-nul"),
        ("a,b\n1,2\n".encode("utf-16-le"), "import.file-nul"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content: bytes, code: str) -> None:
    with pytest.raises(BrokenFile) as refused:
        list(read_csv(pieces(content), delimiter=",", encoding="auto").rows)
    assert refused.value.code == code


def workbook(rows: list[list[object]], *, merge: str | None = None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("客户")
    for number, cells in enumerate(rows):
        sheet.write_row(number, 0, cells)
    if merge:
        sheet.merge_range(merge, "merged")
    book.close()
    return out.getvalue()


def test_a_workbook_is_read_as_text() -> None:
    content = workbook([["no", "age", "name"], ["A1", 58, "王小明"], ["A2", 44.5, ""]])
    sheet = read_xlsx(content, sheet=None, text_columns=frozenset({"no"}))
    assert (sheet.name, sheet.header) == ("客户", ("no", "age", "name"))
    assert list(sheet.rows) == [(2, ["A1", "58", "王小明"]), (3, ["A2", "44.5", ""])]


def test_an_identity_number_that_excel_has_rounded_is_refused_with_its_place() -> None:
    content = workbook([["no", "id"], ["A1", 110101199003074258]])
    with pytest.raises(BrokenFile) as refused:
        list(read_xlsx(content, sheet=None, text_columns=frozenset({"id"})).rows)
    assert (refused.value.code, refused.value.sheet, refused.value.row, refused.value.column) == (
        "import.number-rounded",
        "客户",
        2,
        "id",
    )


def test_merged_cells_are_refused() -> None:
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(workbook([["a", "b"], [1, 2]], merge="A3:B3"), sheet=None, text_columns=frozenset())
    assert refused.value.code == "import.cells-merged"


def test_a_workbook_that_unpacks_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client_registry.domain.imports.sheets.UNPACKED_MAX", 100)
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(workbook([["a"], ["b"]]), sheet=None, text_columns=frozenset())
    assert refused.value.code == "import.file-unpacks-too-large"


@pytest.mark.parametrize("content", [b"not a zip", workbook([["a"]])[:200]])
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(content, sheet=None, text_columns=frozenset())
    assert refused.value.code == "import.file-damaged"


def test_a_sheet_that_is_not_there_is_refused() -> None:
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(workbook([["a"]]), sheet="other", text_columns=frozenset())
    assert refused.value.code == "import.sheet-missing"


def test_a_quoted_line_break_stays_in_its_cell() -> None:
    sheet = read_csv(pieces(b'a,b\n"1\n2",3\n4,5\n'), delimiter=",", encoding="auto")
    assert [cells for _, cells in sheet.rows] == [["1\n2", "3"], ["4", "5"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_without_a_profile_the_headers_own_delimiter_is_taken(delimiter: str) -> None:
    sheet = read_csv([f"a{delimiter}b\n1{delimiter}2\n".encode()], delimiter=None, encoding="auto")
    assert (sheet.header, list(sheet.rows)) == (("a", "b"), [(2, ["1", "2"])])


def test_numbers_and_dates_of_a_workbook_are_written_as_a_person_reads_them() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["small", "whole", "long", "day"])
    sheet.write_row(1, 0, [0.00001, 12, 1.10101e17])
    sheet.write_datetime(1, 3, datetime(2026, 10, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    read = read_xlsx(out.getvalue(), sheet=None, text_columns=frozenset())
    assert list(read.rows) == [(2, ["0.00001", "12", "110101000000000000", "2026-10-31"])]
    with pytest.raises(BrokenFile) as refused:
        list(read_xlsx(out.getvalue(), sheet=None, text_columns=frozenset({"long"})).rows)
    assert (refused.value.code, refused.value.row, refused.value.column) == ("import.number-rounded", 2, "long")


def test_hidden_rows_are_refused_with_their_place() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("客户")
    for number in range(4):
        sheet.write_row(number, 0, ["a", "b"])
    sheet.set_row(2, None, None, {"hidden": True})
    book.close()
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(out.getvalue(), sheet=None, text_columns=frozenset())
    assert (refused.value.code, refused.value.sheet, refused.value.row) == ("import.rows-hidden", "客户", 3)


def test_several_filled_sheets_are_refused_where_none_is_named_and_empty_ones_do_not_count() -> None:
    def made(*filled: str) -> bytes:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        for name in ("one", "two", "three"):
            sheet = book.add_worksheet(name)
            if name in filled:
                sheet.write_row(0, 0, [name])
                sheet.write_row(1, 0, ["x"])
        book.close()
        return out.getvalue()

    assert read_xlsx(made("two"), sheet=None, text_columns=frozenset()).name == "two"
    assert read_xlsx(made("one", "two"), sheet="two", text_columns=frozenset()).header == ("two",)
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(made("one", "three"), sheet=None, text_columns=frozenset())
    assert (refused.value.code, refused.value.sheet) == ("import.several-sheets", "three")


def tampered(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with its first sheet's XML changed by hand, as other programs write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text) if name == "xl/worksheets/sheet1.xml" else text)
    return out.getvalue()


def test_a_formula_is_read_by_its_value_and_refused_where_none_was_computed() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write_number(1, 0, 4)
    sheet.write_formula(1, 1, "=A2*2", value=8)
    book.close()
    assert list(read_xlsx(out.getvalue(), sheet=None, text_columns=frozenset()).rows) == [(2, ["4", "8"])]
    without = tampered(out.getvalue(), lambda text: text.replace(b"<v>8</v>", b""))
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(without, sheet=None, text_columns=frozenset())
    assert (refused.value.code, refused.value.row, refused.value.column) == ("import.formula-without-value", 2, "B")


@pytest.mark.parametrize(
    ("far", "code"), [(b"XFD1048576", "import.sheet-too-wide"), (b"B1048577", "import.too-many-rows")]
)
def test_a_cell_far_outside_is_refused_before_memory_is_taken_for_all_between(far: bytes, code: str) -> None:
    row = re.sub(rb"[A-Z]+", b"", far)

    def change(text: bytes) -> bytes:
        cell = b'<row r="' + row + b'"><c r="' + far + b'"><v>1</v></c></row></sheetData>'
        return text.replace(b"</sheetData>", cell)

    content = tampered(workbook([["a"], ["b"]]), change)
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(content, sheet=None, text_columns=frozenset())
    assert refused.value.code == code


def test_an_archive_that_lies_about_its_size_or_brings_a_document_type_is_refused() -> None:
    content = bytearray(workbook([["a"], *([["x" * 50]] * 50)]))
    at = content.index(b"PK\x01\x02", content.rindex(b"xl/worksheets/sheet1.xml") - 46)
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(BrokenFile):
        read_xlsx(bytes(content), sheet=None, text_columns=frozenset())
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([["a"]]))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name, text.replace(b"<workbook", b"<!DOCTYPE x><workbook", 1) if name == "xl/workbook.xml" else text
            )
    with pytest.raises(BrokenFile) as refused:
        read_xlsx(out.getvalue(), sheet=None, text_columns=frozenset())
    assert refused.value.code == "import.file-damaged"


def test_a_csv_ten_times_as_long_is_read_in_the_same_memory() -> None:
    def peak(rows: int) -> tuple[int, int]:
        line = ",".join(["1234567890"] * 9)
        block = ((line + "\n") * 1_000).encode()
        parts = chain([b"a,b,c,d,e,f,g,h,i\n"], (block for _ in range(rows // 1_000)))
        tracemalloc.start()
        try:
            read = sum(1 for _ in read_csv(parts, delimiter=",", encoding="auto").rows)
            return read, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (short, small), (long, large) = peak(20_000), peak(200_000)
    # About 2 MB and 20 MB.
    assert (short, long) == (20_000, 200_000)
    assert large < small * 1.5


# What a line end could be mistaken for: U+0A0A and U+0A0D are line ends byte by byte, U+010A is one at an odd place.
AWKWARD = '客户号,姓名\r\nA1,王\r\n\r\nA2,"李,四\n与""她"""\r\n\u0a0a\u0a0d,\u010a\u0a00\n𠮷田,\U0010ffff\n"A5\n\n\n",\nA6,"末"'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("ended", [False, True], ids=["open", "ended"])
def test_a_csv_is_taken_up_after_any_of_its_rows(encoding: str, packed: bool, ended: bool) -> None:
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    content = (mark + AWKWARD + ("\n" if ended else "")).encode(encoding)
    content = gzip.compress(content) if packed else content
    whole = list(read_csv(pieces(content), delimiter=",", encoding="auto").rows)
    assert len(whole) == 6
    for done in range(len(whole) + 1):
        sheet = read_csv(pieces(content, 5), delimiter=",", encoding="auto")
        before = list(islice(sheet.rows, done))
        assert sheet.place is not None
        place = CsvPlace.of(json.loads(json.dumps(asdict(sheet.place()))))
        again = resume_csv(pieces(content if packed else content[place.at :], 3), place)
        assert (again.header, before + list(again.rows)) == (("客户号", "姓名"), whole)
