"""Imports of the organisation in PostgreSQL, and the people and units they speak of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.organisation_sheets import FINDINGS_KEPT, SheetFinding
from client_registry.tables.organisation import staff
from client_registry.tables.organisation_imports import organisation_imports

_ADD = prepare(
    sa.insert(organisation_imports).values(
        {column.name: sa.bindparam(column.name) for column in organisation_imports.c}
    )
)
_BY_NUMBER = prepare(sa.select(staff).where(staff.c.staff_no == sa.bindparam("staff_no")))


async def add_import(
    tx: Tx, *, import_id: UUID, started_by: str, unit_path: str, validate_only: bool, status: str,
    counts: Mapping[str, int], findings: Sequence[SheetFinding], now: datetime,
) -> None:  # fmt: skip
    """What came of an upload; of very many findings the first ones are kept, all are counted."""
    await tx.execute(
        _ADD, id=import_id, started_by=started_by, unit_path=unit_path, validate_only=validate_only, status=status,
        counts=dict(counts), findings=[asdict(each) for each in findings[:FINDINGS_KEPT]],
        findings_total=len(findings), created_at=now,
    )  # fmt: skip


async def find_person(tx: Tx, staff_no: str) -> dict[str, Any] | None:
    """Id, name, work phone and version of the person with that number, or None."""
    row = await tx.fetchrow(_BY_NUMBER, staff_no=staff_no)
    if row is None:
        return None
    phone = row["work_phone_sealed"]
    return {
        "id": row["id"],
        "version": row["version"],
        "name": tx.cipher.open("staff.name", row["id"], row["name_sealed"]),
        "work_phone": None if phone is None else tx.cipher.open("staff.work_phone", row["id"], phone),
    }
