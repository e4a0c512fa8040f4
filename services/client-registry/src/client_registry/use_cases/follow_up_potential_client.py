"""What is done next about a potential client; the owner's work begins anew (CR-52)."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.potential_clients import PotentialEnded, PotentialStatus, check_next
from client_registry.store import potential_clients as store
from client_registry.use_cases.flag_potential_clients import flag_potential_clients
from client_registry.use_cases.record_potential_client import KIND, due_at


async def follow_up_potential_client(
    tx: Tx, potential_id: UUID, *, next_step: str, next_on: date, by: Principal, now: datetime
) -> None:
    """Raises NotFound, PotentialEnded, Invalid."""
    row = await lock_open(tx, potential_id)
    today = business_day(now)
    check_next(next_on, today=today)
    policy = await store.policy(tx, today=today)
    await store.save_next(tx, potential_id, next_step=next_step, next_on=next_on, forget_on=policy.forget_on(today))
    await work_items.complete_for(tx, subject_id=potential_id, kind=KIND, by=by, result="followed-up", now=now)
    await work_items.add(
        tx, kind=KIND, rule="CR-52", text=KIND, client_id=row["client_id"], subject_id=potential_id, owner=row["owner"],
        owner_role=None, unit_id=row["unit_id"], due_at=due_at(next_on, now), now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="potential-client.followed-up", by=by, object_type="potential-client", object_id=potential_id,
        client_id=row["client_id"], at=now,
    )  # fmt: skip


async def close_potential_client(tx: Tx, potential_id: UUID, *, because: str, by: Principal, now: datetime) -> None:
    """Nothing about the person is left; a client is one to be developed no longer. Raises NotFound, PotentialEnded."""
    row = await lock_open(tx, potential_id)
    await end_records(tx, [row], status=PotentialStatus.CLOSED, because=because, by=by, now=now)


async def end_records(
    tx: Tx, rows: list[Record], *, status: PotentialStatus, because: str, by: Principal, now: datetime
) -> None:
    """These records end, with the owners' work and the clients' flags."""
    ids = [row["id"] for row in rows]
    await store.end(tx, ids, status=status.value, because=because)
    await work_items.complete_for_many(tx, ids, kind=KIND, by=by, result=because, now=now)
    flagged = [row["client_id"] for row in rows if row["client_id"] is not None]
    await flag_potential_clients(tx, flagged, potential=False, now=now)
    for potential_id in ids:
        await audit.record(
            tx, act=f"potential-client.{status.value}", by=by, object_type="potential-client", object_id=potential_id,
            detail={"because": because}, at=now,
        )  # fmt: skip


async def end_of_client(tx: Tx, client_id: UUID, *, because: str, by: Principal, now: datetime) -> None:
    """A client who died is developed no more."""
    row = await store.open_of_client(tx, client_id)
    if row is not None:
        await end_records(tx, [row], status=PotentialStatus.CLOSED, because=because, by=by, now=now)


async def join_potentials(tx: Tx, *, surviving: UUID, merged: UUID, by: Principal, now: datetime) -> None:
    """Two files became one, before the rows move: one open record stands, and the survivor is flagged where either was."""
    flagged = await store.is_flagged(tx, merged)
    if await store.open_of_client(tx, surviving) is not None:
        await end_of_client(tx, merged, because="merged", by=by, now=now)
    if flagged:
        await flag_potential_clients(tx, [merged], potential=False, now=now)
        await flag_potential_clients(tx, [surviving], potential=True, now=now)


async def separate_potentials(tx: Tx, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """A merger was taken back, after the rows moved: whose record is open is flagged, and only he."""
    theirs = await store.open_of_client(tx, merged) is not None
    if theirs:
        await flag_potential_clients(tx, [merged], potential=True, now=now)
        if await store.open_of_client(tx, surviving) is None:
            await flag_potential_clients(tx, [surviving], potential=False, now=now)


async def lock_open(tx: Tx, potential_id: UUID) -> Record:
    """An open record, locked. Raises NotFound, PotentialEnded."""
    row = await store.lock(tx, potential_id)
    if row is None:
        raise NotFound()
    if row["status"] != PotentialStatus.OPEN:
        raise PotentialEnded()
    return row
