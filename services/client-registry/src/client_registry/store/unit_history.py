"""The dated history of units: what each was, from when to when, by whom and why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.identity import Principal
from chassis.query import prepare

from client_registry.domain.units import Cause

_KEEP = prepare(
    sa.text(
        """
        WITH ended AS (
            UPDATE unit_history SET until_at = :at WHERE unit_id = ANY(CAST(:unit_ids AS uuid[])) AND until_at IS NULL
            RETURNING unit_id
        )
        SELECT count(*) FROM ended
        """
    )
)
_ADD = prepare(
    sa.text(
        """
        INSERT INTO unit_history (unit_id, version, parent_id, kind, code, path, name_zh, name_en, branch_code,
                                  service_institution, merged_into_id, active, from_at, changed_by, cause, reason)
        SELECT id, version, parent_id, kind, code, path, name_zh, name_en, branch_code, service_institution,
               merged_into_id, active, CAST(:at AS timestamptz), CAST(:changed_by AS text), CAST(:cause AS text),
               CAST(:reason AS text)
        FROM units WHERE id = ANY(CAST(:unit_ids AS uuid[]))
        """
    )
)


async def keep(
    tx: Tx, unit_ids: Sequence[UUID], *, by: Principal, cause: Cause, reason: str | None, at: datetime
) -> None:
    """The units as they are now begin here; what they were before ends here. Two statements, however many there are."""
    if not unit_ids:
        return
    await tx.execute(_KEEP, unit_ids=list(unit_ids), at=at)
    await tx.execute(_ADD, unit_ids=list(unit_ids), at=at, changed_by=by.subject, cause=cause.value, reason=reason)
