"""A manager reports something important about a client upward (CR-46)."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import audit, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.upward_reports import NobodyAbove, ReportKind
from client_registry.store import clients, hand_overs
from client_registry.store import upward_reports as store
from client_registry.use_cases.remind_of_hand_over import DECIDERS

WORK = "upward-report.acknowledge"
_ACKNOWLEDGE_WITHIN = timedelta(days=1)


async def report_upward(tx: Tx, client_id: UUID, kind: ReportKind, text: str, *, by: Principal, now: datetime) -> UUID:
    """BOC-S Art. 22(2)4(1): the report, before the nearest supervisor at or above the client's home unit.

    Raises NotFound, and NobodyAbove where nobody holds such a post.
    """
    file = (await clients.managers_of(tx, [client_id])).get(client_id)
    if file is None:
        raise NotFound()
    found = await hand_overs.nearest_post(tx, file["home_unit_id"], DECIDERS, day=business_day(now))
    if found is None:
        raise NobodyAbove()
    role, unit_id, path = found
    report_id = new_id()
    item_id = await work_items.add(
        tx, kind=WORK, rule="CR-46", text=WORK, client_id=client_id, subject_id=report_id, owner=None, owner_role=role,
        unit_id=unit_id, unit_path=path, due_at=now + _ACKNOWLEDGE_WITHIN, now=now,
    )  # fmt: skip
    await store.add(
        tx, report_id, client_id=client_id, kind=kind, text=text.strip(), to_role=role, to_unit_id=unit_id,
        item_id=item_id, by=by.subject, now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="upward-report.made", by=by, object_type="upward-report", object_id=report_id, client_id=client_id,
        detail={"kind": kind.value, "to_role": role}, at=now,
    )  # fmt: skip
    return report_id
