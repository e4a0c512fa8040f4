"""Check a range of the rows of a figures import: read, find the client, validate. Nothing is kept before all are checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.currencies import YUAN
from client_registry.domain.imports.figure_profile_reading import read_figure_profile
from client_registry.domain.imports.figure_rows import FigureRowCheck, SaidRow
from client_registry.domain.imports.figure_tables import HEADINGS, SHEETS, FigureProfile, Part, part_of
from client_registry.domain.imports.joining import does_not_fit, file_for
from client_registry.domain.imports.profile import Source
from client_registry.domain.imports.sheets import BrokenFile, Sheet, is_workbook, read_csv, read_xlsx, sheet_names
from client_registry.domain.imports.values import Faults
from client_registry.store import figure_import_rows as rows_store
from client_registry.store import imports as store
from client_registry.store import statements
from client_registry.store.figure_import_rows import Placed, RefusedRow
from client_registry.store.imports import ClientImport, ImportedFile
from client_registry.use_cases.check_client_import import Checked, Line, guarded, refused

RANGE = 50_000
_BATCH = 2_000
_TEXT_COLUMNS = ("client_no", "identity_number", "customer_no", "loan_no")

_Pieces = Callable[[ImportedFile], Iterator[bytes]]


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
    tx: Tx, found: ClientImport, *, scope_paths: Sequence[str], after: int, now: datetime
) -> Checked:
    """Check the next rows. Raises FilesDoNotFit where a file cannot be read or a column is missing."""
    profile = read_figure_profile(found.profile) if found.profile else None
    files = await store.files_of(tx, found.id)
    line = Line()

    def pieces(file: ImportedFile) -> Iterator[bytes]:
        number = 0
        while (piece := line.ask(store.chunk(tx, found.id, file.file_no, number))) is not None:
            yield piece
            number += 1

    def work() -> Checked:
        opening = _Opening(profile, found.as_of, business_day(now), pieces)
        tables = opening.by_profile(files) if profile is not None else opening.by_template(files)
        if after == 0:
            headers = [RefusedRow(file=t.file, sheet=t.sheet.name, row_no=1, cells=t.sheet.header) for t in tables]
            line.ask(rows_store.add_refused(tx, found.id, headers))
        rows = _rows(tables)
        done = sum(1 for _ in islice(rows, after))
        left = RANGE
        while left and (batch := list(islice(rows, min(_BATCH, left)))):
            read = [_Read(table, n, cells, *table.check.check(n, cells)) for table, n, cells in batch]
            line.ask(_keep(tx, found, read, scope_paths))
            done, left = done + len(batch), left - len(batch)
        return Checked(rows=done, finished=left > 0)

    return await line.run(work)


def _rows(tables: Sequence[_Table]) -> Iterator[tuple[_Table, int, list[str]]]:
    for table in tables:
        for number, cells in table.sheet.rows:
            yield table, number, cells


class _Opening:
    """Opens files as tables, by a profile or by the headings of the template."""

    def __init__(self, profile: FigureProfile | None, month: date, today: date, pieces: _Pieces) -> None:
        self._profile, self._month, self._today, self._pieces = profile, month, today, pieces

    def by_profile(self, files: Sequence[ImportedFile]) -> list[_Table]:
        profile = self._profile
        if profile is None:
            raise LookupError("no profile")
        tables: list[_Table] = []
        names = [file.name for file in files]
        for part, said in profile.parts.items():
            spec = next(spec for spec in profile.files if spec.name == said.file)
            if spec.optional and len(names) < len(profile.files):
                continue
            file = files[file_for(spec, names)]
            texts = frozenset(s.column for name in _TEXT_COLUMNS if (s := said.columns.get(name)) and s.column)
            sheet = self._sheet(file, spec.sheet, texts, delimiter=spec.delimiter, encoding=spec.encoding)
            for field, source in said.columns.items():
                if source.column is not None and source.column not in sheet.header:
                    expected = ", ".join(sheet.header)[:500]
                    raise does_not_fit(
                        f"/file/{file.name}/{source.column}", "import.column-missing", file=file.name,
                        column=source.column, field=field, expected=expected,
                    )  # fmt: skip
            tables.append(self._table(file, sheet, part, said.columns))
        return tables

    def by_template(self, files: Sequence[ImportedFile]) -> list[_Table]:
        tables: list[_Table] = []
        texts = frozenset(heading for part in Part for name in _TEXT_COLUMNS if name in HEADINGS[part]
                          for heading in (name, HEADINGS[part][name]))  # fmt: skip
        for file in files:
            for wanted in self._sheets_of(file):
                sheet = self._sheet(file, wanted, texts, delimiter=None, encoding="auto")
                found = part_of(sheet.header)
                if isinstance(found, str):
                    raise does_not_fit(
                        f"/file/{file.name}/{found}", "import.column-unknown", column=found,
                        expected=", ".join(f"{name}/{zh}" for name, zh in HEADINGS[Part.FIGURES].items()),
                    )  # fmt: skip
                tables.append(self._table(file, sheet, *found))
        return tables

    def _sheets_of(self, file: ImportedFile) -> list[str | None]:
        """The sheets of the template that a workbook has; its only sheet, whatever its name; None for a CSV."""
        if not is_workbook(file.name):
            return [None]
        try:
            names = sheet_names(b"".join(self._pieces(file)))
        except BrokenFile as broken:
            raise refused(broken, file.name) from broken
        known = [name for pair in SHEETS.values() for name in pair]
        wanted: list[str | None] = [name for name in names if name.strip().lower() in known]
        if not wanted and len(names) > 1:
            raise does_not_fit(f"/file/{file.name}", "import.sheet-unclear", expected=", ".join(known))
        return wanted or [None]

    def _sheet(
        self, file: ImportedFile, name: str | None, texts: frozenset[str], *, delimiter: str | None, encoding: str
    ) -> Sheet:
        try:
            if is_workbook(file.name):
                sheet = read_xlsx(b"".join(self._pieces(file)), sheet=name, text_columns=texts)
            else:
                sheet = read_csv(self._pieces(file), delimiter=delimiter or ",", encoding=encoding)
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
    good: list[Placed] = []
    seen: set[tuple[object, ...]] = set()
    for place, (read, row) in enumerate(placed):
        key = (row.client_id, row.row.month, row.row.currency, row.row.part, row.row.own_key)
        if place in again or key in seen:
            code = "figures.loan-twice" if row.row.part is Part.LOANS else "figures.row-twice"
            read.faults.add("", code)
        else:
            seen.add(key)
            good.append(row)
    await rows_store.add_rows(tx, found.id, good)
    bad = [read for read in batch if read.faults.found]
    await store.add_findings(tx, found.id, [finding for read in bad for finding in read.faults.found])
    await rows_store.add_refused(
        tx,
        found.id,
        [RefusedRow(file=r.table.file, sheet=r.table.sheet.name, row_no=r.number, cells=r.cells) for r in bad],
    )


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
