"""Hand-overs and the records between posts, as they are answered: to both, to heads of the place, to the auditor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.store.hand_overs import REMARKS

_HAND_OVERS = """
    SELECT h.*, c.client_no, c.service_tier, c.card_level, u.path AS home_path,
           EXISTS (SELECT FROM hand_over_remarks r WHERE r.id = h.id) AS has_remarks
    FROM manager_hand_overs h JOIN clients c ON c.id = h.client_id JOIN units u ON u.id = c.home_unit_id
    WHERE (u.path LIKE ANY(CAST(:paths AS text[])) OR :me IN (h.to_manager, h.from_manager, h.proposed_by))
"""
_LIST_HAND_OVERS = prepare(
    sa.text(
        _HAND_OVERS
        + """
        AND (CAST(:status AS text) IS NULL OR h.status = :status) AND (CAST(:after AS uuid) IS NULL OR h.id > :after)
        ORDER BY h.id LIMIT :size
        """
    )
)
_GET_HAND_OVER = prepare(sa.text(_HAND_OVERS + " AND h.id = :hand_over_id"))
_RECORDS = """
    SELECT r.*, (SELECT count(*) FROM post_hand_over_items i WHERE i.record_id = r.id AND i.kind = 'client') AS clients,
           (SELECT count(*) FROM post_hand_over_items i WHERE i.record_id = r.id AND i.kind = 'work_item') AS work_items,
           EXISTS (SELECT FROM hand_over_remarks m WHERE m.id = r.source_id) AS has_remarks
    FROM post_hand_overs r
    WHERE (r.unit_path LIKE ANY(CAST(:paths AS text[])) OR :me IN (r.from_subject, r.to_subject))
"""
_LIST_RECORDS = prepare(
    sa.text(_RECORDS + " AND (CAST(:after AS uuid) IS NULL OR r.id > :after) ORDER BY r.id LIMIT :size")
)
_GET_RECORD = prepare(sa.text(_RECORDS + " AND r.id = :record_id"))
_SIGNATURES = prepare(
    sa.text(
        "SELECT record_id, part, subject, signed_at FROM post_hand_over_signatures "
        "WHERE record_id = ANY(CAST(:record_ids AS uuid[])) ORDER BY record_id, part"
    )
)
_ITEMS = prepare(
    sa.text(
        """
        SELECT object_id, kind, client_id FROM post_hand_over_items
        WHERE record_id = :record_id AND (CAST(:after AS uuid) IS NULL OR object_id > :after)
        ORDER BY object_id LIMIT :size
        """
    )
)
_REMARKS = prepare(sa.text("SELECT remarks_sealed FROM hand_over_remarks WHERE id = :source_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed which part, and when."""

    part: str
    subject: str
    signed_at: datetime


async def list_hand_overs(tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, size: int) -> list[Record]:
    """Hand-overs to or from the caller, proposed by him, or at his places."""
    return await tx.fetch(_LIST_HAND_OVERS, paths=scope.paths, me=scope.own, status=status, after=after, size=size)


async def get_hand_over(tx: Tx, hand_over_id: UUID, *, scope: Scope) -> Record:
    """One of them, or NotFound."""
    row = await tx.fetchrow(_GET_HAND_OVER, paths=scope.paths, me=scope.own, hand_over_id=hand_over_id)
    if row is None:
        raise NotFound()
    return row


async def list_records(tx: Tx, *, scope: Scope, after: UUID | None, size: int) -> list[dict[str, Any]]:
    """Records between posts with their signatures: the caller's own, and those of his places."""
    rows = await tx.fetch(_LIST_RECORDS, paths=scope.paths, me=scope.own, after=after, size=size)
    return await _signed(tx, rows)


async def get_record(tx: Tx, record_id: UUID, *, scope: Scope) -> dict[str, Any]:
    """One of them, or NotFound."""
    row = await tx.fetchrow(_GET_RECORD, paths=scope.paths, me=scope.own, record_id=record_id)
    if row is None:
        raise NotFound()
    return (await _signed(tx, [row]))[0]


async def list_items(tx: Tx, record_id: UUID, *, after: UUID | None, size: int) -> list[Record]:
    """What went over, by id."""
    return await tx.fetch(_ITEMS, record_id=record_id, after=after, size=size)


async def remarks_of(tx: Tx, source_id: UUID) -> str | None:
    """The words beside it; whoever shows them leaves an audit row."""
    blob = await tx.fetchval(_REMARKS, source_id=source_id)
    return None if blob is None else tx.cipher.open(REMARKS, source_id, blob)


async def _signed(tx: Tx, rows: list[Record]) -> list[dict[str, Any]]:
    signatures: dict[UUID, list[Signature]] = {}
    for each in await tx.fetch(_SIGNATURES, record_ids=[row["id"] for row in rows]):
        signatures.setdefault(each["record_id"], []).append(
            Signature(part=each["part"], subject=each["subject"], signed_at=each["signed_at"])
        )
    return [dict(row) | {"signatures": signatures.get(row["id"], [])} for row in rows]
