"""One unit in full, and the tree as it was: who answers for a unit, its client managers, its history."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.domain.postings import DIRECTLY_RESPONSIBLE, FIRST_RESPONSIBLE

_NEAR = """EXISTS (SELECT FROM unnest(CAST(:paths AS text[])) AS place
                      WHERE starts_with(u.path, place) OR starts_with(place, u.path))"""
_GET = prepare(sa.text(f"SELECT u.* FROM units u WHERE u.id = :unit_id AND {_NEAR}"))  # noqa: S608 - constants
_RESPONSIBLE = prepare(
    sa.text(
        """
        SELECT p.role, s.id AS staff_id, s.subject, s.name_sealed, p.from_on
        FROM postings p JOIN staff s ON s.id = p.staff_id
        WHERE p.unit_id = :unit_id AND s.active AND p.role = ANY(CAST(:roles AS text[]))
          AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        ORDER BY p.role, p.from_on, p.id
        """
    )
)
# A level's managers are those of the unit itself and of its departments, full-time ones only (CR-43).
_MANAGERS = prepare(
    sa.text(
        """
        SELECT count(DISTINCT p.staff_id) FROM postings p JOIN staff s ON s.id = p.staff_id JOIN units u ON u.id = p.unit_id
        WHERE (u.id = :unit_id OR u.parent_id = :unit_id AND u.kind = 'department') AND s.active AND p.full_time
          AND p.role = ANY(CAST(:roles AS text[]))
          AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        """
    )
)
_HISTORY = prepare(
    sa.text(
        """
        SELECT * FROM unit_history WHERE unit_id = :unit_id AND (CAST(:before AS bigint) IS NULL OR version < :before)
        ORDER BY version DESC LIMIT :size
        """
    )
)
# What a unit was at the end of a day: of several states of that day the last one, which alone lasted.
_AS_OF = prepare(
    sa.text(
        f"""
        SELECT h.unit_id AS id, h.parent_id, h.kind, h.code, h.path, h.name_zh, h.name_en, h.branch_code, h.active,
               h.service_institution, h.merged_into_id, h.version
        FROM unit_history h JOIN units u ON u.id = h.unit_id
        WHERE h.from_at < :at AND (h.until_at IS NULL OR h.until_at >= :at) AND {_NEAR}
          AND (CAST(:after AS text) IS NULL OR h.path > :after)
        ORDER BY h.path LIMIT :size
        """  # noqa: S608 - constants
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Somebody who answers for a unit."""

    staff_id: UUID
    subject: str
    name: str
    role: str
    from_on: date


async def get_unit(tx: Tx, unit_id: UUID, *, paths: list[str]) -> Record | None:
    """A unit at, below or above the caller's places, or None."""
    return await tx.fetchrow(_GET, unit_id=unit_id, paths=paths)


async def responsible_for(tx: Tx, unit_id: UUID, *, day: date) -> tuple[list[Responsible], list[Responsible]]:
    """Who is first responsible for the unit, and who directly (XC-7, BOC-S Art. 38)."""
    rows = await tx.fetch(_RESPONSIBLE, unit_id=unit_id, roles=[*FIRST_RESPONSIBLE, *DIRECTLY_RESPONSIBLE], day=day)
    people = [
        Responsible(
            staff_id=row["staff_id"], subject=row["subject"], role=row["role"], from_on=row["from_on"],
            name=tx.cipher.open("staff.name", row["staff_id"], row["name_sealed"]),
        )
        for row in rows
    ]  # fmt: skip
    return (
        [person for person in people if person.role in FIRST_RESPONSIBLE],
        [person for person in people if person.role in DIRECTLY_RESPONSIBLE],
    )


async def count_managers(tx: Tx, unit_id: UUID, *, day: date) -> int:
    """Full-time client managers of this level (CR-43)."""
    return int(await tx.fetchval(_MANAGERS, unit_id=unit_id, roles=sorted(MANAGER_ROLES), day=day))


async def history_of(tx: Tx, unit_id: UUID, *, before: int | None, size: int) -> list[Record]:
    """What the unit was, the newest first."""
    return await tx.fetch(_HISTORY, unit_id=unit_id, before=before, size=size)


async def units_as_of(tx: Tx, *, at: datetime, paths: list[str], after: str | None, size: int) -> list[Record]:
    """The tree as it was just before that instant, as far as the caller sees its units today."""
    return await tx.fetch(_AS_OF, at=at, paths=paths, after=after, size=size)
