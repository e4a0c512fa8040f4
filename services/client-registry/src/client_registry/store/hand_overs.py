"""Hand-overs of clients, and the records between posts, in PostgreSQL. Records are added to and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.hand_overs import (
    HandOver,
    HandOverPending,
    HandOverStatus,
    RefusalReason,
    RelationshipPolicy,
)
from client_registry.tables.managers import (
    hand_over_remarks,
    manager_hand_overs,
    post_hand_over_signatures,
    post_hand_overs,
    relationship_policies,
)

REMARKS = "hand_over_remarks.remarks"
_POLICY = prepare(
    sa.select(relationship_policies)
    .where(relationship_policies.c.valid_from <= sa.bindparam("day"))
    .order_by(relationship_policies.c.version.desc())
    .limit(1)
)
_ADD = prepare(
    insert(manager_hand_overs)
    .values({column.name: sa.bindparam(column.name) for column in manager_hand_overs.c})
    .on_conflict_do_nothing(index_elements=[manager_hand_overs.c.client_id], index_where=sa.text("status = 'proposed'"))
)
_GET = prepare(sa.select(manager_hand_overs).where(manager_hand_overs.c.id == sa.bindparam("hand_over_id")))
_LOCK = prepare(
    sa.select(manager_hand_overs).where(manager_hand_overs.c.id == sa.bindparam("hand_over_id")).with_for_update()
)
_SAVE = prepare(
    sa.update(manager_hand_overs)
    .where(manager_hand_overs.c.id == sa.bindparam("hand_over_id"))
    .values(
        status=sa.bindparam("new_status"),
        answered_by=sa.bindparam("new_answered_by"),
        answered_at=sa.bindparam("new_answered_at"),
        refusal=sa.bindparam("new_refusal"),
        version=sa.bindparam("new_version"),
    )
)
_OVERTAKE = prepare(
    sa.text(
        """
        UPDATE manager_hand_overs
        SET status = 'overtaken', answered_by = :by, answered_at = :now, version = version + 1
        WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND status = 'proposed' RETURNING id
        """
    )
)
_ADD_REMARKS = prepare(
    sa.insert(hand_over_remarks).values({column.name: sa.bindparam(column.name) for column in hand_over_remarks.c})
)
_ADD_RECORD = prepare(
    insert(post_hand_overs)
    .values({column.name: sa.bindparam(column.name) for column in post_hand_overs.c})
    .on_conflict_do_nothing(index_elements=["source_id", "from_subject", "to_subject"])
)
_RECORD_OF = prepare(
    sa.select(post_hand_overs.c.id).where(
        post_hand_overs.c.source_id == sa.bindparam("source_id"),
        post_hand_overs.c.from_subject == sa.bindparam("from_subject"),
        post_hand_overs.c.to_subject == sa.bindparam("to_subject"),
    )
)
_ADD_ITEMS = prepare(
    sa.text(
        """
        INSERT INTO post_hand_over_items (record_id, object_id, kind, client_id)
        SELECT :record_id, i.object_id, i.kind, i.client_id
        FROM unnest(CAST(:object_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:client_ids AS uuid[]))
             AS i(object_id, kind, client_id)
        ON CONFLICT DO NOTHING
        """
    )
)
_SIGN = prepare(
    insert(post_hand_over_signatures)
    .values({column.name: sa.bindparam(column.name) for column in post_hand_over_signatures.c})
    .on_conflict_do_nothing()
)
_IS_POSTED_AT = prepare(
    sa.text(
        """
        SELECT EXISTS (SELECT FROM postings p JOIN staff s ON s.id = p.staff_id
                       WHERE s.subject = :subject AND s.active AND p.unit_id = :unit_id
                         AND p.role = ANY(CAST(:roles AS text[]))
                         AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on))
        """
    )
)
# The nearest unit at or above a place where somebody holds one of the roles, the roles in their order.
_NEAREST = prepare(
    sa.text(
        """
        SELECT p.role, u.id AS unit_id, u.path
        FROM units home JOIN units u ON starts_with(home.path, u.path)
        JOIN postings p ON p.unit_id = u.id JOIN staff s ON s.id = p.staff_id AND s.active
        WHERE home.id = :unit_id AND p.role = ANY(CAST(:roles AS text[]))
          AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        ORDER BY length(u.path) DESC, array_position(CAST(:roles AS text[]), p.role), u.id LIMIT 1
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRecord:
    """A record between two posts (XC-23)."""

    id: UUID
    kind: str
    source_id: UUID
    unit_path: str
    from_subject: str
    to_subject: str
    made_at: datetime


async def policy_on(tx: Tx, day: date) -> RelationshipPolicy:
    """The bank's choices about managers in force on that day."""
    row = await tx.fetchrow(_POLICY, day=day)
    if row is None:
        raise LookupError(f"no relationship policy is in force on {day}")
    return RelationshipPolicy.from_document(row["version"], row["article"], row["document"])


async def add(tx: Tx, hand_over: HandOver) -> None:
    """A new hand-over. Raises HandOverPending: the unique index decides, not a look."""
    added = await tx.execute(
        _ADD,
        id=hand_over.id,
        client_id=hand_over.client_id,
        from_manager=hand_over.from_manager,
        to_manager=hand_over.to_manager,
        unit_id=hand_over.unit_id,
        status=hand_over.status.value,
        proposed_by=hand_over.proposed_by,
        proposed_at=hand_over.proposed_at,
        answered_by=None,
        answered_at=None,
        refusal=None,
        version=hand_over.version,
    )
    if not added:
        raise HandOverPending()


async def find(tx: Tx, hand_over_id: UUID) -> HandOver | None:
    """One hand-over, or None."""
    return _hand_over(await tx.fetchrow(_GET, hand_over_id=hand_over_id))


async def lock(tx: Tx, hand_over_id: UUID) -> HandOver | None:
    """The same, locked. Where the client's row is locked too, that one comes first."""
    return _hand_over(await tx.fetchrow(_LOCK, hand_over_id=hand_over_id))


async def save(tx: Tx, hand_over: HandOver) -> None:
    """An answered hand-over."""
    await tx.execute(
        _SAVE,
        hand_over_id=hand_over.id,
        new_status=hand_over.status.value,
        new_answered_by=hand_over.answered_by,
        new_answered_at=hand_over.answered_at,
        new_refusal=None if hand_over.refusal is None else hand_over.refusal.value,
        new_version=hand_over.version,
    )


async def overtake(tx: Tx, client_ids: Sequence[UUID], *, by: str, now: datetime) -> list[UUID]:
    """Open hand-overs of clients who got a manager in another way are over; gives their ids."""
    return [row["id"] for row in await tx.fetch(_OVERTAKE, client_ids=list(client_ids), by=by, now=now)]


async def add_remarks(tx: Tx, source_id: UUID, remarks: str, *, client_id: UUID | None, by: str, now: datetime) -> None:
    """Words beside a hand-over or a reassignment, sealed."""
    await tx.execute(
        _ADD_REMARKS,
        id=source_id,
        client_id=client_id,
        remarks_sealed=tx.cipher.seal(REMARKS, source_id, remarks),
        written_by=by,
        written_at=now,
    )


async def add_record(tx: Tx, record: PostRecord) -> UUID:
    """The id of the record of that source between these two; a second call gives the same one."""
    await tx.execute(
        _ADD_RECORD,
        id=record.id,
        kind=record.kind,
        source_id=record.source_id,
        unit_path=record.unit_path,
        from_subject=record.from_subject,
        to_subject=record.to_subject,
        made_at=record.made_at,
    )
    found: UUID = await tx.fetchval(
        _RECORD_OF, source_id=record.source_id, from_subject=record.from_subject, to_subject=record.to_subject
    )
    return found


async def add_items(tx: Tx, record_id: UUID, items: Sequence[tuple[UUID, str, UUID]]) -> None:
    """What went over: (object, client or work_item, client)."""
    await tx.execute(
        _ADD_ITEMS,
        record_id=record_id,
        object_ids=[item[0] for item in items],
        kinds=[item[1] for item in items],
        client_ids=[item[2] for item in items],
    )


async def sign(tx: Tx, record_id: UUID, *, part: str, subject: str, now: datetime) -> bool:
    """Whether the signature was new; each part is signed once, and nobody signs both."""
    return bool(await tx.execute(_SIGN, record_id=record_id, part=part, subject=subject, signed_at=now))


async def is_posted_at(tx: Tx, subject: str, unit_id: UUID, roles: frozenset[str], *, day: date) -> bool:
    """Whether a person holds one of these roles at this very unit on that day."""
    return bool(await tx.fetchval(_IS_POSTED_AT, subject=subject, unit_id=unit_id, roles=sorted(roles), day=day))


async def nearest_post(tx: Tx, unit_id: UUID, roles: Sequence[str], *, day: date) -> tuple[str, UUID, str] | None:
    """Role, unit and path of the nearest holder at or above a unit; None where nobody holds any of the roles."""
    row = await tx.fetchrow(_NEAREST, unit_id=unit_id, roles=list(roles), day=day)
    return None if row is None else (row["role"], row["unit_id"], row["path"])


def _hand_over(row: Record | None) -> HandOver | None:
    if row is None:
        return None
    given = dict(row)
    refusal = given["refusal"]
    return HandOver(
        **given
        | {"status": HandOverStatus(given["status"]), "refusal": None if refusal is None else RefusalReason(refusal)}
    )
