"""Whom a manager reported to takes note of it (CR-46)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.upward_reports import AlreadyAcknowledged, NotYoursToAcknowledge
from client_registry.store import upward_reports as store


async def acknowledge_report(tx: Tx, client_id: UUID, report_id: UUID, *, by: Principal, now: datetime) -> None:
    """Whoever has the work item acknowledges, his stand-in too, the reporter never.

    Raises NotFound, AlreadyAcknowledged, NotYoursToAcknowledge.
    """
    report = await store.lock(tx, client_id, report_id)
    if report is None:
        raise NotFound()
    if report["acknowledged_by"] is not None:
        raise AlreadyAcknowledged()
    if report["reported_by"] == by.subject:
        raise NotYoursToAcknowledge()
    try:
        item = await work_items.get_mine(tx, by, report["item_id"], now=now)
    except NotFound:
        raise NotYoursToAcknowledge() from None
    # The item itself may have been ended in the list of work.
    if item.status != "done":
        await work_items.complete(tx, item.id, by=by, result="acknowledged", now=now)
    await store.acknowledge(tx, report_id, by=by.subject, now=now)
    await audit.record(
        tx, act="upward-report.acknowledged", by=by, object_type="upward-report", object_id=report_id,
        client_id=client_id, at=now,
    )  # fmt: skip
