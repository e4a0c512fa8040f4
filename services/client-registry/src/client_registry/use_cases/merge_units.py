"""Merging a unit into another, in ranges: clients first, then staff, policies and what is below it (XC-1, XC-3, CR-39)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit, due_work, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.operations import Operation, Step

from client_registry.domain.organisation import Posting, Unit
from client_registry.domain.reference import day_before
from client_registry.domain.units import Cause, check_merger
from client_registry.store import organisation, staff, unit_history, unit_mergers, units
from client_registry.use_cases.end_delegations_of import end_delegations_of
from client_registry.use_cases.post_staff import BEGINS, begin_of

RANGE = 1_000


async def merge_units(tx: Tx, op: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next range of clients, each with its ClientMoved; after the last one everything else, in one transaction.

    The merged unit is closed and stands below the one that took it over, so that its papers, cases and cards stay within
    the reach of those who now answer for them.
    """
    unit, target = await _unit(tx, op.detail["unit_id"]), await _unit(tx, op.detail["into_unit_id"])
    total = op.total if op.total is not None else await unit_mergers.count_clients(tx, unit.id)
    moved = await unit_mergers.move_range(tx, unit.id, into_id=target.id, size=size, today=business_day(now), now=now)
    if moved == size:
        check_merger(unit, target, await units.units_below(tx, unit.id))
        return Step(done=op.done + moved, total=max(total, op.done + moved))
    await units.lock_tree(tx)
    unit, target = await _locked(tx, unit.id), await _locked(tx, target.id)
    below = await units.units_below(tx, unit.id)
    check_merger(unit, target, below)
    by = Principal(op.started_by)
    # Whoever was registered here since the range before is taken along: the unit's row is locked now.
    moved += await unit_mergers.move_range(tx, unit.id, into_id=target.id, size=size, today=business_day(now), now=now)
    postings = await _move_staff(tx, unit.id, target.id, by=by, now=now)
    policies = await unit_mergers.move_policies(tx, unit.id, into_id=target.id)
    changed = await _close_below(tx, unit, target, below)
    ids = [each.id for each in changed]
    await unit_history.keep(tx, ids, by=by, cause=Cause.MERGED, reason=op.detail["reason"], at=now)
    await outbox.add(tx, *(each.said(now) for each in changed))
    result = {"clients": op.done + moved, "postings": postings, "policies": policies, "units": len(changed)}
    await audit.record(
        tx, act="unit.merged", by=by, object_type="unit", object_id=unit.id,
        detail={"into_unit_id": str(target.id), **result}, at=now,
    )  # fmt: skip
    return Step(done=op.done + moved, total=op.done + moved, finished=True, result=result)


async def _unit(tx: Tx, unit_id: str) -> Unit:
    unit = await organisation.find_unit(tx, UUID(unit_id))
    if unit is None:
        raise LookupError(f"no unit {unit_id}")
    return unit


async def _locked(tx: Tx, unit_id: UUID) -> Unit:
    unit = await units.lock_unit(tx, unit_id)
    if unit is None:
        raise LookupError(f"no unit {unit_id}")
    return unit


async def _close_below(tx: Tx, unit: Unit, target: Unit, below: list[Unit]) -> list[Unit]:
    """What was below the unit stands below the target; the unit itself, closed, does too."""
    changed: dict[UUID, Unit] = {}
    for child in below:
        changed |= {each.id: each for each in await units.move_subtree(tx, child, parent=target)}
    closed = await units.close(tx, unit.id, into_id=target.id)
    changed |= {each.id: each for each in await units.move_subtree(tx, closed, parent=target)}
    return sorted(changed.values(), key=lambda each: each.path)


async def _move_staff(tx: Tx, unit_id: UUID, into_id: UUID, *, by: Principal, now: datetime) -> int:
    """Each posting ends here and goes on there, unless the person holds it there already."""
    today = business_day(now)
    found = await unit_mergers.list_postings(tx, unit_id, day=today)
    for posting in found:
        person = await staff.lock_person(tx, posting.staff_id)
        if person is None:
            raise LookupError(f"no staff {posting.staff_id}")
        version = person.version
        begun = posting.from_on <= today
        held = await organisation.list_postings(tx, posting.staff_id)
        await end_delegations_of(tx, posting, by=by, now=now)
        over = replace(posting, until_on=day_before(today))
        await organisation.end_posting(tx, posting.id, until_on=day_before(min(today, posting.from_on)))
        if begun:
            version += 1
            await outbox.add(tx, over.said(version=version, at=now))
        if not _held_there(posting, held, into_id):
            new = replace(posting, id=new_id(), unit_id=into_id, from_on=max(today, posting.from_on))
            await organisation.add_posting(tx, new)
            if begun:
                version += 1
                await outbox.add(tx, new.said(version=version, at=now))
            else:
                await _later(tx, posting, new)
        await staff.set_version(tx, person.id, version)
    return len(found)


async def _later(tx: Tx, old: Posting, new: Posting) -> None:
    """A posting that is yet to begin is told when its day comes, at the new unit."""
    await due_work.cancel(tx, kind=BEGINS, subject_id=old.id)
    await due_work.schedule(tx, kind=BEGINS, subject_id=new.id, due_at=begin_of(new.from_on))


def _held_there(posting: Posting, held: list[Posting], into_id: UUID) -> bool:
    return any(
        each.unit_id == into_id and each.role == posting.role and each.reach == posting.reach and each.until_on is None
        for each in held
    )
