"""Check a range of an import's rows: read, join, compute, validate, seal. Nothing is applied before all are checked."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from chassis.clock import business_day
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.domain.imports import client_tables
from client_registry.domain.imports.findings import Finding
from client_registry.domain.imports.joining import FilesDoNotFit, JoinedRows, does_not_fit, file_for
from client_registry.domain.imports.profile import FileSpec, Profile
from client_registry.domain.imports.profile_reading import read_profile
from client_registry.domain.imports.rows import CheckedClient, RowCheck
from client_registry.domain.imports.sheets import (
    BrokenFile,
    CsvPlace,
    Sheet,
    is_workbook,
    read_csv,
    read_xlsx,
    resume_csv,
    sheet_names,
)
from client_registry.domain.imports.standing import Standings
from client_registry.store import import_placement, import_rows, policies
from client_registry.store import imports as store
from client_registry.store.import_rows import RowToKeep
from client_registry.store.imports import ClientImport, ImportedFile

# Rows a step; one step is one transaction. The next one takes a CSV up where this one ended; of a workbook, which is
# loaded whole, it passes over these rows again.
RANGE = 50_000
_BATCH = 2_000
_DIGITS_OF_TEXT = ("client_no", "customer_no", "identity_number", "mobile", "home_phone", "office_phone")
T = TypeVar("T")
Pieces = Callable[[ImportedFile, int], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How far checking came: rows read so far, whether that was all, and where the next step begins, as JSON."""

    rows: int
    finished: bool
    place: dict[str, Any] | None = None


async def check_client_import(
    tx: Tx, found: ClientImport, *, scope_paths: Sequence[str], after: int, place: dict[str, Any] | None, now: datetime
) -> Checked:
    """Check the next rows; `after` and `place` are what the step before answered. Raises FilesDoNotFit where a file
    cannot be read or a column is missing.
    """
    files = await store.files_of(tx, found.id)
    line = Line()
    stored = pieces_of(tx, found, line)
    stands = CsvPlace.of(place) if place is not None else None
    opened: Sheet | None = None
    if found.profile:
        profile = read_profile(found.profile)
    else:
        profile, opened = await line.run(lambda: _of_template(files[0], stored, stands))
    day = business_day(now)
    placement, paths = await import_placement.placement(tx, profile, paths=scope_paths, day=day)
    standings = Standings(await policies.list_active(tx), paths, day=day)
    specs = [(spec, files[file_for(spec, [file.name for file in files])]) for spec in profile.files]

    def work() -> Checked:
        (spec, first), *others = specs
        book = opened or (_open(profile, spec, first, stored) if stands is None else resumed(first, stored, stands))
        sheets = [book, *(_open(profile, spec, file, stored) for spec, file in others)]
        check = RowCheck(profile, placement, as_of=found.as_of, file=first.name, sheet=book.name)
        rows = iter(JoinedRows(profile, sheets, after=0 if stands is None else after))
        done = after if stands is not None else sum(1 for _ in islice(rows, after))
        left = RANGE
        while left and (batch := list(islice(rows, min(_BATCH, left)))):
            line.ask(_keep(tx, found, profile, [check.check(row) for row in batch], standings))
            done, left = done + len(batch), left - len(batch)
        return Checked(rows=done, finished=left > 0, place=kept_place(book))

    return await line.run(work)


def pieces_of(tx: Tx, found: ClientImport, line: "Line") -> Pieces:
    """How a computing thread reads an uploaded file from one of its bytes on."""

    def pieces(file: ImportedFile, at: int) -> Iterator[bytes]:
        number, passed = divmod(at, store.CHUNK)
        while (piece := line.ask(store.chunk(tx, found.id, file.file_no, number))) is not None:
            yield piece[passed:] if passed else piece
            number, passed = number + 1, 0

    return pieces


def resumed(file: ImportedFile, pieces: Pieces, place: CsvPlace) -> Sheet:
    """The rows of a CSV that are left. A packed one has to be unpacked from its beginning."""
    sheet = resume_csv(pieces(file, 0 if place.packed else place.at), place)
    return replace(sheet, rows=guarded(sheet.rows, file.name))


def kept_place(sheet: Sheet) -> dict[str, Any] | None:
    """Where a sheet stands, as JSON; None for a workbook's."""
    return asdict(sheet.place()) if sheet.place is not None else None


class Line:
    """A computing thread's line to the event loop, which alone talks to the database."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._cut = False

    def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """Called in the thread: waits for the loop's answer."""
        if self._cut:
            question.close()
            raise asyncio.CancelledError
        return asyncio.run_coroutine_threadsafe(question, self._loop).result()

    async def run(self, work: Callable[[], T]) -> T:
        """Runs the work in a thread. When cancelled, waits until the thread has stopped asking: the connection goes
        back only when nobody uses it.
        """
        running = self._loop.run_in_executor(None, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._cut = True
            await asyncio.wait([running])
            raise


def _of_template(file: ImportedFile, pieces: Pieces, stands: CsvPlace | None) -> tuple[Profile, Sheet]:
    """A file of the template, and the profile that follows from its header. Raises FilesDoNotFit."""
    name: str | None = None
    try:
        if is_workbook(file.name):
            names = sheet_names(b"".join(pieces(file, 0)))
            name = next((each for each in names if each.strip().lower() in client_tables.SHEETS), None)
    except BrokenFile as broken:
        raise refused(broken, file.name) from broken
    spec = replace(client_tables.template_profile().files[0], sheet=name)
    texts = frozenset(title for field in client_tables.TEXTS for title in (field, client_tables.HEADINGS[field]))
    sheet = _opened(spec, file, pieces, texts) if stands is None else resumed(file, pieces, stands)
    header = sheet.header
    profile = client_tables.standard_profile(header, sheet=name)
    expected = ", ".join(f"{field}/{zh}" for field, zh in client_tables.HEADINGS.items())
    if isinstance(profile, str):
        raise does_not_fit(f"/file/{file.name}/{profile}", "import.column-unknown", column=profile, expected=expected)
    for field in client_tables.REQUIRED:
        if field not in profile.client:
            column, shown = client_tables.HEADINGS[field], ", ".join(header)[:500]
            raise does_not_fit(
                f"/file/{file.name}/{field}", "import.column-missing", file=file.name, column=column, field=field,
                expected=shown,
            )  # fmt: skip
    return profile, sheet


def _open(profile: Profile, spec: FileSpec, file: ImportedFile, pieces: Pieces) -> Sheet:
    sources = (profile.client.get(field) for field in _DIGITS_OF_TEXT)
    texts = frozenset(s.column.rpartition(".")[2] for s in sources if s is not None and s.column is not None)
    return _opened(spec, file, pieces, texts)


def _opened(spec: FileSpec, file: ImportedFile, pieces: Pieces, texts: frozenset[str]) -> Sheet:
    try:
        if is_workbook(file.name):
            sheet = read_xlsx(b"".join(pieces(file, 0)), sheet=spec.sheet, text_columns=texts)
        else:
            sheet = read_csv(pieces(file, 0), delimiter=spec.delimiter or None, encoding=spec.encoding)
        return replace(sheet, rows=guarded(sheet.rows, file.name))
    except BrokenFile as broken:
        raise refused(broken, file.name) from broken


def guarded(rows: Iterator[tuple[int, list[str]]], file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows; what breaks while they are read is said of the file."""
    try:
        yield from rows
    except BrokenFile as broken:
        raise refused(broken, file) from broken


def refused(broken: BrokenFile, file: str) -> FilesDoNotFit:
    """A broken file as the refusal of the import."""
    place = [part for part in (broken.sheet, str(broken.row) if broken.row else None, broken.column) if part]
    return does_not_fit("/".join(("", "file", file, *place)), broken.code)


async def _keep(
    tx: Tx,
    found: ClientImport,
    profile: Profile,
    checked: Sequence[CheckedClient | tuple[Finding, ...]],
    standings: Standings,
) -> None:
    clients = [result for result in checked if isinstance(result, CheckedClient)]
    findings = [finding for result in checked if not isinstance(result, CheckedClient) for finding in result]
    known = await store.known_clients(tx, [client.client_no for client in clients])
    rows = [
        RowToKeep(
            client=client,
            client_id=known.get(client.client_no) or new_id(),
            known=client.client_no in known,
            standing=standings.of(client.home_unit, client.amounts),
        )
        for client in clients
    ]
    await import_rows.add_rows(tx, found.id, rows, synthetic=profile.synthetic)
    await store.add_findings(tx, found.id, findings)
