"""Where imported clients may live: the units within the importer's places, and who is posted there to look after them."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.imports.placement import Placement, Unit
from client_registry.domain.imports.profile import Profile
from client_registry.domain.organisation import MANAGER_ROLES

_UNITS = prepare(
    sa.text(
        """
        SELECT u.id, u.code, u.kind, u.path, coalesce(m.subjects, '{}') AS managers
        FROM units AS u
        LEFT JOIN LATERAL (
            SELECT array_agg(DISTINCT s.subject ORDER BY s.subject) AS subjects
            FROM postings AS p JOIN staff AS s ON s.id = p.staff_id
            WHERE p.unit_id = u.id AND p.role = 'relationship_manager' AND s.active
              AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        ) AS m ON true
        WHERE u.active AND u.path LIKE ANY (CAST(:paths AS text[]))
        """
    )
)
_MANAGERS = prepare(
    sa.text(
        """
        SELECT DISTINCT s.staff_no, s.subject FROM staff AS s JOIN postings AS p ON p.staff_id = s.id
        WHERE s.active AND p.role = ANY (CAST(:roles AS text[]))
          AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        """
    )
)


async def placement(tx: Tx, profile: Profile, *, paths: Sequence[str], day: date) -> tuple[Placement, dict[str, str]]:
    """The placement for one import, and each unit's path by its id. `paths` are LIKE patterns."""
    rows = await tx.fetch(_UNITS, paths=list(paths), day=day)
    units = [
        Unit(id=str(row["id"]), code=row["code"], kind=row["kind"], managers=tuple(row["managers"])) for row in rows
    ]
    staff = await tx.fetch(_MANAGERS, roles=sorted(MANAGER_ROLES), day=day)
    managers = {row["staff_no"]: row["subject"] for row in staff}
    return Placement(profile, units, managers), {str(row["id"]): row["path"] for row in rows}
