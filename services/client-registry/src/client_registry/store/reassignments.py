"""Reassignments of a manager's clients in PostgreSQL: previews with their plan, carried out range by range."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.reassignments import Book, Movable
from client_registry.tables.managers import manager_reassignments

_CLIENTS = prepare(
    sa.text(
        """
        SELECT c.id, c.home_unit_id, c.serving_unit_ids, c.service_tier, c.asset_band
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE c.manager = :manager AND u.path LIKE ANY(CAST(:places AS text[])) ORDER BY c.id
        """
    )
)
_BOOKS = prepare(
    sa.text(
        """
        SELECT manager, service_tier, asset_band, count(*) AS clients FROM clients
        WHERE manager = ANY(CAST(:managers AS text[])) GROUP BY manager, service_tier, asset_band
        """
    )
)
_POSTS = prepare(
    sa.text(
        """
        SELECT s.subject, array_agg(p.unit_id) AS unit_ids
        FROM staff s JOIN postings p ON p.staff_id = s.id JOIN units u ON u.id = p.unit_id AND u.active
        WHERE s.subject = ANY(CAST(:subjects AS text[])) AND s.active AND p.role = ANY(CAST(:roles AS text[]))
          AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
          AND u.path LIKE ANY(CAST(:places AS text[]))
        GROUP BY s.subject
        """
    )
)
_ADD = prepare(
    sa.insert(manager_reassignments).values(
        {
            name: sa.bindparam(name, type_=manager_reassignments.c[name].type)
            for name in (
                "id", "from_manager", "receivers", "rule", "places", "policy_version", "digest", "preview", "status",
                "proposed_by", "proposed_at",
            )
        }
    )
)  # fmt: skip
_LOCK = prepare(
    sa.select(manager_reassignments)
    .where(manager_reassignments.c.id == sa.bindparam("reassignment_id"))
    .with_for_update()
)
_CONFIRM = prepare(
    sa.text(
        "UPDATE manager_reassignments SET status = 'confirmed', confirmed_by = :by, confirmed_at = :now, "
        "operation_id = :operation_id WHERE id = :reassignment_id"
    )
)
_SEEN = prepare(
    sa.text("SELECT client_id, seen_as FROM manager_reassignment_clients WHERE reassignment_id = :reassignment_id")
)
_RANGE = prepare(
    sa.text(
        """
        SELECT r.client_id FROM manager_reassignment_clients r
        WHERE r.reassignment_id = :reassignment_id AND r.to_manager IS NOT NULL
          AND (CAST(:after AS uuid) IS NULL OR r.client_id > :after)
        ORDER BY r.client_id LIMIT :size
        """
    )
)
_LOCK_FILES = prepare(
    sa.text("SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) ORDER BY id FOR UPDATE")
)
_MOVE = prepare(
    sa.text(
        """
        UPDATE clients c SET manager = r.to_manager, manager_from_on = :today, version = c.version + 1
        FROM manager_reassignment_clients r
        WHERE r.reassignment_id = :reassignment_id AND r.client_id = c.id AND c.manager = :from_manager
          AND c.id = ANY(CAST(:client_ids AS uuid[]))
        RETURNING c.id, c.manager, c.home_unit_id, c.version
        """
    )
)
_MARK = prepare(
    sa.text(
        """
        UPDATE manager_reassignment_clients SET moved = client_id = ANY(CAST(:moved_ids AS uuid[]))
        WHERE reassignment_id = :reassignment_id AND client_id = ANY(CAST(:client_ids AS uuid[]))
        """
    )
)
_AUDIT = prepare(
    sa.text(
        """
        INSERT INTO audit (at, act, subject, object_type, object_id, client_id, detail)
        SELECT :now, 'manager.assigned', :by, 'client', CAST(m.client_id AS text), m.client_id,
               jsonb_build_object('from', CAST(:from_manager AS text), 'to', m.manager,
                                  'reassignment_id', CAST(:reassignment_id AS text))
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:managers AS text[])) AS m(client_id, manager)
        """
    )
)
_RESULT = prepare(
    sa.text(
        """
        SELECT count(*) FILTER (WHERE moved) AS moved, count(*) FILTER (WHERE NOT moved) AS left_out
        FROM manager_reassignment_clients WHERE reassignment_id = :reassignment_id
        """
    )
)
_RECORDS = prepare(
    sa.text("SELECT id, to_subject FROM post_hand_overs WHERE source_id = :reassignment_id ORDER BY to_subject")
)


async def clients_of(tx: Tx, manager: str, places: Sequence[str]) -> list[Movable]:
    """A manager's clients below some places, by id."""
    rows = await tx.fetch(_CLIENTS, manager=manager, places=list(places))
    return [Movable(**dict(row) | {"serving_unit_ids": tuple(row["serving_unit_ids"])}) for row in rows]


async def books_of(tx: Tx, managers: Sequence[str]) -> dict[str, Book]:
    """Whom each of them looks after now, counted; an empty book for who has nobody."""
    books = {manager: Book() for manager in managers}
    for row in await tx.fetch(_BOOKS, managers=list(managers)):
        books[row["manager"]].counts[row["service_tier"], row["asset_band"]] += row["clients"]
    return books


async def posts_of(
    tx: Tx, subjects: Sequence[str], roles: frozenset[str], places: Sequence[str], *, day: date
) -> dict[str, frozenset[UUID]]:
    """At which units below those places each of them holds such a post; who holds none is not in it."""
    rows = await tx.fetch(_POSTS, subjects=list(subjects), roles=sorted(roles), places=list(places), day=day)
    return {row["subject"]: frozenset(row["unit_ids"]) for row in rows}


async def add(tx: Tx, clients: Sequence[Movable], given: Mapping[UUID, str], **reassignment: Any) -> None:
    """A preview with its plan."""
    await tx.execute(_ADD, **reassignment, status="previewed")
    await tx.copy(
        "manager_reassignment_clients",
        ("reassignment_id", "client_id", "to_manager", "seen_as"),
        [(reassignment["id"], client.id, given.get(client.id), client.line()) for client in clients],
    )


async def lock(tx: Tx, reassignment_id: UUID) -> Record | None:
    """A preview, locked."""
    return await tx.fetchrow(_LOCK, reassignment_id=reassignment_id)


async def confirm(tx: Tx, reassignment_id: UUID, *, by: str, operation_id: UUID, now: datetime) -> None:
    """It is carried out by that operation."""
    await tx.execute(_CONFIRM, reassignment_id=reassignment_id, by=by, operation_id=operation_id, now=now)


async def seen_of(tx: Tx, reassignment_id: UUID) -> dict[UUID, str]:
    """What the preview saw of each client."""
    rows = await tx.fetch(_SEEN, reassignment_id=reassignment_id)
    return {row["client_id"]: row["seen_as"] for row in rows}


async def next_range(tx: Tx, reassignment_id: UUID, *, after: UUID | None, size: int) -> list[UUID]:
    """The next clients of the plan by id, their files locked in that order."""
    rows = await tx.fetch(_RANGE, reassignment_id=reassignment_id, after=after, size=size)
    client_ids = [row["client_id"] for row in rows]
    await tx.fetch(_LOCK_FILES, client_ids=client_ids)
    return client_ids


async def move(
    tx: Tx, reassignment_id: UUID, client_ids: Sequence[UUID], *, from_manager: str, by: str, today: date, now: datetime
) -> list[Record]:
    """Id, new manager, home unit and version of those who were still his; each leaves an audit row."""
    moved = await tx.fetch(
        _MOVE, reassignment_id=reassignment_id, client_ids=list(client_ids), from_manager=from_manager, today=today
    )
    moved_ids = [row["id"] for row in moved]
    await tx.execute(_MARK, reassignment_id=reassignment_id, client_ids=list(client_ids), moved_ids=moved_ids)
    await tx.execute(
        _AUDIT,
        reassignment_id=str(reassignment_id),
        client_ids=moved_ids,
        managers=[row["manager"] for row in moved],
        from_manager=from_manager,
        by=by,
        now=now,
    )
    return moved


async def result_of(tx: Tx, reassignment_id: UUID) -> dict[str, Any]:
    """How many moved, and how many had left this manager before their turn came."""
    row = await tx.fetchrow(_RESULT, reassignment_id=reassignment_id)
    return {} if row is None else dict(row)


async def records_of(tx: Tx, reassignment_id: UUID) -> list[Record]:
    """The records between the posts that it made: id and receiver."""
    return await tx.fetch(_RECORDS, reassignment_id=reassignment_id)
