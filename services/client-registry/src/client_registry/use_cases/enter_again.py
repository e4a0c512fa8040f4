"""The second person enters the fields blind (XC-21): equal is done, different is told to both by the fields' names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import attachments, audit, due_work, work_items
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import NotFound, Stale

from client_registry.domain.second_entries import OPEN, EntryStatus, PendingEntry, differing
from client_registry.store import information_policies
from client_registry.store import second_entries as store
from client_registry.use_cases.apply_entry import apply_entry
from client_registry.use_cases.await_second_person import ENTER, EXPIRES

DIFFERS = "second-entry.differs"


async def enter_again(
    tx: Tx, entry_id: UUID, values: Mapping[str, str], *, by: Principal, grants: list[Grant], now: datetime
) -> PendingEntry:
    """The entry after it: applied, differs (or refused after the policy's last try), or overtaken where somebody changed
    the form meanwhile. What was entered first is checked again as it is applied.

    Raises NotFound, EntryOver, SecondIsFirst, NotYourEntry, Invalid for fields that were not asked for or are missing,
    and what the act itself raises.
    """
    found = await store.lock(tx, entry_id)
    if found is None:
        raise NotFound()
    entry, kept = found
    entry.require_second(by.subject, grants)
    if kept is None:
        raise NotFound()
    unlike = differing(kept["values"], values)
    if unlike:
        return await _differs(tx, entry, kept, unlike, by=by, now=now)
    try:
        async with tx.connection.transaction():
            client_id = await apply_entry(tx, kept["body"], now=now)
    except Stale:
        after = entry.over(EntryStatus.OVERTAKEN, by=by.subject, at=now)
    else:
        after = replace(entry.over(EntryStatus.APPLIED, by=by.subject, at=now), client_id=client_id)
        await attachments.move(tx, from_subject=entry_id, to_subject=client_id, client_id=client_id)
    await end_entry(tx, after, by=by, now=now)
    return after


async def _differs(
    tx: Tx, entry: PendingEntry, kept: Mapping[str, Any], unlike: tuple[str, ...], *, by: Principal, now: datetime
) -> PendingEntry:
    policy = await information_policies.current(tx)
    after = entry.compared(unlike, by=by.subject, at=now, attempts_max=policy.second_entry_attempts)
    if after.status not in OPEN:
        await end_entry(tx, after, by=by, now=now)
        return after
    await store.save(tx, after, kept)
    if not any(item.kind == DIFFERS for item in await work_items.list_of_subject(tx, entry.id)):
        await work_items.add(
            tx, kind=DIFFERS, rule="XC-21", text=DIFFERS, client_id=entry.client_id, subject_id=entry.id,
            owner=entry.first_by, owner_role=None, unit_id=None, due_at=entry.expires_at, now=now,
        )  # fmt: skip
    await note(tx, "differed", after, by=by, now=now)
    return after


async def end_entry(tx: Tx, entry: PendingEntry, *, by: Principal, now: datetime) -> None:
    """An entry that is over: nothing of it is kept, nobody is asked any more; the first person hears where it was not
    applied and somebody else ended it."""
    await store.save(tx, entry, None)
    await due_work.cancel(tx, kind=EXPIRES, subject_id=entry.id)
    for kind in (ENTER, DIFFERS):
        await work_items.complete_for(tx, subject_id=entry.id, kind=kind, by=by, result=entry.status.value, now=now)
    if entry.status is not EntryStatus.APPLIED:
        await attachments.remove_of(tx, [entry.id])
        if entry.first_by != by.subject:
            text = f"second-entry.{entry.status.value}"
            await work_items.add(
                tx, kind=text, rule="XC-21", text=text, client_id=entry.client_id, subject_id=entry.id,
                owner=entry.first_by, owner_role=None, unit_id=None, due_at=None, now=now,
            )  # fmt: skip
    await note(tx, entry.status.value, entry, by=by, now=now)


async def note(tx: Tx, what: str, entry: PendingEntry, *, by: Principal, now: datetime) -> None:
    """What happened to an entry, on record: names of fields only."""
    await audit.record(
        tx, act=f"second-entry.{what}", by=by, object_type="second-entry", object_id=entry.id, client_id=entry.client_id,
        detail={"first_by": entry.first_by, "differing": list(entry.differing), "attempts": entry.attempts}, at=now,
    )  # fmt: skip
