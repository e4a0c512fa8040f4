"""Lists of who is to be erased, requests of clients, and the proof of what was erased."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.tables.retention import erasure_lists, erasure_requests

WORDS = "erasure_requests.words"
# Whoever left or died before `before`, is not erased, not merged into another, and stands on no list that waits. What
# was erased since the relationship last ended is named, so that it is not asked for again.
_FORMER = prepare(
    sa.text(
        """
        SELECT c.id, coalesce(c.ended_on, c.died_on) AS ended_on, b.id AS branch_id, b.path AS branch_path,
               ARRAY(SELECT e.kind FROM client_erasures e WHERE e.client_id = c.id AND e.erased_at >= coalesce(
                   (SELECT max(r.reported_at) FROM relationship_endings r WHERE r.client_id = c.id),
                   '-infinity')) AS erased
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        JOIN LATERAL (SELECT id, path FROM units b WHERE starts_with(u.path, b.path)
                      AND b.kind IN ('first_level_branch', 'head_office') ORDER BY length(b.path) DESC LIMIT 1) b ON true
        WHERE coalesce(c.ended_on, c.died_on) <= :before AND c.erased_on IS NULL AND c.merged_into IS NULL
          AND c.id > :after
          AND NOT EXISTS (SELECT FROM erasure_list_clients w WHERE w.client_id = c.id AND w.outcome IS NULL)
        ORDER BY c.id LIMIT :size
        """
    )
)
_BRANCH_OF = prepare(
    sa.text(
        """
        SELECT b.id AS branch_id, b.path AS branch_path
        FROM clients c JOIN units u ON u.id = c.home_unit_id JOIN units b ON starts_with(u.path, b.path)
        WHERE c.id = :client_id AND b.kind IN ('first_level_branch', 'head_office') ORDER BY length(b.path) DESC LIMIT 1
        """
    )
)
_ADD_LIST = prepare(
    sa.text(
        """
        INSERT INTO erasure_lists (id, unit_path, prepared_on, source, policy_version, status)
        VALUES (:list_id, :unit_path, :today, :source, :policy_version, 'prepared')
        """
    )
)
_ADD_CLIENTS = prepare(
    sa.text(
        """
        INSERT INTO erasure_list_clients (list_id, client_id, kinds, due_on)
        SELECT CAST(:list_id AS uuid), client_id, kinds, due_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, kinds text[], due_on date)
        """
    )
)
_LOCK_LIST = prepare(sa.select(erasure_lists).where(erasure_lists.c.id == sa.bindparam("list_id")).with_for_update())
_PREPARED = prepare(
    sa.text(
        "SELECT DISTINCT ON (unit_path) unit_path, id FROM erasure_lists "
        "WHERE status = 'prepared' AND source = 'retention' ORDER BY unit_path, id"
    )
)
_PROPOSE = prepare(
    sa.text(
        "UPDATE erasure_lists SET status = 'proposed', proposed_by = :by, proposed_at = :now, version = version + 1 "
        "WHERE id = :list_id"
    )
)
_CONFIRM = prepare(
    sa.text(
        "UPDATE erasure_lists SET status = 'confirmed', confirmed_by = :by, confirmed_at = :now, "
        "operation_id = :operation_id, version = version + 1 WHERE id = :list_id"
    )
)
_BACK = prepare(
    sa.text(
        "UPDATE erasure_lists SET status = 'prepared', proposed_by = NULL, proposed_at = NULL, version = version + 1 "
        "WHERE id = :list_id"
    )
)
_FINISH = prepare(
    sa.text(
        "UPDATE erasure_lists SET status = 'finished', finished_at = :now, version = version + 1 WHERE id = :list_id"
    )
)
_COUNT = prepare(sa.text("SELECT count(*) FROM erasure_list_clients WHERE list_id = :list_id AND outcome IS NULL"))
_NEXT = prepare(
    sa.text(
        """
        SELECT l.client_id, l.kinds, l.due_on, c.ended_on, c.died_on, c.erased_on
        FROM erasure_list_clients l JOIN clients c ON c.id = l.client_id
        WHERE l.list_id = :list_id AND l.outcome IS NULL ORDER BY l.client_id LIMIT :size FOR UPDATE
        """
    )
)
_OUTCOMES = prepare(
    sa.text(
        """
        UPDATE erasure_list_clients AS l SET outcome = v.outcome
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:outcomes AS text[])) AS v(client_id, outcome)
        WHERE l.list_id = :list_id AND l.client_id = v.client_id
        """
    )
)
_PROOF = prepare(
    sa.text(
        """
        INSERT INTO client_erasures (client_id, kind, erased_on, erased_at, cause, list_id)
        SELECT client_id, kind, CAST(:today AS date), CAST(:now AS timestamptz), CAST(:cause AS text),
               CAST(:list_id AS uuid)
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:kinds AS text[])) AS v(client_id, kind)
        ON CONFLICT (client_id, kind) DO UPDATE SET erased_on = excluded.erased_on, erased_at = excluded.erased_at,
            cause = excluded.cause, list_id = excluded.list_id
        """
    )
)
_VERSIONS = prepare(sa.text("SELECT id, version FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[]))"))
_JOURNAL = prepare(
    sa.text("SELECT client_id, kind, erased_on, erased_at FROM client_erasures ORDER BY erased_at, client_id, kind")
)
_NOT_ERASED = prepare(
    sa.text("SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) AND erased_on IS NULL ORDER BY id")
)
_ADD_REQUEST = prepare(
    sa.text(
        """
        INSERT INTO erasure_requests (id, client_id, way, words_sealed, status, received_by, received_at, answer_due_on)
        VALUES (:request_id, :client_id, :way, :words_sealed, 'open', :by, :now, :answer_due_on)
        ON CONFLICT (client_id) WHERE status = 'open' DO NOTHING
        """
    )
)
_LOCK_REQUEST = prepare(
    sa.select(erasure_requests).where(erasure_requests.c.id == sa.bindparam("request_id")).with_for_update()
)
_ANSWER = prepare(
    sa.text(
        """
        UPDATE erasure_requests SET status = :status, refusal = :refusal, answered_by = :by, answered_at = :now,
               list_id = :list_id, version = version + 1
        WHERE id = :request_id
        """
    )
)


async def former_clients(tx: Tx, *, before: date, after: UUID, size: int) -> list[Record]:
    """The next former clients by id: id, last day, kinds erased already."""
    return await tx.fetch(_FORMER, before=before, after=after, size=size)


async def prepared_lists(tx: Tx) -> dict[str, UUID]:
    """The lists that still wait for their stewards, by their branch's path."""
    return {row["unit_path"]: row["id"] for row in await tx.fetch(_PREPARED)}


async def branch_of(tx: Tx, client_id: UUID) -> Record:
    """The client's first-level branch: `branch_id`, `branch_path`. LookupError where there is none."""
    row = await tx.fetchrow(_BRANCH_OF, client_id=client_id)
    if row is None:
        raise LookupError(f"client {client_id} stands below no branch")
    return row


async def add_list(tx: Tx, list_id: UUID, *, unit_path: str, source: str, policy_version: int, today: date) -> None:
    """An empty list of a branch."""
    await tx.execute(
        _ADD_LIST, list_id=list_id, unit_path=unit_path, source=source, policy_version=policy_version, today=today
    )


async def put_on_list(tx: Tx, list_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Who is to be erased, of which kinds, since when: {client_id, kinds, due_on}."""
    await tx.execute(_ADD_CLIENTS, list_id=list_id, rows=list(rows))


async def lock_list(tx: Tx, list_id: UUID) -> Record | None:
    """One list, locked."""
    return await tx.fetchrow(_LOCK_LIST, list_id=list_id)


async def propose(tx: Tx, list_id: UUID, *, by: str, now: datetime) -> None:
    """It waits for the second person."""
    await tx.execute(_PROPOSE, list_id=list_id, by=by, now=now)


async def confirm(tx: Tx, list_id: UUID, *, operation_id: UUID, by: str, now: datetime) -> None:
    """It is being carried out."""
    await tx.execute(_CONFIRM, list_id=list_id, operation_id=operation_id, by=by, now=now)


async def put_back(tx: Tx, list_id: UUID) -> None:
    """It waits for its steward again."""
    await tx.execute(_BACK, list_id=list_id)


async def finish(tx: Tx, list_id: UUID, *, now: datetime) -> None:
    """Everybody on it has an outcome."""
    await tx.execute(_FINISH, list_id=list_id, now=now)


async def count_open(tx: Tx, list_id: UUID) -> int:
    """How many on it have no outcome yet."""
    return int(await tx.fetchval(_COUNT, list_id=list_id))


async def next_on_list(tx: Tx, list_id: UUID, *, size: int) -> list[Record]:
    """The next without an outcome, locked."""
    return await tx.fetch(_NEXT, list_id=list_id, size=size)


async def keep_outcomes(tx: Tx, list_id: UUID, outcomes: Mapping[UUID, str]) -> None:
    """What became of whom."""
    await tx.execute(_OUTCOMES, list_id=list_id, client_ids=list(outcomes), outcomes=list(outcomes.values()))


async def keep_proof(
    tx: Tx, kinds: Mapping[UUID, Sequence[str]], *, cause: str, list_id: UUID | None, today: date, now: datetime
) -> None:
    """That these kinds of these clients were erased."""
    pairs = [(client_id, kind) for client_id, each in kinds.items() for kind in each]
    await tx.execute(
        _PROOF, client_ids=[client_id for client_id, _ in pairs], kinds=[kind for _, kind in pairs], cause=cause,
        list_id=list_id, today=today, now=now,
    )  # fmt: skip


async def versions_of(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Each file's version."""
    return {row["id"]: row["version"] for row in await tx.fetch(_VERSIONS, client_ids=list(client_ids))}


async def journal(tx: Tx) -> list[Record]:
    """Every erasure ever made, the oldest first."""
    return await tx.fetch(_JOURNAL)


async def not_erased(tx: Tx, client_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the files that still hold a person."""
    return [row["id"] for row in await tx.fetch(_NOT_ERASED, client_ids=list(client_ids))]


async def add_request(
    tx: Tx,
    request_id: UUID,
    *,
    client_id: UUID,
    way: str,
    words: str | None,
    answer_due_on: date,
    by: str,
    now: datetime,
) -> bool:
    """The client's request; False where one waits already."""
    sealed = None if words is None else tx.cipher.seal(WORDS, request_id, words)
    return bool(
        await tx.execute(
            _ADD_REQUEST, request_id=request_id, client_id=client_id, way=way, words_sealed=sealed,
            answer_due_on=answer_due_on, by=by, now=now,
        )
    )  # fmt: skip


async def lock_request(tx: Tx, request_id: UUID) -> Record | None:
    """One request, locked."""
    return await tx.fetchrow(_LOCK_REQUEST, request_id=request_id)


async def answer_request(
    tx: Tx, request_id: UUID, *, status: str, refusal: str | None, list_id: UUID | None, by: str, now: datetime
) -> None:
    """What the client was told."""
    await tx.execute(_ANSWER, request_id=request_id, status=status, refusal=refusal, list_id=list_id, by=by, now=now)
