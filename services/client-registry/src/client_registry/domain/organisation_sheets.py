"""Units, staff and postings as branches keep them in spreadsheets: files in, checked rows and findings out (XC-1, XC-8)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chassis.texts import Language, Text

from client_registry.domain.imports.findings import TEXTS
from client_registry.domain.imports.sheets import BrokenFile, Sheet, read_csv, read_xlsx
from client_registry.domain.organisation import ROLES, ServiceInstitution, UnitKind

ROWS_MAX = 20_000
FILE_MAX = 16 * 1024 * 1024
FINDINGS_KEPT = 1_000
# Canonical column → other headings it may bear.
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "units": {
        "code": ("机构代码",), "parent_code": ("上级机构代码",), "kind": ("机构类别",), "name_zh": ("中文名称",),
        "name_en": ("英文名称",), "branch_code": ("分行字母",), "service_institution": ("服务机构",),
    },
    "staff": {"staff_no": ("工号",), "name": ("姓名",), "work_phone": ("办公电话",)},
    "postings": {
        "staff_no": ("工号",), "unit_code": ("机构代码",), "role": ("岗位",), "reach": ("范围",), "from_on": ("起始日",),
        "until_on": ("截止日",), "full_time": ("专职",),
    },
}  # fmt: skip
SHEETS = {"units": ("units", "机构"), "staff": ("staff", "人员"), "postings": ("postings", "任职")}
_OPTIONAL = frozenset(
    {"parent_code", "branch_code", "service_institution", "work_phone", "from_on", "until_on", "full_time"}
)
_LENGTHS = {"code": 32, "parent_code": 32, "unit_code": 32, "name_zh": 80, "name_en": 80, "staff_no": 32, "name": 64,
            "work_phone": 32, "role": 64}  # fmt: skip
_WORDS: dict[str, Mapping[str, str]] = {
    "kind": {
        **{kind.value: kind.value for kind in UnitKind},
        "总行": "head_office", "一级分行": "first_level_branch", "二级分行": "second_level_branch", "支行": "sub_branch",
        "理财中心": "wealth_centre", "网点": "outlet", "部门": "department",
    },
    "service_institution": {
        **{institution.value: institution.value for institution in ServiceInstitution},
        "私人银行": "private_bank", "财富中心": "wealth_centre", "理财中心": "wealth_management_centre",
    },
    "reach": {"own": "own", "unit": "unit", "本人": "own", "本机构及下级": "unit"},
    "full_time": {"yes": "yes", "no": "no", "是": "yes", "否": "no"},
}  # fmt: skip
_DATES = frozenset({"from_on", "until_on"})

OWN_TEXTS: dict[str, Text] = {
    "organisation-import.no-table": Text(
        en="Neither the headings of units, of staff nor of postings stand in the first row.",
        zh="首行不是机构、人员或任职表的表头。",
    ),
    "organisation-import.too-large": Text(
        en="More than {rows} rows or {mib} MiB; divide the file.", zh="超过 {rows} 行或 {mib} MiB，请拆分文件。"
    ),
    "organisation-import.circle": Text(
        en="The unit above is missing or stands below this one.", zh="上级机构不存在，或隶属于本机构。"
    ),
    "organisation-import.kind-fixed": Text(en="A unit keeps its kind.", zh="机构类别不得变更。"),
    "organisation-import.twice": Text(en="Another row says the same.", zh="与其他行重复。"),
    "organisation-import.no-posting": Text(en="A new person needs a posting.", zh="新增人员须有任职。"),
    "organisation-import.unknown-staff": Text(en="There is no such person.", zh="没有该工号的人员。"),
    "organisation-import.unknown-unit": Text(en="There is no such unit.", zh="没有该机构。"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A row as a person finds it: the heading is row 1."""

    file: str
    sheet: str | None
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFinding:
    """What is wrong, where, in both languages; never a value of the row."""

    file: str
    sheet: str | None
    row: int
    column: str
    code: str
    reason_en: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it stands and what its columns say; an empty cell is ''."""

    place: Place
    cells: Mapping[str, str]


@dataclass(slots=True)
class Tables:
    """Everything that was uploaded."""

    units: list[Line] = field(default_factory=list)
    staff: list[Line] = field(default_factory=list)
    postings: list[Line] = field(default_factory=list)
    findings: list[SheetFinding] = field(default_factory=list)


def finding(place: Place, column: str, code: str, text: Text | None = None, **params: Any) -> SheetFinding:
    """A finding in both languages; the sentence is that of the code where none is given."""
    said = text or OWN_TEXTS.get(code) or TEXTS[code]
    return SheetFinding(
        file=place.file, sheet=place.sheet, row=place.row, column=column, code=code,
        reason_en=said.say(Language.EN, **params), reason_zh=said.say(Language.ZH, **params),
    )  # fmt: skip


def read_tables(files: Sequence[tuple[str, bytes]]) -> Tables:
    """CSV (UTF-8 or GB18030) or xlsx with sheets of units, staff, postings; a broken file is a finding, no error."""
    tables = Tables()
    for name, content in files:
        try:
            for sheet in _sheets(content):
                _read(tables, name, sheet)
        except BrokenFile as broken:
            place = Place(name, broken.sheet, broken.row)
            tables.findings.append(finding(place, broken.column, broken.code))
        rows = len(tables.units) + len(tables.staff) + len(tables.postings)
        if rows > ROWS_MAX or len(content) > FILE_MAX:
            too_large = "organisation-import.too-large"
            tables.findings.append(finding(Place(name, None, 0), "", too_large, rows=ROWS_MAX, mib=FILE_MAX // 1024**2))
            break
    _refuse_repeated(tables)
    return tables


def heading(kind: str, column: str, language: Language) -> str:
    """What a column is called in a template of that language; both are read back."""
    return COLUMNS[kind][column][0] if language is Language.ZH else column


def choices(column: str, language: Language) -> tuple[str, ...]:
    """What may stand in a column, as a template of that language offers it; empty for a free one."""
    if column == "role":
        return tuple(sorted(ROLES))
    words = _WORDS.get(column, {})
    return tuple(word for word in words if word.isascii() is (language is Language.EN))


def is_needed(column: str) -> bool:
    """Whether every row says something in this column."""
    return column not in _OPTIONAL


def day_of(text: str) -> date | None:
    """A checked cell's date, None for an empty one."""
    return date.fromisoformat(text) if text else None


def _sheets(content: bytes) -> Iterable[Sheet]:
    if len(content) > FILE_MAX:
        return
    if content[:4] != b"PK\x03\x04":
        yield read_csv([content], delimiter=",", encoding="auto")
        return
    texts = frozenset(
        name for columns in COLUMNS.values() for own, others in columns.items() for name in (own, *others)
    )
    found = 0
    for names in SHEETS.values():
        for name in names:
            try:
                sheet = read_xlsx(content, sheet=name, text_columns=texts)
            except BrokenFile as broken:
                if broken.code != "import.sheet-missing":
                    raise
                continue
            found += 1
            yield sheet
    if not found:
        raise BrokenFile("import.sheet-missing")


def _read(tables: Tables, file: str, sheet: Sheet) -> None:
    kind, columns = _kind_of(sheet.header)
    if kind is None:
        tables.findings.append(finding(Place(file, sheet.name, 1), "", "organisation-import.no-table"))
        return
    lines: list[Line] = getattr(tables, kind)
    try:
        for number, cells in sheet.rows:
            place = Place(file, sheet.name, number)
            line = Line(place, {
                name: (cells[at].strip() if at < len(cells) else "") for name, at in columns.items()
            })  # fmt: skip
            wrong = list(_wrong(line, kind))
            tables.findings.extend(wrong)
            lines.append(line if wrong else _normal(line))
            if len(lines) > ROWS_MAX:
                return
    except BrokenFile as broken:
        place = Place(file, broken.sheet or sheet.name, broken.row)
        tables.findings.append(finding(place, broken.column, broken.code))


def _kind_of(header: tuple[str, ...]) -> tuple[str | None, dict[str, int]]:
    """Which table it is, and where its columns stand; a column that is not there reads as empty."""
    for kind, columns in COLUMNS.items():
        places = {
            name: next((at for at, heading in enumerate(header) if heading in (name, *others)), -1)
            for name, others in columns.items()
        }
        if all(at >= 0 for name, at in places.items() if name not in _OPTIONAL):
            return kind, {name: at if at >= 0 else len(header) + 9_999 for name, at in places.items()}
    return None, {}


def _wrong(line: Line, kind: str) -> Iterable[SheetFinding]:
    for name in COLUMNS[kind]:
        cell = line.cells[name]
        if not cell:
            if name not in _OPTIONAL:
                yield finding(line.place, name, "row.required", field=name)
        elif len(cell) > _LENGTHS.get(name, 64):
            yield finding(line.place, name, "row.too-long", field=name, limit=_LENGTHS.get(name, 64))
        elif name in _WORDS and cell not in _WORDS[name]:
            yield finding(line.place, name, "row.not-one-of", field=name, expected=", ".join(_WORDS[name]))
        elif name in _DATES and _date(cell) is None:
            yield finding(line.place, name, "row.not-a-date", field=name, expected="YYYY-MM-DD")


def _normal(line: Line) -> Line:
    return Line(line.place, {
        name: _WORDS[name][cell] if cell and name in _WORDS
        else str(_date(cell)) if cell and name in _DATES else cell
        for name, cell in line.cells.items()
    })  # fmt: skip


def _date(cell: str) -> date | None:
    try:
        # A date cell of a workbook may bring its midnight along.
        return date.fromisoformat(cell.removesuffix(" 00:00:00"))
    except ValueError:
        return None


def _refuse_repeated(tables: Tables) -> None:
    keys = (("units", ("code",)), ("staff", ("staff_no",)), ("postings", ("staff_no", "unit_code", "role", "from_on")))
    for kind, names in keys:
        seen: set[tuple[str, ...]] = set()
        for line in getattr(tables, kind):
            key = tuple(line.cells[name].lower() for name in names)
            if key in seen:
                tables.findings.append(finding(line.place, names[0], "organisation-import.twice"))
            seen.add(key)
