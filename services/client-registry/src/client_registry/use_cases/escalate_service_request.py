"""Ten minutes have passed and nobody has responded: the head of the unit is told (CR-101)."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

from client_registry.domain.organisation import UnitKind
from client_registry.store import organisation
from client_registry.store import service_requests as store

OVERDUE = "service-request.overdue"


async def escalate_service_request(tx: Tx, request_id: UUID, *, now: datetime) -> None:
    """One work item for the head of the outlet or of the wealth centre; nothing where somebody responded."""
    request = await store.lock(tx, request_id)
    if request is None or request.responded_at is not None or request.escalated_at is not None:
        return
    unit = await organisation.find_unit(tx, request.unit_id)
    if unit is None:
        raise LookupError(f"no unit {request.unit_id}")
    await store.save_escalation(tx, request_id, now=now)
    role = "wealth_centre_head" if unit.kind is UnitKind.WEALTH_CENTRE else "outlet_head"
    await work_items.add(
        tx, kind=OVERDUE, rule="CR-101", text=OVERDUE, client_id=request.client_id, subject_id=request_id, owner=None,
        owner_role=role, unit_id=unit.id, unit_path=unit.path, due_at=now, now=now,
    )  # fmt: skip
