"""The profile's files joined into one stream of rows: of each row just the cells that the profile reads, by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.imports import findings
from client_registry.domain.imports.findings import Finding
from client_registry.domain.imports.profile import FileSpec, Profile
from client_registry.domain.imports.sheets import Sheet
from client_registry.domain.imports.values import is_ragged

JOINED_ROWS_MAX = 500_000


class FilesDoNotFit(Invalid):
    """The files are not those that the profile describes, or cannot be read; nothing was applied."""

    code = "import.files-do-not-fit"
    text = Text(
        en="The files do not fit the mapping profile; nothing was imported. See the errors.",
        zh="文件与映射配置不符，未导入任何数据。详见错误列表。",
    )


def does_not_fit(pointer: str, code: str, **params: object) -> FilesDoNotFit:
    """The refusal for one such error."""
    return FilesDoNotFit([FieldError(pointer, code, findings.TEXTS[code], params)])


def finding_of(error: FieldError) -> Finding:
    """The error as a line of the report: `/file/<file>/<sheet, row and column as far as known>`."""
    _, _, file, *place = error.pointer.split("/")
    row = next((int(part) for part in place if part.isdigit()), 0)
    sheet = place[0] if len(place) == 3 else None
    column = place[-1] if place and not place[-1].isdigit() else ""
    return Finding(file=file, sheet=sheet, row=row, column=column, code=error.code, params=error.params)


@dataclass(frozen=True, slots=True)
class JoinedRow:
    """A client's row: its place in the first file, its ordinal among the rows that count, and the cells read."""

    number: int
    ordinal: int
    cells: dict[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """One file, opened: which cell of its rows goes under which name."""

    spec: FileSpec
    sheet: Sheet
    take: tuple[tuple[str, int], ...]
    where: tuple[tuple[int, frozenset[str]], ...]
    own_key: int
    other_key: str


class JoinedRows:
    """The rows of the first file with their partners. Joined files are held in memory, as far as they are read.

    `after`: how many rows that count lie before those which the first sheet still gives. Raises FilesDoNotFit where a
    column that the profile names is in no header.
    """

    def __init__(self, profile: Profile, sheets: Sequence[Sheet], *, after: int = 0) -> None:
        self._profile, self._after = profile, after
        wanted = profile.columns_used() | {
            end for spec in profile.files if spec.join for end in (spec.join.column, spec.join.other)
        }
        errors: list[FieldError] = []
        self._parts = [
            _open(spec, sheet, wanted, number == 0, profile, errors)
            for number, (spec, sheet) in enumerate(zip(profile.files, sheets, strict=True))
        ]
        if errors:
            raise FilesDoNotFit(errors)
        self._partners = [_index(part) for part in self._parts[1:]]

    def __iter__(self) -> Iterator[JoinedRow]:
        first = self._parts[0]
        numbered = first.spec.row_number
        ordinal = self._after
        for number, cells in first.sheet.rows:
            if not _counts(first, cells):
                continue
            ordinal += 1
            values = {name: _cell(cells, index) for name, index in first.take}
            if numbered is not None:
                values[numbered] = values[f"{first.spec.name}.{numbered}"] = str(ordinal)
            found = tuple(chain(self._ragged(number, cells), self._join(number, values)))
            yield JoinedRow(number, ordinal, values, found)

    def _ragged(self, number: int, cells: Sequence[str]) -> Iterator[Finding]:
        first = self._parts[0]
        if is_ragged(cells, width := len(first.sheet.header)):
            code, params = "row.too-many-cells", {"expected": width}
            yield Finding(file=first.spec.name, row=number, column="", code=code, params=params)

    def _join(self, number: int, values: dict[str, str]) -> Iterator[Finding]:
        for part, partners in zip(self._parts[1:], self._partners, strict=True):
            key = values.get(part.other_key, "")
            partner = partners.get(key) if key else None
            if partner is None:
                values.update((name, "") for name, _ in part.take)
                if not part.spec.optional:
                    params = {"file": part.spec.name}
                    yield Finding(
                        file=self._parts[0].spec.name,
                        row=number,
                        column=part.other_key,
                        code="row.partner-missing",
                        params=params,
                    )
            else:
                values.update((name, cell) for (name, _), cell in zip(part.take, partner, strict=True))


def _open(
    spec: FileSpec, sheet: Sheet, wanted: frozenset[str], first: bool, profile: Profile, errors: list[FieldError]
) -> _Part:
    places = {name: index for index, name in enumerate(sheet.header)}

    def place(column: str, asked_by: str) -> int:
        if column not in places and column != spec.row_number:
            expected = ", ".join(sheet.header)[:500]
            params = {"file": spec.name, "column": column, "field": asked_by, "expected": expected}
            code = "import.column-missing"
            errors.append(FieldError(f"/file/{spec.name}/{column}", code, findings.TEXTS[code], params))
        return places.get(column, -1)

    take: list[tuple[str, int]] = []
    for name in sorted(wanted):
        file, dot, column = name.partition(".")
        # A name without a file, or one whose dot belongs to the column itself, is a column of the first file.
        if dot and file == spec.name:
            take.append((name, place(column, name)))
        elif first and (not dot or file not in {other.name for other in profile.files}):
            take.append((name, place(name, name)))
    where = tuple((place(column, "where"), allowed) for column, allowed in spec.where.items())
    own, other = "", ""
    if spec.join is not None:
        ends = (spec.join.column, spec.join.other)
        own, other = ends if ends[0].partition(".")[0] == spec.name else ends[::-1]
    own_key = place(own.partition(".")[2], own) if own else -1
    return _Part(spec, sheet, tuple(take), where, own_key, other)


def _index(part: _Part) -> Mapping[str, tuple[str, ...]]:
    partners: dict[str, tuple[str, ...]] = {}
    for number, cells in part.sheet.rows:
        if not _counts(part, cells):
            continue
        if is_ragged(cells, width := len(part.sheet.header)):
            raise does_not_fit(f"/file/{part.spec.name}/{number}", "row.too-many-cells", expected=width)
        key = _cell(cells, part.own_key)
        if key in partners:
            raise does_not_fit(f"/file/{part.spec.name}/{number}", "row.key-twice")
        if len(partners) >= JOINED_ROWS_MAX:
            raise does_not_fit(f"/file/{part.spec.name}", "import.joined-too-large", limit=JOINED_ROWS_MAX)
        if key:
            partners[key] = tuple(_cell(cells, index) for _, index in part.take)
    return partners


def _counts(part: _Part, cells: Sequence[str]) -> bool:
    return all(_cell(cells, index) in allowed for index, allowed in part.where)


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index].strip() if 0 <= index < len(cells) else ""


def file_for(spec: FileSpec, names: Sequence[str]) -> int:
    """Which uploaded file is meant; FilesDoNotFit where none or more than one fits the pattern."""
    fitting = [number for number, name in enumerate(names) if fnmatchcase(name.lower(), spec.match.lower())]
    if len(fitting) != 1:
        raise does_not_fit(f"/file/{spec.name}", "import.file-missing", file=spec.name, match=spec.match)
    return fitting[0]
