"""A first entry waits for a second person where the information policy asks for one (XC-21)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.ids import new_id

from client_registry.domain.second_entries import ROLES, EntryKind, EntryStatus, PendingEntry, grants_as_json
from client_registry.store import information_policies, organisation
from client_registry.store import second_entries as store
from client_registry.use_cases.apply_entry import apply_entry

ENTER = "second-entry.enter"
EXPIRES = "second-entry.expires"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstEntry:
    """What somebody entered: the values that may have to be entered again, and the whole of it, as it is done later."""

    kind: EntryKind
    client_id: UUID | None
    unit_id: UUID
    values: Mapping[str, str]
    body: Mapping[str, Any]


class _Undone(Exception):
    """Takes back the trial."""


async def await_second_person(
    tx: Tx, first: FirstEntry, *, by: Principal, grants: list[Grant], now: datetime
) -> PendingEntry | None:
    """The entry that waits now, sealed, with a work item for a colleague in the unit; None where the policy asks for no
    second person. What would be refused is refused at once: everything is tried and taken back. Raises what the act raises.
    """
    policy = await information_policies.current(tx)
    asked = {field: value for field, value in first.values.items() if field in policy.by_second_person()}
    if not asked:
        return None
    body = {
        **first.body, "kind": first.kind.value, "subject": by.subject, "grants": grants_as_json(grants),
        "client_id": None if first.client_id is None else str(first.client_id),
    }  # fmt: skip
    try:
        async with tx.connection.transaction():
            await apply_entry(tx, body, now=now)
            raise _Undone
    except _Undone:
        unit = await organisation.find_unit(tx, first.unit_id)
    path = "" if unit is None else unit.path
    entry = PendingEntry(
        id=new_id(), kind=first.kind, client_id=first.client_id, unit_id=first.unit_id, unit_path=path,
        fields=tuple(sorted(asked)), status=EntryStatus.WAITING, differing=(), attempts=0, first_by=by.subject, first_at=now,
        expires_at=now + timedelta(days=policy.second_entry_days), second_by=None, second_at=None, version=1,
    )  # fmt: skip
    await store.add(tx, entry, {"values": asked, "body": body})
    await due_work.schedule(tx, kind=EXPIRES, subject_id=entry.id, due_at=entry.expires_at)
    role = next((grant.role for grant in grants if grant.role in ROLES[first.kind]), grants[0].role)
    await work_items.add(
        tx, kind=ENTER, rule="XC-21", text=ENTER, client_id=first.client_id, subject_id=entry.id, owner=None,
        owner_role=role, unit_id=first.unit_id, unit_path=path, due_at=entry.expires_at, now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="second-entry.awaited", by=by, object_type="second-entry", object_id=entry.id, client_id=first.client_id,
        detail={"kind": first.kind.value, "fields": list(entry.fields)}, at=now,
    )  # fmt: skip
    return entry
