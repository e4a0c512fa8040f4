"""The receiver's answer to a hand-over, or its withdrawal (CR-44, XC-23)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.hand_overs import (
    HandOver,
    HandOverAnswered,
    HandOverStatus,
    ReceiverNotThere,
    RefusalReason,
)
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.store import clients, organisation
from client_registry.store import hand_overs as store
from client_registry.store.hand_overs import PostRecord
from client_registry.use_cases.give_manager import forget_hand_over, give_manager


async def accept_hand_over(tx: Tx, hand_over_id: UUID, *, by: Principal, now: datetime) -> HandOver:
    """From now on the receiver is responsible; the record between the posts bears both signatures.

    Says RelationshipManagerAssigned. Raises HandOverAnswered, SamePerson, ReceiverNotThere; NotFound for anybody but
    the receiver.
    """
    file, hand_over = await _for_receiver(tx, hand_over_id, by)
    accepted = hand_over.accept(by.subject, at=now)
    if file["manager"] != hand_over.from_manager:
        raise HandOverAnswered(status=HandOverStatus.OVERTAKEN.value)
    home = file["home_unit_id"]
    if not await store.is_posted_at(tx, by.subject, home, MANAGER_ROLES, day=business_day(now)):
        raise ReceiverNotThere()
    await store.save(tx, accepted)
    await forget_hand_over(tx, hand_over_id, result="accepted", by=by, now=now)
    _, moved = await give_manager(tx, file, manager=by.subject, by=by, now=now)
    unit = await organisation.find_unit(tx, home)
    record_id = await store.add_record(
        tx,
        PostRecord(
            id=new_id(), kind="client", source_id=hand_over_id, unit_path="/" if unit is None else unit.path,
            from_subject=hand_over.from_manager, to_subject=by.subject, made_at=now,
        ),
    )  # fmt: skip
    client_id = hand_over.client_id
    items = [(client_id, "client", client_id), *((item, "work_item", client_id) for item, _ in moved)]
    await store.add_items(tx, record_id, items)
    await store.sign(tx, record_id, part="gives", subject=hand_over.proposed_by, now=hand_over.proposed_at)
    await store.sign(tx, record_id, part="receives", subject=by.subject, now=now)
    await _audit(tx, "manager.hand-over-accepted", accepted, by, now, record_id=str(record_id))
    return accepted


async def refuse_hand_over(
    tx: Tx, hand_over_id: UUID, *, reason: RefusalReason, by: Principal, now: datetime
) -> HandOver:
    """The old manager stays. Raises HandOverAnswered; NotFound for anybody but the receiver."""
    _, hand_over = await _for_receiver(tx, hand_over_id, by)
    refused = hand_over.refuse(by.subject, reason, at=now)
    await store.save(tx, refused)
    await forget_hand_over(tx, hand_over_id, result="refused", by=by, now=now)
    await _audit(tx, "manager.hand-over-refused", refused, by, now, reason=reason.value)
    return refused


async def withdraw_hand_over(tx: Tx, hand_over_id: UUID, *, by: Principal, now: datetime) -> HandOver:
    """The offer is taken back. Raises HandOverAnswered. Who may is the caller's question."""
    hand_over = await store.lock(tx, hand_over_id)
    if hand_over is None:
        raise NotFound()
    withdrawn = hand_over.withdraw(by.subject, at=now)
    await store.save(tx, withdrawn)
    await forget_hand_over(tx, hand_over_id, result="withdrawn", by=by, now=now)
    await _audit(tx, "manager.hand-over-withdrawn", withdrawn, by, now)
    return withdrawn


async def answer_hand_over(
    tx: Tx, hand_over_id: UUID, *, refusal: RefusalReason | None, by: Principal, now: datetime
) -> HandOver:
    """Accepted without a reason to refuse, refused with one."""
    if refusal is None:
        return await accept_hand_over(tx, hand_over_id, by=by, now=now)
    return await refuse_hand_over(tx, hand_over_id, reason=refusal, by=by, now=now)


async def _for_receiver(tx: Tx, hand_over_id: UUID, by: Principal) -> tuple[Record, HandOver]:
    """File and hand-over, both locked, the file first as everywhere."""
    found = await store.find(tx, hand_over_id)
    if found is None or found.to_manager != by.subject:
        raise NotFound()
    file = await clients.lock_client(tx, found.client_id)
    hand_over = await store.lock(tx, hand_over_id)
    if file is None or hand_over is None:
        raise NotFound()
    return file, hand_over


async def _audit(tx: Tx, act: str, hand_over: HandOver, by: Principal, now: datetime, **detail: str) -> None:
    await audit.record(
        tx, act=act, by=by, object_type="manager-hand-over", object_id=hand_over.id, client_id=hand_over.client_id,
        detail={"from": hand_over.from_manager, "to": hand_over.to_manager, **detail}, at=now,
    )  # fmt: skip
