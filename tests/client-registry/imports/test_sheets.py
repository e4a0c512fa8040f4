"""Files as people send them: encodings, compression, workbooks, and what is refused before it does harm."""

import gzip
import io
from collections.abc import Iterator

import pytest
import xlsxwriter
from client_registry.domain.imports.sheets import BrokenFile, read_csv, read_xlsx

TEXT = '客户号,姓名\nA1,王小明\n\nA2,"李,四"\n'
ROWS = [(2, ["A1", "王小明"]), (4, ["A2", "李,四"])]


def pieces(content: bytes, size: int = 7) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_utf8_and_gb18030_are_told_apart_and_gzip_is_unpacked(encoding: str, packed: bool) -> None:
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
