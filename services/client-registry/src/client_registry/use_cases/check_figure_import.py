"""Check a range of the rows of a figures import: read, find the client, validate. Nothing is kept before all are checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.currencies import YUAN
from client_registry.domain.imports.figure_profile_reading import read_figure_profile
from client_registry.domain.imports.figure_rows import FigureRowCheck, SaidRow
from client_registry.domain.imports.figure_tables import HEADINGS, SHEETS, FigurePart, FigureProfile, Part, part_of
from client_registry.domain.imports.joining import does_not_fit, file_for
from client_registry.domain.imports.profile import FileSpec, Source
from client_registry.domain.imports.sheets import (
    BrokenFile,
    CsvPlace,
    Sheet,
    is_workbook,
    read_csv,
    read_xlsx,
    sheet_names,
)
from client_registry.domain.imports.values import Faults
from client_registry.store import figure_import_rows as rows_store
from client_registry.store import imports as store
from client_registry.store import statements
from client_registry.store.figure_import_rows import Placed, RefusedRow
from client_registry.store.imports import ClientImport, ImportedFile
from client_registry.use_cases.check_client_import import (
    Checked,
    Line,
    Pieces,
    guarded,
    kept_place,
    pieces_of,
    refused,
    resumed,
)

RANGE = 50_000
_BATCH = 2_000
_TEXT_COLUMNS = ("client_no", "identity_number", "customer_no", "loan_no")


@dataclass(frozen=True, slots=True)
class _Table:
    """One table that was found in the files: how its rows are checked, and the rows."""

    check: FigureRowCheck
    file: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class _Read:
    """A row as it came, what it says, and what is wrong with it."""

    table: _Table
    number: int
    cells: list[str]
    said: SaidRow | None
    faults: Faults


async def check_figure_import(
    tx: Tx, found: ClientImport, *, scope_paths: Sequence[str], after: int, place: dict[str, Any] | None, now: datetime
) -> Checked:
    """Check the next rows; `after` and `place` are what the step before answered. Raises FilesDoNotFit where a file
    cannot be read or a column is missing.
    """
    profile = read_figure_profile(found.profile) if found.profile else None
    files = await store.files_of(tx, found.id)
    line = Line()

    def work() -> Checked:
        opening = _Opening(profile, found.as_of, business_day(now), pieces_of(tx, found, line), files)
        if place is None:
            rows = _Rows(opening, opening.plan())
            # All headers are looked at before the first row is.
            tables = rows.open_all()
            headers = [RefusedRow(file=t.file, sheet=t.sheet.name, row_no=1, cells=t.sheet.header) for t in tables]
            line.ask(rows_store.add_refused(tx, found.id, headers))
        else:
            rows = _Rows(opening, [_Planned(*each) for each in place["plan"]], place)
        done, left = after, RANGE
        while left and (batch := list(islice(rows.each, min(_BATCH, left)))):
            read = [_Read(table, n, cells, *table.check.check(n, cells)) for table, n, cells in batch]
            line.ask(_keep(tx, found, read, scope_paths))
            done, left = done + len(batch), left - len(batch)
        return Checked(rows=done, finished=left > 0, place=rows.place())

    return await line.run(work)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A table that is to be read: which file, which sheet of it, and what the profile takes it for."""

    file_no: int
    sheet: str | None
    part: str | None = None


class _Rows:
    """The rows of all tables, one table after the other, from a place on."""

    def __init__(self, opening: "_Opening", plan: Sequence[_Planned], place: Mapping[str, Any] | None = None) -> None:
        self._opening, self._plan = opening, plan
        self._at: int = place["table"] if place is not None else 0
        self._passed: int = place["passed"] if place is not None else 0
        self._csv = CsvPlace.of(place["csv"]) if place is not None and place["csv"] is not None else None
        self._tables: dict[int, _Table] = {}
        self.each = self._read()

    def open_all(self) -> list[_Table]:
        """All tables of the plan, their headers read. Amounts come last: what they deny is known by then."""
        tables = [(planned, self._opening.open(planned)) for planned in self._plan]
        tables.sort(key=lambda each: each[1].check.part is Part.FIGURES)
        self._plan = [planned for planned, _ in tables]
        self._tables = dict(enumerate(table for _, table in tables))
        return [table for _, table in tables]

    def place(self) -> dict[str, Any]:
        """Where the rows stand, as JSON."""
        current = self._tables.get(self._at)
        return {
            "plan": [astuple(planned) for planned in self._plan], "table": self._at, "passed": self._passed,
            "csv": kept_place(current.sheet) if current is not None else None,
        }  # fmt: skip

    def _read(self) -> Iterator[tuple[_Table, int, list[str]]]:
        while self._at < len(self._plan):
            table = self._tables.pop(self._at, None) or self._opening.open(self._plan[self._at], self._csv)
            self._tables[self._at] = table
            # Of a workbook, which is loaded whole, the rows of the steps before are passed over.
            already = self._passed if table.sheet.place is None else 0
            for number, cells in islice(table.sheet.rows, already, None):
                self._passed += 1
                yield table, number, cells
            del self._tables[self._at]
            self._at, self._passed, self._csv = self._at + 1, 0, None


class _Opening:
    """Opens files as tables, by a profile or by the headings of the template."""

    def __init__(
        self, profile: FigureProfile | None, month: date, today: date, pieces: Pieces, files: Sequence[ImportedFile]
    ) -> None:
        self._profile, self._month, self._today, self._pieces = profile, month, today, pieces
        self._files = files

    def plan(self) -> list[_Planned]:
        """The tables there are, in the order in which they are read."""
        if self._profile is None:
            return [_Planned(at, sheet) for at, file in enumerate(self._files) for sheet in self._sheets_of(file)]
        names = [file.name for file in self._files]
        planned: list[_Planned] = []
        for part, said in self._profile.parts.items():
            spec = self._spec(self._profile, said)
            if not spec.optional or len(names) >= len(self._profile.files):
                planned.append(_Planned(file_for(spec, names), spec.sheet, part.value))
        return planned

    def open(self, planned: _Planned, stands: CsvPlace | None = None) -> _Table:
        """The table, read from where it stands."""
        file = self._files[planned.file_no]
        if self._profile is None or planned.part is None:
            return self._of_template(file, planned.sheet, stands)
        part = Part(planned.part)
        said = self._profile.parts[part]
        spec = self._spec(self._profile, said)
        texts = frozenset(s.column for name in _TEXT_COLUMNS if (s := said.columns.get(name)) and s.column)
        sheet = self._sheet(file, spec.sheet, texts, stands, delimiter=spec.delimiter, encoding=spec.encoding)
        for field, source in said.columns.items():
            if source.column is not None and source.column not in sheet.header:
                expected = ", ".join(sheet.header)[:500]
                raise does_not_fit(
                    f"/file/{file.name}/{source.column}", "import.column-missing", file=file.name,
                    column=source.column, field=field, expected=expected,
                )  # fmt: skip
        return self._table(file, sheet, part, said.columns)

    def _spec(self, profile: FigureProfile, said: FigurePart) -> FileSpec:
        return next(spec for spec in profile.files if spec.name == said.file)

    def _of_template(self, file: ImportedFile, wanted: str | None, stands: CsvPlace | None) -> _Table:
        texts = frozenset(heading for part in Part for name in _TEXT_COLUMNS if name in HEADINGS[part]
                          for heading in (name, HEADINGS[part][name]))  # fmt: skip
        sheet = self._sheet(file, wanted, texts, stands, delimiter=None, encoding="auto")
        found = part_of(sheet.header)
        if isinstance(found, str):
            raise does_not_fit(
                f"/file/{file.name}/{found}", "import.column-unknown", column=found,
                expected=", ".join(f"{name}/{zh}" for name, zh in HEADINGS[Part.FIGURES].items()),
            )  # fmt: skip
        return self._table(file, sheet, *found)

    def _sheets_of(self, file: ImportedFile) -> list[str | None]:
        """The sheets of the template that a workbook has; its only sheet, whatever its name; None for a CSV."""
        if not is_workbook(file.name):
            return [None]
        try:
            names = sheet_names(b"".join(self._pieces(file, 0)))
        except BrokenFile as broken:
            raise refused(broken, file.name) from broken
        known = [name for pair in SHEETS.values() for name in pair]
        wanted: list[str | None] = [name for name in names if name.strip().lower() in known]
        if not wanted and len(names) > 1:
            raise does_not_fit(f"/file/{file.name}", "import.sheet-unclear", expected=", ".join(known))
        return wanted or [None]

    def _sheet(
        self, file: ImportedFile, name: str | None, texts: frozenset[str], stands: CsvPlace | None, *,
        delimiter: str | None, encoding: str,
    ) -> Sheet:  # fmt: skip
        if stands is not None:
            return resumed(file, self._pieces, stands)
        try:
            if is_workbook(file.name):
                sheet = read_xlsx(b"".join(self._pieces(file, 0)), sheet=name, text_columns=texts)
            else:
                sheet = read_csv(self._pieces(file, 0), delimiter=delimiter or ",", encoding=encoding)
        except BrokenFile as broken:
            raise refused(broken, file.name) from broken
        return replace(sheet, rows=guarded(sheet.rows, file.name))

    def _table(self, file: ImportedFile, sheet: Sheet, part: Part, columns: Mapping[str, Source]) -> _Table:
        check = FigureRowCheck(
            part, columns, header=sheet.header, month=self._month, today=self._today,
            factor=self._profile.factor if self._profile is not None else Decimal(1), file=file.name, sheet=sheet.name,
        )  # fmt: skip
        if (missing := check.missing()) is not None:
            raise does_not_fit(
                f"/file/{file.name}/{missing}", "import.column-missing", file=file.name,
                column=HEADINGS[part][missing], field=missing, expected=", ".join(sheet.header)[:500],
            )  # fmt: skip
        return _Table(check, file.name, sheet)


async def _keep(tx: Tx, found: ClientImport, batch: Sequence[_Read], scope_paths: Sequence[str]) -> None:
    """Places the rows of a batch; what cannot be placed is refused like what is wrong in itself."""
    said = [read.said for read in batch if read.said is not None]
    clients = await rows_store.clients_keyed(tx, said, paths=scope_paths)
    erased = await statements.erased_among(tx, clients.values())
    rates = await statements.rates_known(tx, {row.month for row in said if row.currency != YUAN})
    placed = [
        (read, Placed(client_id=client_id, row=read.said))
        for read in batch
        if read.said is not None and (client_id := _client_of(read, read.said, clients, rates, erased)) is not None
    ]
    again = await rows_store.standing(tx, found.id, [row for _, row in placed])
    good: list[tuple[_Read, Placed]] = []
    seen: set[tuple[object, ...]] = set()
    for place, (read, row) in enumerate(placed):
        key = (row.client_id, row.row.month, row.row.currency, row.row.part, row.row.own_key)
        if place in again or key in seen:
            code = "figures.loan-twice" if row.row.part is Part.LOANS else "figures.row-twice"
            read.faults.add("", code)
        else:
            seen.add(key)
            good.append((read, row))
    await rows_store.add_rows(tx, found.id, [row for _, row in good if row.row.part is not Part.FIGURES])
    await _refuse_denials(tx, found, good)
    await rows_store.add_rows(
        tx, found.id, [row for read, row in good if row.row.part is Part.FIGURES and not read.faults.found]
    )
    bad = [read for read in batch if read.faults.found]
    await store.add_findings(tx, found.id, [finding for read in bad for finding in read.faults.found])
    await rows_store.add_refused(
        tx,
        found.id,
        [RefusedRow(file=r.table.file, sheet=r.table.sheet.name, row_no=r.number, cells=r.cells) for r in bad],
    )


async def _refuse_denials(tx: Tx, found: ClientImport, good: Sequence[tuple[_Read, Placed]]) -> None:
    """“No loans” beside loans, “no products” beside products: which of the two is right, only the sender knows."""
    for field, part in (("no_loans", Part.LOANS), ("no_holdings", Part.HOLDINGS)):
        denying = [(read, row) for read, row in good if field in row.row.said]
        if denying:
            for place in await rows_store.with_lines(tx, found.id, [row for _, row in denying], part):
                read = denying[place][0]
                read.faults.add(read.table.check.column(field), "row.none-beside-rows", field=field)


def _client_of(
    read: _Read,
    said: SaidRow,
    clients: Mapping[tuple[str, str], UUID],
    rates: set[tuple[str, date]],
    erased: set[UUID],
) -> UUID | None:
    """The one client whom the row's numbers name; None with a finding for each that names none."""
    named: set[UUID] = set()
    for field, text in said.keys.items():
        client_id = clients.get((field, text))
        if client_id is None:
            read.faults.add(read.table.check.column(field), "figures.client-unknown")
        elif client_id in erased:
            read.faults.add(read.table.check.column(field), "figures.client-erased")
        else:
            named.add(client_id)
    if len(named) > 1:
        read.faults.add("", "row.keys-disagree")
    if said.currency != YUAN and (said.currency, said.month) not in rates:
        about = {"currency": said.currency, "month": f"{said.month:%Y-%m}"}
        read.faults.add(read.table.check.column("currency"), "figures.rate-missing", **about)
    return None if read.faults.found else next(iter(named))
