"""The first person corrects what the second entered differently (XC-21); it is then entered again, blind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound

from client_registry.domain.second_entries import (
    NOT_ASKED,
    EntryKind,
    EntryStatus,
    NothingDiffers,
    PendingEntry,
    comparable,
)
from client_registry.store import second_entries as store
from client_registry.use_cases.apply_entry import apply_entry
from client_registry.use_cases.enter_again import DIFFERS, note


class _Undone(Exception):
    """Takes back the trial."""


async def correct_entry(
    tx: Tx, entry_id: UUID, values: Mapping[str, str], *, by: Principal, now: datetime
) -> PendingEntry:  # fmt: skip
    """The entry, waiting again. Only fields that differ are corrected; the whole is tried again.

    Raises NotFound, EntryOver, OnlyTheFirst, NothingDiffers, Invalid, and what the act raises.
    """
    found = await store.lock(tx, entry_id)
    if found is None or found[1] is None:
        raise NotFound()
    entry, kept = found[0], found[1]
    entry.require_first(by.subject)
    if entry.status is not EntryStatus.DIFFERS:
        raise NothingDiffers()
    if odd := sorted(values.keys() - set(entry.differing)):
        raise Invalid([FieldError(f"/values/{field}", "second-entry.not-asked", NOT_ASKED) for field in odd])
    for field, value in values.items():
        comparable(field, value)
        kept["values"][field] = value
        _put(kept["body"], entry.kind, field, value)
    try:
        async with tx.connection.transaction():
            await apply_entry(tx, kept["body"], now=now)
            raise _Undone
    except _Undone:
        after = entry.corrected()
    await store.save(tx, after, kept)
    await work_items.complete_for(tx, subject_id=entry_id, kind=DIFFERS, by=by, result="corrected", now=now)
    await note(tx, "corrected", after, by=by, now=now)
    return after


def _put(body: dict[str, Any], kind: EntryKind, field: str, value: str) -> None:
    """The corrected value in the place where the act will read it; its own second entry by the same clerk too."""
    if kind is EntryKind.IDENTITY:
        body["identity"]["name" if field == "name" else "number"] = value
        return
    form, registration = body.get("form"), body.get("registration")
    if registration is not None:
        if field in ("name", "identity_number", "birth_on"):
            registration[field] = value
            return
        if any(way == field for way, _ in registration["contacts"]):
            registration["contacts"] = [[way, value if way == field else was] for way, was in registration["contacts"]]
            return
    if form is not None:
        if form["contacts"] is not None and any(way == field for way, _ in form["contacts"]):
            form["contacts"] = [[way, value if way == field else was] for way, was in form["contacts"]]
        else:
            form["entered"][field] = value
