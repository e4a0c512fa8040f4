"""Confirming a previewed reassignment: exactly what was shown, or nothing (CR-43, CR-44)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, operations
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.hand_overs import SamePerson
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.domain.reassignments import AlreadyConfirmed, Overtaken, ReceiverLeft
from client_registry.store import reassignments as store

KIND = "manager-reassignment"
_OTHER = Text(en="This is not the digest of that preview.", zh="摘要与该预览不符。")


async def confirm_reassignment(tx: Tx, reassignment_id: UUID, *, seen: str, by: Principal, now: datetime) -> Operation:
    """The operation that moves the clients range by range; `seen` is the digest of the preview that was looked at.

    Raises Overtaken when clients came, left or changed since, ReceiverLeft, AlreadyConfirmed, SamePerson for a
    receiver who would sign both sides of the record; Invalid for another digest; NotFound.
    """
    row = await store.lock(tx, reassignment_id)
    if row is None:
        raise NotFound()
    if row["status"] == "confirmed":
        raise AlreadyConfirmed()
    if row["digest"].hex() != seen:
        raise Invalid([FieldError("/digest", "manager-reassignment.digest", _OTHER)])
    if by.subject in row["receivers"]:
        raise SamePerson()
    posts = await store.posts_of(tx, row["receivers"], MANAGER_ROLES, row["places"], day=business_day(now))
    if len(posts) < len(row["receivers"]):
        raise ReceiverLeft(count=len(row["receivers"]) - len(posts))
    await _still_as_seen(tx, reassignment_id, row["from_manager"], row["places"])
    started = await operations.start(
        tx, kind=KIND, started_by=by.subject,
        detail={"reassignment_id": str(reassignment_id), "from_manager": row["from_manager"]}, now=now,
    )  # fmt: skip
    await store.confirm(tx, reassignment_id, by=by.subject, operation_id=started.id, now=now)
    await audit.record(
        tx, act="manager-reassignment.confirmed", by=by, object_type="manager-reassignment", object_id=reassignment_id,
        detail={"from": row["from_manager"], "to": row["receivers"], "operation_id": str(started.id)}, at=now,
    )  # fmt: skip
    return started


async def _still_as_seen(tx: Tx, reassignment_id: UUID, from_manager: str, places: list[str]) -> None:
    seen = await store.seen_of(tx, reassignment_id)
    now = {client.id: client.line() for client in await store.clients_of(tx, from_manager, places)}
    if seen != now:
        raise Overtaken(
            added=len(now.keys() - seen.keys()),
            gone=len(seen.keys() - now.keys()),
            changed=sum(now[client_id] != line for client_id, line in seen.items() if client_id in now),
        )
