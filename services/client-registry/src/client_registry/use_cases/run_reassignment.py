"""Moving a leaving manager's clients, range by range, each range whole or not at all (CR-43, CR-44, XC-23)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import outbox, work_items
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.operations import Operation, Step
from chassis.refusals import NotFound

from client_registry.domain.events import RelationshipManagerAssigned
from client_registry.store import hand_overs, organisation
from client_registry.store import reassignments as store
from client_registry.store.hand_overs import PostRecord
from client_registry.use_cases.give_manager import WITHOUT_MANAGER, forget_hand_over
from client_registry.use_cases.sign_post_hand_over import SIGN

SIZE = 500


async def run_reassignment(tx: Tx, op: Operation, *, now: datetime, size: int = SIZE) -> Step:
    """The next range: managers, facts, audit rows, work items and the records between the posts in one transaction.

    A client who has left the manager meanwhile stays where he is and is counted. At the end each receiver is asked to
    sign his record.
    """
    reassignment_id = UUID(op.detail["reassignment_id"])
    row = await store.lock(tx, reassignment_id)
    if row is None:
        raise NotFound()
    after = op.cursor.get("after")
    client_ids = await store.next_range(tx, reassignment_id, after=None if after is None else UUID(after), size=size)
    total = row["preview"]["clients"] - row["preview"]["unplaced"]
    if client_ids:
        await _move(tx, row, client_ids, now)
    done = op.done + len(client_ids)
    if len(client_ids) == size:
        return Step(done=done, total=total, cursor={"after": str(client_ids[-1])})
    await _ask_to_sign(tx, reassignment_id, now)
    result = await store.result_of(tx, reassignment_id)
    return Step(done=done, total=total, finished=True, result={**result, "unplaced": row["preview"]["unplaced"]})


async def _move(tx: Tx, row: Record, client_ids: Sequence[UUID], now: datetime) -> None:
    today, by = business_day(now), Principal(row["confirmed_by"])
    moved = await store.move(
        tx, row["id"], client_ids, from_manager=row["from_manager"], by=by.subject, today=today, now=now
    )
    await outbox.add(
        tx,
        *(
            RelationshipManagerAssigned(
                at=now, version=each["version"], client_id=each["id"], manager=each["manager"],
                unit_id=each["home_unit_id"], from_on=today,
            )
            for each in moved
        ),
    )  # fmt: skip
    moved_ids = [each["id"] for each in moved]
    for hand_over_id in await hand_overs.overtake(tx, moved_ids, by=by.subject, now=now):
        await forget_hand_over(tx, hand_over_id, result="overtaken", by=by, now=now)
    await work_items.complete_for_many(tx, moved_ids, kind=WITHOUT_MANAGER, by=by, result="manager-assigned", now=now)
    to_each: dict[tuple[str, UUID], list[UUID]] = defaultdict(list)
    for each in moved:
        to_each[each["manager"], each["home_unit_id"]].append(each["id"])
    for (receiver, home_unit_id), ids in sorted(to_each.items()):
        await _record(tx, row, receiver, home_unit_id, ids, by=by, now=now)


async def _record(
    tx: Tx, row: Record, receiver: str, home_unit_id: UUID, ids: Sequence[UUID], *, by: Principal, now: datetime
) -> None:
    """Adds to the record between the two posts; who confirmed signs it for the post that is left."""
    items = await work_items.move_of_clients(tx, ids, row["from_manager"], receiver, by=by, now=now)
    unit = await organisation.find_unit(tx, home_unit_id)
    record_id = await hand_overs.add_record(
        tx,
        PostRecord(
            id=new_id(), kind="reassignment", source_id=row["id"], unit_path="/" if unit is None else unit.path,
            from_subject=row["from_manager"], to_subject=receiver, made_at=now,
        ),
    )  # fmt: skip
    listed = [(client_id, "client", client_id) for client_id in ids]
    await hand_overs.add_items(tx, record_id, [*listed, *((item, "work_item", client) for item, client in items)])
    await hand_overs.sign(tx, record_id, part="gives", subject=by.subject, now=row["confirmed_at"])


async def _ask_to_sign(tx: Tx, reassignment_id: UUID, now: datetime) -> None:
    items = [
        {
            "kind": SIGN, "rule": "XC-23", "text": SIGN, "client_id": None, "subject_id": record["id"],
            "owner": record["to_subject"], "owner_role": None, "unit_id": None, "due_at": None,
        }
        for record in await store.records_of(tx, reassignment_id)
    ]  # fmt: skip
    await work_items.add_many(tx, items, now=now)
