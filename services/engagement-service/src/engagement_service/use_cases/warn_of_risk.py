"""A client's loan or card is overdue: the manager is reminded at once (EN-27, BOC-S Art. 31(2))."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

from engagement_service.store import copies

KIND = "risk.remind"
FALLBACK_ROLE = "rm_supervisor"
# A debt that was paid is no reason to call.
SETTLED = "cured"


async def warn_of_risk(tx: Tx, client_id: UUID, risk_event_id: UUID, kind: str, *, now: datetime) -> None:
    """One work item a risk event, due now; a client we were never told of has nobody here who could be reminded."""
    keeper = await copies.keeper_of(tx, client_id)
    if keeper is None or kind == SETTLED:
        return
    await work_items.add(
        tx, kind=KIND, rule="EN-27", text=KIND, client_id=client_id, subject_id=risk_event_id, owner=keeper["manager"],
        owner_role=None if keeper["manager"] else FALLBACK_ROLE, unit_id=keeper["home_unit_id"],
        unit_path=keeper["path"], due_at=now, now=now,
    )  # fmt: skip
