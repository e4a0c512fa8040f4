"""Imports as their importer sees them: where one stands, and what was wrong with which row, in the reader's language."""

import csv
import io
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible
from chassis.texts import Language, Text

from client_registry.domain.imports.findings import TEXTS
from client_registry.tables.imports import client_import_findings, client_imports

REPORT_FILE_ROWS = 50_000
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

_imports, _findings = client_imports.c, client_import_findings.c
_SEEN = visible(unit_path=_imports.unit_path, owner=_imports.started_by)
_GET = prepare(
    sa.select(*(column for column in _imports if column.name not in ("profile", "digest"))).where(
        _imports.id == sa.bindparam("import_id"), _SEEN
    )
)
_LIST = prepare(
    sa.select(*(column for column in _imports if column.name not in ("profile", "digest")))
    .where(_SEEN, _imports.id < sa.bindparam("before", type_=sa.Uuid))
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
_NEWEST = UUID(int=2**128 - 1)


async def client_import(tx: Tx, import_id: UUID, scope: Scope) -> Record:
    """One import; NotFound outside the caller's scope."""
    row = await tx.fetchrow(_GET, import_id=import_id, **scope.params())
    if row is None:
        raise NotFound()
    return row


async def client_imports_of(tx: Tx, scope: Scope, *, before: UUID | None, most: int) -> list[Record]:
    """Imports in the caller's scope, the newest first."""
    return await tx.fetch(_LIST, before=before or _NEWEST, most=most, **scope.params())


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


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell
