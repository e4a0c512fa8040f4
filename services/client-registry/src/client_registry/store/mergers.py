"""Mergers in PostgreSQL: the proposal, what both files were before, and what the survivor becomes."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.contact_ways import ContactWay, Way, contact_id
from client_registry.domain.mergers import MergerPolicy
from client_registry.store.clients import CONTACT, contact_index
from client_registry.tables.mergers import client_mergers

REASON = "client_mergers.reason"
BEFORE = "client_mergers.before"
_NEW = (
    "id", "surviving_client_id", "merged_client_id", "contacts", "surviving_version", "merged_version", "status",
    "reason_sealed", "proposed_by", "proposed_at",
)  # fmt: skip
_ADD = prepare(insert(client_mergers).values({name: sa.bindparam(name) for name in _NEW}).on_conflict_do_nothing())
_LOCK = prepare(sa.select(client_mergers).where(client_mergers.c.id == sa.bindparam("merger_id")).with_for_update())
_OPEN_OF = prepare(
    sa.text(
        """
        SELECT id FROM client_mergers WHERE status = 'proposed'
          AND (surviving_client_id = ANY(CAST(:client_ids AS uuid[])) OR merged_client_id = ANY(CAST(:client_ids AS uuid[])))
        LIMIT 1
        """
    )
)
_REFUSED = prepare(
    sa.text(
        "UPDATE client_mergers SET status = 'refused', decided_by = :by, decided_at = :now, version = version + 1 "
        "WHERE id = :merger_id"
    )
)
_MERGED = prepare(
    sa.text(
        """
        UPDATE client_mergers SET status = 'merged', decided_by = :by, decided_at = :now, reversible_until = :until,
               before_sealed = :before_sealed, version = version + 1
        WHERE id = :merger_id
        """
    )
)
_REVERSED = prepare(
    sa.text(
        """
        UPDATE client_mergers SET status = 'reversed', reversed_by = :by, reversed_at = :now, before_sealed = NULL,
               version = version + 1
        WHERE id = :merger_id
        """
    )
)
_POLICY = prepare(
    sa.text(
        "SELECT version, reversal_days, proposal_days FROM merger_policies WHERE valid_from <= :today "
        "ORDER BY version DESC LIMIT 1"
    )
)
# Both files at once and in id order: two mergers of the same pair take turns.
_LOCK_PAIR = prepare(
    sa.text(
        """
        SELECT id, kind, card_level, service_tier, home_unit_id, serving_unit_ids, card_number, merged_into, died_on,
               version
        FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) ORDER BY id FOR UPDATE
        """
    )
)
_CONTACTS = prepare(
    sa.text("SELECT id, way, value_sealed FROM client_contacts WHERE client_id = :client_id ORDER BY priority")
)
_DROP_CONTACTS = prepare(sa.text("DELETE FROM client_contacts WHERE client_id = :client_id"))
_ADD_CONTACT = prepare(
    sa.text(
        "INSERT INTO client_contacts (client_id, way, priority, value_sealed, value_index) "
        "VALUES (:client_id, :way, :priority, :value_sealed, :value_index)"
    )
)
_QUALIFICATIONS = prepare(
    sa.text(
        "SELECT q.level, q.status, to_jsonb(q) AS row FROM qualifications AS q WHERE client_id = :client_id "
        "ORDER BY level FOR UPDATE"
    )
)
_DROP_QUALIFICATIONS = prepare(sa.text("DELETE FROM qualifications WHERE client_id = :client_id"))
_PUT_QUALIFICATIONS = prepare(
    sa.text(
        "INSERT INTO qualifications SELECT * FROM jsonb_populate_recordset(CAST(NULL AS qualifications), CAST(:rows AS jsonb))"
    )
)
_END_MEMBERSHIP = prepare(
    sa.text(
        "UPDATE memberships SET status = 'ended', ended_on = :today, version = version + 1 WHERE id = :membership_id"
    )
)
_RESUME_MEMBERSHIP = prepare(
    sa.text(
        """
        UPDATE memberships AS m SET status = 'member', ended_on = NULL, version = version + 1
        WHERE id = :membership_id AND NOT EXISTS (
            SELECT FROM memberships AS o WHERE o.client_id = m.client_id AND o.status = 'member')
        """
    )
)
_SURVIVE = prepare(
    sa.text(
        """
        UPDATE clients SET card_level = :card_level, service_tier = :service_tier, card_number = :card_number,
               serving_unit_ids = CAST(:serving_unit_ids AS uuid[]), version = :version
        WHERE id = :client_id
        """
    )
)
_POINT = prepare(
    sa.text("UPDATE clients SET merged_into = :surviving, version = version + 1 WHERE id = :merged RETURNING version")
)
_CLOSE_PAIRS = prepare(
    sa.text(
        """
        UPDATE duplicate_candidates SET status = 'merged', decided_by = :by, decided_at = :now
        WHERE status = 'open' AND (client_id = :merged OR other_client_id = :merged)
        """
    )
)


_EXPIRE = prepare(
    sa.text(
        """
        WITH over AS (
            UPDATE approvals SET status = 'expired' WHERE kind = :kind AND status = 'open' AND expires_at <= :now
            RETURNING subject_id
        )
        UPDATE client_mergers AS m SET status = 'refused', decided_by = :by, decided_at = :now, version = version + 1
        FROM over WHERE m.id = over.subject_id AND m.status = 'proposed' RETURNING m.id, m.surviving_client_id
        """
    )
)


async def add(tx: Tx, merger_id: UUID, *, reason: str, contacts: Sequence[Mapping[str, str]], **said: Any) -> bool:
    """The proposal; False where the merged file is in another one already."""
    return bool(
        await tx.execute(
            _ADD, id=merger_id, reason_sealed=tx.cipher.seal(REASON, merger_id, reason), contacts=list(contacts),
            status="proposed", **said,
        )
    )  # fmt: skip


async def lock(tx: Tx, merger_id: UUID) -> Record | None:
    """A merger, locked."""
    return await tx.fetchrow(_LOCK, merger_id=merger_id)


async def has_open(tx: Tx, client_ids: Sequence[UUID]) -> bool:
    """Whether one of these files waits in another proposal."""
    return await tx.fetchval(_OPEN_OF, client_ids=list(client_ids)) is not None


async def refuse(tx: Tx, merger_id: UUID, *, by: str, now: datetime) -> None:
    """The proposal ends without effect."""
    await tx.execute(_REFUSED, merger_id=merger_id, by=by, now=now)


async def policy(tx: Tx, *, today: date) -> MergerPolicy:
    """The windows in force. LookupError where none is."""
    row = await tx.fetchrow(_POLICY, today=today)
    if row is None:
        raise LookupError(f"no merger policy is in force on {today}")
    return MergerPolicy(**dict(row))


async def lock_pair(tx: Tx, surviving: UUID, merged: UUID) -> tuple[Record | None, Record | None]:
    """Both files, locked."""
    rows = {row["id"]: row for row in await tx.fetch(_LOCK_PAIR, client_ids=[surviving, merged])}
    return rows.get(surviving), rows.get(merged)


async def contacts_of(tx: Tx, client_id: UUID) -> dict[Way, str]:
    """A file's ways, opened, in the client's order."""
    rows = await tx.fetch(_CONTACTS, client_id=client_id)
    return {Way(row["way"]): tx.cipher.open(CONTACT, row["id"], row["value_sealed"]) for row in rows}


async def put_contacts(tx: Tx, client_id: UUID, contacts: Sequence[ContactWay]) -> None:
    """A file's ways, all of them, sealed for this file."""
    await tx.execute(_DROP_CONTACTS, client_id=client_id)
    await tx.executemany(
        _ADD_CONTACT,
        [
            {
                "client_id": client_id,
                "way": contact.way.value,
                "priority": contact.priority,
                "value_sealed": tx.cipher.seal(CONTACT, contact_id(client_id, contact.way), contact.value),
                "value_index": contact_index(tx, contact.way, contact.value),
            }
            for contact in contacts
        ],
    )


async def lock_qualifications(tx: Tx, client_id: UUID) -> dict[str, dict[str, Any]]:
    """A file's qualifications by level, whole rows, locked."""
    return {row["level"]: row["row"] for row in await tx.fetch(_QUALIFICATIONS, client_id=client_id)}


async def put_qualifications(tx: Tx, client_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """A file's qualifications, all of them."""
    await tx.execute(_DROP_QUALIFICATIONS, client_id=client_id)
    if rows:
        await tx.execute(_PUT_QUALIFICATIONS, rows=[{**row, "client_id": str(client_id)} for row in rows])


async def end_membership(tx: Tx, membership_id: UUID, *, today: date) -> None:
    """The lower one of two that would stand."""
    await tx.execute(_END_MEMBERSHIP, membership_id=membership_id, today=today)


async def resume_membership(tx: Tx, membership_id: UUID) -> None:
    """It stands again, where no other one stands by now."""
    await tx.execute(_RESUME_MEMBERSHIP, membership_id=membership_id)


async def survive(tx: Tx, client_id: UUID, **become: Any) -> None:
    """What the survivor's file is from now on."""
    await tx.execute(_SURVIVE, client_id=client_id, **become)


async def point(tx: Tx, *, merged: UUID, surviving: UUID | None) -> int:
    """The merged file points to the survivor, or with None stands for itself again; its version."""
    return int(await tx.fetchval(_POINT, merged=merged, surviving=surviving))


async def close_pairs(tx: Tx, *, merged: UUID, by: str, now: datetime) -> None:
    """Pairs of the merged file in the queue are settled."""
    await tx.execute(_CLOSE_PAIRS, merged=merged, by=by, now=now)


async def keep_merged(
    tx: Tx, merger_id: UUID, *, before: Mapping[str, Any], until: date, by: str, now: datetime
) -> None:
    """The merger stands; what was before is kept, sealed, until the window is over."""
    sealed = tx.cipher.seal(BEFORE, merger_id, json.dumps(before, ensure_ascii=False))
    await tx.execute(_MERGED, merger_id=merger_id, before_sealed=sealed, until=until, by=by, now=now)


def before_of(tx: Tx, merger: Record) -> dict[str, Any]:
    """What both files were before."""
    found: dict[str, Any] = json.loads(tx.cipher.open(BEFORE, merger["id"], merger["before_sealed"]))
    return found


async def keep_reversed(tx: Tx, merger_id: UUID, *, by: str, now: datetime) -> None:
    """The merger is taken back."""
    await tx.execute(_REVERSED, merger_id=merger_id, by=by, now=now)


async def expire(tx: Tx, *, kind: str, by: str, now: datetime) -> list[tuple[UUID, UUID]]:
    """Proposals whose time is over end; each with its surviving file."""
    rows = await tx.fetch(_EXPIRE, kind=kind, by=by, now=now)
    return [(row["id"], row["surviving_client_id"]) for row in rows]
