"""A legal hold: nothing of this client is erased while it holds. Placed at once, confirmed and let go by second persons."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.relationships import PersonErased
from client_registry.domain.retention import HoldMoved
from client_registry.store import clients, retention

PLACING, RELEASE = "legal-hold", "legal-hold-release"


async def place_legal_hold(tx: Tx, client_id: UUID, *, cause: str, reason: str, by: Principal, now: datetime) -> UUID:
    """The hold's id; it holds from this moment. Raises NotFound, ClientMerged, PersonErased."""
    file = await clients.lock_client(tx, client_id, former=True)
    if file is None:
        raise NotFound()
    if file["erased_on"] is not None:
        raise PersonErased(erased_on=file["erased_on"].isoformat())
    hold_id = new_id()
    await retention.add_hold(tx, hold_id, client_id=client_id, cause=cause, reason=reason, by=by.subject, now=now)
    await approvals.propose(tx, kind=PLACING, subject_id=hold_id, subject_version=1, by=by, now=now)
    await _audit(tx, "legal-hold.placed", hold_id, client_id, by, now)
    return hold_id


async def confirm_legal_hold(tx: Tx, hold_id: UUID, *, by: Principal, now: datetime) -> Record:
    """Another person agrees. Raises NotFound, HoldMoved, SamePerson."""
    hold = await _lock(tx, hold_id, "placed")
    await approvals.approve(tx, kind=PLACING, subject_id=hold_id, subject_version=hold["version"], by=by, now=now)
    await retention.confirm_hold(tx, hold_id, by=by.subject, now=now)
    await _audit(tx, "legal-hold.confirmed", hold_id, hold["client_id"], by, now)
    return hold


async def ask_for_release(tx: Tx, hold_id: UUID, *, by: Principal, now: datetime) -> Record:
    """It holds on until another person lets go of it. Raises NotFound, HoldMoved."""
    hold = await _lock(tx, hold_id, "placed", "confirmed")
    if hold["status"] == "placed":
        await approvals.refuse(tx, kind=PLACING, subject_id=hold_id, by=by, now=now, reason="released")
    await retention.ask_release(tx, hold_id, by=by.subject, now=now)
    await approvals.propose(
        tx, kind=RELEASE, subject_id=hold_id, subject_version=hold["version"] + 1, by=by, now=now
    )  # fmt: skip
    await _audit(tx, "legal-hold.release-asked", hold_id, hold["client_id"], by, now)
    return hold


async def release_legal_hold(tx: Tx, hold_id: UUID, *, by: Principal, now: datetime) -> Record:
    """Retention goes on where it was. Raises NotFound, HoldMoved, SamePerson."""
    hold = await _lock(tx, hold_id, "release_asked")
    await approvals.approve(tx, kind=RELEASE, subject_id=hold_id, subject_version=hold["version"], by=by, now=now)
    await retention.release(tx, hold_id, by=by.subject, now=now)
    await _audit(tx, "legal-hold.released", hold_id, hold["client_id"], by, now)
    return hold


async def _lock(tx: Tx, hold_id: UUID, *wanted: str) -> Record:
    hold = await retention.lock_hold(tx, hold_id)
    if hold is None:
        raise NotFound()
    if hold["status"] not in wanted:
        raise HoldMoved()
    return hold


async def _audit(tx: Tx, act: str, hold_id: UUID, client_id: UUID, by: Principal, now: datetime) -> None:
    await audit.record(
        tx, act=act, by=by, object_type="legal-hold", object_id=hold_id, client_id=client_id, at=now
    )  # fmt: skip
