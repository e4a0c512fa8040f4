"""Our copy of the organisation: units with their empty shelves, and who holds which role where."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from card_service.domain.organisation import FIRST_LEVEL_BRANCH, Unit, line
from card_service.domain.shelves import REORDER_POINT

_SAVE_UNITS = prepare(
    sa.text(
        """
        INSERT INTO org_units (id, path, kind, code, branch_code, name_zh, name_en, active)
        SELECT unit_id, path, kind, code, branch_code, name_zh, name_en, active
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(unit_id uuid, path text, kind text, code text,
             branch_code text, name_zh text, name_en text, active boolean)
        ON CONFLICT (id) DO UPDATE SET path = excluded.path, kind = excluded.kind, code = excluded.code,
            branch_code = excluded.branch_code, name_zh = excluded.name_zh, name_en = excluded.name_en,
            active = excluded.active
        """
    )
)
# Every unit has its two shelves from the start, empty: so there is always a row to lock before cards are looked for.
_SAVE_SHELVES = prepare(
    sa.text(
        """
        INSERT INTO shelves (unit_id, level, reorder_point)
        SELECT u.unit_id, l.level, CAST(:reorder_point AS int)
        FROM unnest(CAST(:unit_ids AS uuid[])) AS u(unit_id), unnest(ARRAY['branch', 'head_office']) AS l(level)
        ON CONFLICT (unit_id, level) DO NOTHING
        """
    )
)
_SAVE_POSTING = prepare(
    sa.text(
        """
        INSERT INTO staff_postings (subject, unit_id, role, reach, from_on, until_on)
        VALUES (:subject, :unit_id, :role, :reach, :from_on, :until_on)
        ON CONFLICT (subject, unit_id, role) DO UPDATE SET reach = excluded.reach, from_on = excluded.from_on,
            until_on = excluded.until_on
        """
    )
)
_UNIT = "id, path, kind, code, branch_code, active"
_GET = prepare(sa.text(f"SELECT {_UNIT} FROM org_units WHERE id = :id"))  # noqa: S608
_BRANCH = prepare(
    sa.text(f"SELECT {_UNIT} FROM org_units WHERE path = ANY(CAST(:paths AS text[])) AND kind = :kind LIMIT 1")  # noqa: S608
)
_LOCK_BRANCH = prepare(
    sa.text(
        f"SELECT {_UNIT} FROM org_units WHERE path = ANY(CAST(:paths AS text[])) AND kind = :kind LIMIT 1"  # noqa: S608
        " FOR NO KEY UPDATE"
    )
)
_PATHS = prepare(sa.text("SELECT id, path FROM org_units WHERE id = ANY(CAST(:ids AS uuid[]))"))
_KEPT_AT = prepare(
    sa.text(
        """
        SELECT u.id, u.path FROM org_units u
        WHERE u.path = ANY(CAST(:paths AS text[])) AND EXISTS (
            SELECT FROM staff_postings p
            WHERE p.unit_id = u.id AND p.role = :role AND p.from_on <= :day
              AND (p.until_on IS NULL OR p.until_on >= :day))
        ORDER BY length(u.path) DESC LIMIT 1
        """
    )
)


async def save_units(tx: Tx, units: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the newest form of each unit and sees that it has its shelves. A unit stands in the list once."""
    await tx.execute(_SAVE_UNITS, rows=list(units))
    await tx.execute(_SAVE_SHELVES, unit_ids=[unit["unit_id"] for unit in units], reorder_point=REORDER_POINT)


async def save_posting(
    tx: Tx, *, subject: str, unit_id: UUID, role: str, reach: str, from_on: date, until_on: date | None
) -> None:
    """Keeps who holds which role where and until when."""
    await tx.execute(
        _SAVE_POSTING, subject=subject, unit_id=unit_id, role=role, reach=reach, from_on=from_on, until_on=until_on
    )


async def get_unit(tx: Tx, unit_id: UUID) -> Unit:
    """NotFound for a unit nobody told us of."""
    row = await tx.fetchrow(_GET, id=unit_id)
    if row is None:
        raise NotFound()
    return _unit(row)


async def branch_of(tx: Tx, path: str) -> Unit | None:
    """The first-level branch that the unit at this path is or stands under."""
    row = await tx.fetchrow(_BRANCH, paths=list(line(path)), kind=FIRST_LEVEL_BRANCH)
    return None if row is None else _unit(row)


async def lock_branch_of(tx: Tx, path: str) -> Unit | None:
    """The same, locked: who divides a branch's numbers waits for the other who does."""
    row = await tx.fetchrow(_LOCK_BRANCH, paths=list(line(path)), kind=FIRST_LEVEL_BRANCH)
    return None if row is None else _unit(row)


async def paths_of(tx: Tx, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The paths of the units we know among these."""
    return {row["id"]: row["path"] for row in await tx.fetch(_PATHS, ids=list(unit_ids))}


async def nearest_with_role(tx: Tx, path: str, role: str, *, on: date) -> tuple[UUID, str] | None:
    """Id and path of the nearest unit on the line at which somebody holds the role on that day (CS-13)."""
    row = await tx.fetchrow(_KEPT_AT, paths=list(line(path)), role=role, day=on)
    return None if row is None else (row["id"], row["path"])


def _unit(row: Record) -> Unit:
    return Unit(**dict(row))
