"""Imports as their importer sees them: where one stands, and what was wrong with which row, in the reader's language."""

import csv
import io
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis import audit
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible
from chassis.texts import Language, Text

from client_registry.domain.imports.findings import TEXTS
from client_registry.store import figure_import_rows
from client_registry.tables.imports import client_import_files, client_import_findings, client_imports

REPORT_FILE_ROWS = 50_000
# Read over when it comes back: the template knows it under both names.
REASON = Text(en="reason", zh="原因")
_HEADINGS = (
    Text(en="File", zh="文件"),
    Text(en="Sheet", zh="工作表"),
    Text(en="Row", zh="行"),
    Text(en="Column", zh="列"),
    Text(en="Code", zh="代码"),
    Text(en="Reason", zh="原因"),
)
# A cell that begins like a formula is shown, not computed (OWASP: CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_A_NUMBER = re.compile(r"[-+]\d[\d,]*(\.\d+)?", re.ASCII)

_imports, _findings = client_imports.c, client_import_findings.c
_SEEN = visible(unit_path=_imports.unit_path, owner=_imports.started_by)
_GET = prepare(
    sa.select(*(column for column in _imports if column.name not in ("profile", "digest"))).where(
        _imports.id == sa.bindparam("import_id"), _imports.content == sa.bindparam("content"), _SEEN
    )
)
_LIST = prepare(
    sa.select(*(column for column in _imports if column.name not in ("profile", "digest")))
    .where(_SEEN, _imports.content == sa.bindparam("content"), _imports.id < sa.bindparam("before", type_=sa.Uuid))
    .order_by(_imports.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_REPORT = prepare(
    sa.select(client_import_findings)
    .where(
        _findings.import_id == sa.bindparam("import_id"),
        _findings.finding_no > sa.bindparam("after", type_=sa.BigInteger),
    )
    .order_by(_findings.finding_no)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_FIRST_FILE = prepare(
    sa.select(client_import_files.c.name)
    .where(client_import_files.c.import_id == sa.bindparam("import_id"))
    .order_by(client_import_files.c.file_no)
    .limit(1)
)
_NEWEST = UUID(int=2**128 - 1)


async def client_import(tx: Tx, import_id: UUID, scope: Scope, *, content: str = "clients") -> Record:
    """One import; NotFound outside the caller's scope."""
    row = await tx.fetchrow(_GET, import_id=import_id, content=content, **scope.params())
    if row is None:
        raise NotFound()
    return row


async def client_imports_of(
    tx: Tx, scope: Scope, *, before: UUID | None, most: int, content: str = "clients"
) -> list[Record]:
    """Imports in the caller's scope, the newest first."""
    return await tx.fetch(_LIST, before=before or _NEWEST, most=most, content=content, **scope.params())


async def findings(tx: Tx, import_id: UUID, *, after: int, most: int) -> list[Record]:
    """Findings in the order in which they were made; check the import's visibility first."""
    return await tx.fetch(_REPORT, import_id=import_id, after=after, most=most)


def reason(row: Record, language: Language) -> str:
    """The finding as a sentence."""
    params: dict[str, Any] = row["params"]
    return TEXTS[row["code"]].say(language, **params)


async def report_file(tx: Tx, import_id: UUID, language: Language) -> str:
    """The first 50,000 findings as CSV for a spreadsheet, with a mark for Excel; no cell can be a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([heading.say(language) for heading in _HEADINGS])
    for row in await findings(tx, import_id, after=0, most=REPORT_FILE_ROWS):
        cells = (row["file"], row["sheet"] or "", row["row_no"], row["column_name"], row["code"], reason(row, language))
        writer.writerow([_guarded(str(cell)) for cell in cells])
    return "\ufeff" + out.getvalue()


async def first_file(tx: Tx, import_id: UUID) -> str:
    """The name of the file that was uploaded first."""
    return str(await tx.fetchval(_FIRST_FILE, import_id=import_id) or "")


async def rejected_file(tx: Tx, import_id: UUID, *, file: str, by: Principal, language: Language, now: datetime) -> str:
    """The refused rows of one file as they came, below their header, with the reasons in a last column: put right, it can
    be sent again. Reading leaves an audit row, for the rows hold what the file held.
    """
    await audit.record(
        tx, act="import.refused-rows-read", by=by, object_type="import", object_id=import_id, purpose="correction", at=now
    )  # fmt: skip
    reasons: dict[int, list[str]] = {}
    for row in await findings(tx, import_id, after=0, most=REPORT_FILE_ROWS):
        if row["file"] == file:
            reasons.setdefault(row["row_no"], []).append(reason(row, language))
    out = io.StringIO()
    writer = csv.writer(out)
    for kept in await figure_import_rows.refused_of(tx, import_id, file=file):
        said = REASON.say(language) if kept.row_no == 1 else " ".join(reasons.get(kept.row_no, []))
        writer.writerow([_guarded(cell) for cell in (*kept.cells, said)])
    return "\ufeff" + out.getvalue()


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA_STARTS) and not _A_NUMBER.fullmatch(cell) else cell
