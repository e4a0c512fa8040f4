"""Putting a signature under the record of a hand-over between posts (XC-23)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.hand_overs import AlreadySigned
from client_registry.store import hand_overs as store

SIGN = "post-hand-over.sign"


async def sign_post_hand_over(tx: Tx, record_id: UUID, *, by: Principal, now: datetime) -> None:
    """The receiver's signature, once and for good. Raises AlreadySigned, also for somebody who signed as the giver."""
    if not await store.sign(tx, record_id, part="receives", subject=by.subject, now=now):
        raise AlreadySigned()
    await work_items.complete_for(tx, subject_id=record_id, kind=SIGN, by=by, result="signed", now=now)
    await audit.record(
        tx, act="post-hand-over.signed", by=by, object_type="post-hand-over", object_id=record_id,
        detail={"part": "receives"}, at=now,
    )  # fmt: skip
