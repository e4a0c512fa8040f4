"""Follow who a client's relationship manager is: the new one sees his cases and has what the earlier one had to do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import outbox, work_items
from chassis.db import Tx
from chassis.identity import system
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.routing import Assignment
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.ask_handler import ask_handler

CAUSE = "manager-changed"
# Only what somebody handles as the client's manager goes over; a head keeps the cases that are his by his post.
MANAGER_ROLES = frozenset({"relationship_manager", "private_banker", "corporate_manager"})


async def assign_managers(tx: Tx, managers: Mapping[UUID, str], *, now: datetime) -> None:
    """Client → manager from now on; the earlier one sees the cases no more (CR-44). Raises ClientNotKnown.

    Unanswered cases that the earlier manager handled as such are the new one's, with their clocks as they run; where he
    handled an earlier round of the case, it waits for somebody else of the role (CM-27, BOC-S Art. 34(4)).
    """
    before = await copies.set_managers(tx, managers)
    changed = {
        client_id: earlier
        for client_id, earlier in before.items()
        if earlier is not None and earlier != managers[client_id]
    }
    by = system("complaint-service")
    await work_items.move_with_clients(
        tx, {client_id: (earlier, managers[client_id]) for client_id, earlier in changed.items()}, by=by, now=now
    )
    for case_id in await cases.list_handled(tx, changed, MANAGER_ROLES):
        await _hand_on(tx, await cases.get_case(tx, case_id), managers, now=now)


async def _hand_on(tx: Tx, case: Case, managers: Mapping[UUID, str], *, now: datetime) -> None:
    if case.client_id is None or not case.awaits_answer:
        return
    manager, by = managers[case.client_id], system("complaint-service")
    earlier = await cases.earlier_handlers(tx, case)
    to = Assignment(role=case.round.role, unit_id=case.round.unit_id, handler=None)
    if manager not in earlier:
        to = replace(to, handler=manager)
    moved, said = case.assign(to, cause=CAUSE, at=now)
    await cases.save_case(tx, moved)
    detail = {"cause": CAUSE, "from": case.round.handler, "to": to.handler}
    await records.add_step(tx, moved, "re-routed", step_id=new_id(), by=by.subject, at=now, detail=detail)
    await outbox.add(tx, *([said] if said else []))
    await ask_handler(tx, moved, "CR-44", by=by, now=now)
