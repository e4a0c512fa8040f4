"""Taking units, staff and postings over from spreadsheets, all or nothing (XC-1, XC-2, XC-3, XC-8)."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.scope import Scope

from client_registry.domain.organisation_sheets import SheetFinding, read_tables
from client_registry.store import organisation_imports as store
from client_registry.use_cases.apply_organisation_tables import Counts, apply_organisation_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of it: applied, checked (validate_only, nothing wrong) or refused (nothing applied)."""

    id: UUID
    status: str
    counts: dict[str, int]
    findings: list[SheetFinding]


class _Undone(Exception):
    """Takes back what was tried: something was wrong, or nothing but a trial was wanted."""


async def import_organisation(
    tx: Tx, files: Sequence[tuple[str, bytes]], *, validate_only: bool, by: Principal, scope: Scope, unit_path: str,
    now: datetime,
) -> Imported:  # fmt: skip
    """Every row is tried as if asked for by hand; one that is refused refuses the file. The same file twice changes
    nothing. People and units that the files do not name stay as they are."""
    import_id = new_id()
    tables = await asyncio.to_thread(read_tables, files)
    findings, counts = tables.findings, Counts()
    if not findings:
        try:
            async with tx.connection.transaction():
                counts, findings = await apply_organisation_tables(
                    tx, tables, reason=f"import {import_id}", by=by, scope=scope, now=now
                )
                if findings or validate_only:
                    raise _Undone
        except _Undone:
            counts = counts if not findings else Counts()
    status = "refused" if findings else "checked" if validate_only else "applied"
    await store.add_import(
        tx, import_id=import_id, started_by=by.subject, unit_path=unit_path, validate_only=validate_only, status=status,
        counts=asdict(counts), findings=findings, now=now,
    )  # fmt: skip
    await audit.record(
        tx, act=f"organisation-import.{status}", by=by, object_type="organisation_import", object_id=import_id,
        detail={"files": len(files), "findings": len(findings), **asdict(counts)}, at=now,
    )  # fmt: skip
    return Imported(id=import_id, status=status, counts=asdict(counts), findings=findings)
