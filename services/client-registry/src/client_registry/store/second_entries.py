"""First entries that wait for a second person, in PostgreSQL: what was entered goes in sealed and goes when it is over."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.second_entries import OPEN, EntryKind, EntryStatus, PendingEntry
from client_registry.tables.organisation import units
from client_registry.tables.second_entries import pending_entries

ENTERED = "pending_entries.entered"
_ADD = prepare(
    sa.insert(pending_entries).values({column.name: sa.bindparam(column.name) for column in pending_entries.c})
)
_ENTRY = sa.select(pending_entries, units.c.path.label("unit_path")).join(
    units, units.c.id == pending_entries.c.unit_id
)
_LOCK = prepare(_ENTRY.where(pending_entries.c.id == sa.bindparam("id")).with_for_update(of=pending_entries))
# Who works at the place or above it, whatever his reach: he sees that something waits, never what was entered.
_AT_MY_PLACES = sa.text(
    "EXISTS (SELECT FROM unnest(CAST(:places AS text[])) AS p(path) WHERE starts_with(units.path, p.path))"
)
_GET = prepare(_ENTRY.where(pending_entries.c.id == sa.bindparam("id"), _AT_MY_PLACES))
_LIST = prepare(
    _ENTRY.where(
        # What was entered is kept exactly while an entry is open.
        pending_entries.c.entered_sealed.is_not(None),
        _AT_MY_PLACES,
        sa.or_(
            sa.bindparam("after", type_=sa.Uuid()).is_(None),
            pending_entries.c.id > sa.bindparam("after", type_=sa.Uuid()),
        ),
    )
    .order_by(pending_entries.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_SAVED = ("client_id", "status", "differing", "attempts", "second_by", "second_at", "version", "entered_sealed")
_SAVE = prepare(
    sa.update(pending_entries)
    .where(pending_entries.c.id == sa.bindparam("the_id"))
    .values({name: sa.bindparam(f"new_{name}", type_=pending_entries.c[name].type) for name in _SAVED})
)


async def add(tx: Tx, entry: PendingEntry, entered: Mapping[str, Any]) -> None:
    """A first entry with what was entered."""
    row = {name: value for name, value in asdict(entry).items() if name != "unit_path"}
    await tx.execute(
        _ADD, **{**row, "kind": entry.kind.value, "status": entry.status.value, "fields": list(entry.fields),
                 "differing": list(entry.differing)},
        entered_sealed=_sealed(tx, entry.id, entered),
    )  # fmt: skip


async def lock(tx: Tx, entry_id: UUID) -> tuple[PendingEntry, dict[str, Any] | None] | None:
    """An entry and what was entered first, None for the latter once it is over; None where there is no such entry."""
    row = await tx.fetchrow(_LOCK, id=entry_id)
    if row is None:
        return None
    kept = row["entered_sealed"]
    return _entry(row), None if kept is None else json.loads(tx.cipher.open(ENTERED, entry_id, kept))


async def find(tx: Tx, entry_id: UUID, places: list[str]) -> PendingEntry | None:
    """An entry at one of these places or below, open or over."""
    row = await tx.fetchrow(_GET, id=entry_id, places=places)
    return None if row is None else _entry(row)


async def list_open(tx: Tx, places: list[str], *, after: UUID | None, size: int) -> list[PendingEntry]:
    """Open entries at these places and below, the oldest first."""
    return [_entry(row) for row in await tx.fetch(_LIST, places=places, after=after, size=size)]


async def save(tx: Tx, entry: PendingEntry, entered: Mapping[str, Any] | None) -> None:
    """An entry after what happened to it; lock it first. What was entered is kept only while it is open."""
    await tx.execute(
        _SAVE, the_id=entry.id, new_client_id=entry.client_id, new_status=entry.status.value,
        new_differing=list(entry.differing), new_attempts=entry.attempts, new_second_by=entry.second_by,
        new_second_at=entry.second_at, new_version=entry.version,
        new_entered_sealed=_sealed(tx, entry.id, entered) if entered is not None and entry.status in OPEN else None,
    )  # fmt: skip


def _sealed(tx: Tx, entry_id: UUID, entered: Mapping[str, Any]) -> bytes:
    return tx.cipher.seal(ENTERED, entry_id, json.dumps(entered, ensure_ascii=False))


def _entry(row: Record) -> PendingEntry:
    return PendingEntry(
        id=row["id"], kind=EntryKind(row["kind"]), client_id=row["client_id"], unit_id=row["unit_id"],
        unit_path=row["unit_path"], fields=tuple(row["fields"]), status=EntryStatus(row["status"]),
        differing=tuple(row["differing"]), attempts=row["attempts"], first_by=row["first_by"], first_at=row["first_at"],
        expires_at=row["expires_at"], second_by=row["second_by"], second_at=row["second_at"], version=row["version"],
    )  # fmt: skip
