"""Proposing a client for the corporate list (CR-22, CR-24): by the corporate line, for another person's decision."""

from datetime import date, datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.corporate_vips import Entry, EntryStatus, check_days, check_free
from client_registry.store import clients, reviews
from client_registry.store import corporate_vips as store

KIND = "corporate-vip"


async def propose_corporate_vip(
    tx: Tx,
    client_id: UUID,
    *,
    grounds: str,
    evidence_no: str,
    valid_from: date,
    valid_until: date,
    by: Principal,
    now: datetime,
) -> Entry:
    """The entry that waits. Raises Invalid for wrong days, ListedAlready, `approvals.AlreadyProposed`."""
    today = business_day(now)
    check_days(valid_from, valid_until, today=today, policy=await reviews.policy_on(tx, today))
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    entry = Entry(
        id=new_id(),
        client_id=client_id,
        evidence_no=evidence_no,
        valid_from=valid_from,
        valid_until=valid_until,
        status=EntryStatus.PROPOSED,
        proposed_by=by.subject,
        proposed_at=now,
        version=1,
    )
    check_free(entry, await store.of_client(tx, client_id))
    # One proposal a client at a time; its own version never moves while it waits.
    await approvals.propose(tx, kind=KIND, subject_id=client_id, subject_version=entry.version, by=by, now=now)
    await store.add(tx, entry, grounds=grounds)
    await audit.record(
        tx, act="corporate-vip.proposed", by=by, object_type=KIND, object_id=entry.id, client_id=client_id,
        detail={"valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat(), "evidence_no": evidence_no},
        at=now,
    )  # fmt: skip
    return entry
