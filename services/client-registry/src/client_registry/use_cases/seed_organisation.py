"""Bringing the organisation to what a file states: units, people and their postings (XC-1, XC-2, XC-3, XC-8)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import system
from chassis.ids import new_id

from client_registry.domain.organisation import OrganisationRefused, Posting, Unit, parents_first, unit_path
from client_registry.domain.reference import OrganisationFile, StaffEntry, UnitEntry, day_before
from client_registry.domain.units import Cause
from client_registry.store import organisation as store
from client_registry.store import unit_history


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """How much was new or different."""

    units: int
    postings: int


async def seed_organisation(tx: Tx, file: OrganisationFile, *, now: datetime) -> Seeded:
    """The file's units and people as they now stand; the same file twice changes nothing and says nothing.

    A posting that the file no longer names for a person it does name ends at once; people and units it does not name
    stay as they are.
    """
    units = await _seed_units(tx, file.units, now=now)
    by_code = {unit.code: unit.id for unit in await store.list_units(tx)}
    postings = 0
    for person in file.staff:
        postings += await _seed_person(tx, person, by_code, now=now)
    return Seeded(units=units, postings=postings)


async def _seed_units(tx: Tx, entries: tuple[UnitEntry, ...], *, now: datetime) -> int:
    known = {unit.code: unit for unit in await store.list_units(tx)}
    wanted = {entry.code: entry for entry in entries}
    above = [(code, entry.parent_code) for code, entry in wanted.items()]
    above += [(unit.code, None) for unit in known.values() if unit.code not in wanted]
    changed: list[Unit] = []
    for code in parents_first(above):
        entry = wanted.get(code)
        if entry is None:
            continue
        unit = _as_stated(entry, known)
        before = known.get(code)
        if before is None or not unit.same_facts(before):
            known[code] = unit
            changed.append(unit)
    await store.save_units(tx, changed)
    await unit_history.keep(
        tx, [unit.id for unit in changed], by=system("client-registry"), cause=Cause.STATED, reason=None, at=now
    )
    await outbox.add(tx, *(unit.said(now) for unit in changed))
    return len(changed)


def _as_stated(entry: UnitEntry, known: dict[str, Unit]) -> Unit:
    before = known.get(entry.code)
    parent = known[entry.parent_code] if entry.parent_code is not None else None
    return Unit(
        id=new_id() if before is None else before.id,
        parent_id=None if parent is None else parent.id,
        kind=entry.kind,
        code=entry.code,
        path=unit_path(None if parent is None else parent.path, entry.code),
        name_zh=entry.name_zh,
        name_en=entry.name_en,
        branch_code=entry.branch_code,
        active=True,
        version=1 if before is None else before.version + 1,
        service_institution=None if before is None else before.service_institution,
    )


async def _seed_person(tx: Tx, person: StaffEntry, units: dict[str, UUID], *, now: datetime) -> int:
    today = business_day(now)
    standing = await store.lock_staff(tx, person.staff_no)
    staff_id, version = (new_id(), 0) if standing is None else standing
    valid = [posting for posting in await store.list_postings(tx, staff_id) if posting.is_valid(today)]
    held = {(posting.unit_id, posting.role, posting.reach): posting for posting in valid}
    try:
        wanted = {(units[entry.unit_code], entry.role, entry.reach) for entry in person.postings}
    except KeyError as nowhere:
        raise OrganisationRefused(reason=f"there is no unit {nowhere}") from None
    if standing is None:
        await store.add_staff(
            tx, staff_id=staff_id, staff_no=person.staff_no, name=person.name, work_phone=person.work_phone
        )
    facts = []
    for place, posting in held.items():
        if place not in wanted:
            version += 1
            ended = _ended(posting, now=now)
            await store.end_posting(tx, posting.id, until_on=day_before(today))
            facts.append(ended.said(version=version, at=now))
    for unit_id, role, reach in sorted(wanted - held.keys()):
        version += 1
        begun = Posting(
            id=new_id(), staff_id=staff_id, subject=f"staff:{person.staff_no}", unit_id=unit_id, role=role, reach=reach,
            from_on=today, until_on=None,
        )  # fmt: skip
        await store.add_posting(tx, begun)
        facts.append(begun.said(version=version, at=now))
    await store.save_staff(
        tx, staff_id=staff_id, name=person.name, work_phone=person.work_phone, version=max(version, 1)
    )
    await outbox.add(tx, *facts)
    return len(facts)


def _ended(posting: Posting, *, now: datetime) -> Posting:
    return Posting(
        id=posting.id,
        staff_id=posting.staff_id,
        subject=posting.subject,
        unit_id=posting.unit_id,
        role=posting.role,
        reach=posting.reach,
        from_on=posting.from_on,
        until_on=day_before(business_day(now)),
    )
