"""Pairs of files that may be one person's, found set by set: same name, and the same phone or the same birth date."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.store.clients import BIRTH

REASON = "duplicate_candidates.reason"
# Names are equal when each file's tokens hold the other's. A birth date is sealed: month and day go before, the rest is
# compared when opened.
_PAIRS = prepare(
    sa.text(
        """
        WITH fresh AS (
            SELECT id, kind, name_tokens, birth_month_day, birth_sealed FROM clients
            WHERE id = ANY(CAST(:client_ids AS uuid[])) AND merged_into IS NULL AND cardinality(name_tokens) > 0
        ), named AS (
            SELECT f.id, o.id AS other_id, f.birth_sealed, o.birth_sealed AS other_birth_sealed,
                   f.birth_month_day IS NOT NULL AND f.birth_month_day = o.birth_month_day AS same_day,
                   EXISTS (
                       SELECT FROM client_contacts AS a JOIN client_contacts AS b ON b.value_index = a.value_index
                       WHERE a.client_id = f.id AND b.client_id = o.id
                         AND a.way IN ('home_phone', 'office_phone', 'mobile')
                         AND b.way IN ('home_phone', 'office_phone', 'mobile')
                   ) AS same_phone
            FROM fresh AS f JOIN clients AS o
              ON o.name_tokens @> f.name_tokens AND o.name_tokens <@ f.name_tokens AND o.id <> f.id
             AND o.kind = f.kind AND o.merged_into IS NULL
        )
        SELECT DISTINCT ON (least(id, other_id), greatest(id, other_id))
               least(id, other_id) AS client_id, greatest(id, other_id) AS other_client_id,
               id, birth_sealed, other_id, other_birth_sealed, same_day, same_phone
        FROM named WHERE same_day OR same_phone
        """
    )
)
_ADD = prepare(
    sa.text(
        """
        INSERT INTO duplicate_candidates AS d (client_id, other_client_id, agreeing, found_at)
        SELECT p.client_id, p.other_client_id, string_to_array(p.agreeing, ','), CAST(:now AS timestamptz)
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:other_client_ids AS uuid[]), CAST(:agreeing AS text[]))
             AS p(client_id, other_client_id, agreeing)
        ON CONFLICT (client_id, other_client_id) DO UPDATE SET agreeing = excluded.agreeing WHERE d.status = 'open'
        """
    )
)
_LOCK = prepare(sa.text("SELECT * FROM duplicate_candidates WHERE id = :candidate_id FOR UPDATE"))
_DISMISS = prepare(
    sa.text(
        "UPDATE duplicate_candidates SET status = 'dismissed', decided_by = :by, decided_at = :now, "
        "reason_sealed = :reason_sealed WHERE id = :candidate_id"
    )
)
_IMPORTED = prepare(
    sa.text("SELECT id FROM clients WHERE import_id = :import_id AND id > :after ORDER BY id LIMIT :size")
)


async def find_duplicates(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> int:
    """Queues every pair of these files with any other; how many stand. A dismissed pair stays dismissed."""
    pairs: list[tuple[UUID, UUID, str]] = []
    for row in await tx.fetch(_PAIRS, client_ids=list(client_ids)):
        agreeing = ["name"]
        if row["same_phone"]:
            agreeing.append("phone")
        if row["same_day"] and _born(tx, row["id"], row["birth_sealed"]) == _born(
            tx, row["other_id"], row["other_birth_sealed"]
        ):
            agreeing.append("birth_date")
        if len(agreeing) > 1:
            pairs.append((row["client_id"], row["other_client_id"], ",".join(agreeing)))
    if pairs:
        ones, others, agreeing_in = zip(*pairs, strict=True)
        await tx.execute(
            _ADD, client_ids=list(ones), other_client_ids=list(others), agreeing=list(agreeing_in), now=now
        )
    return len(pairs)


def _born(tx: Tx, client_id: UUID, sealed: bytes | None) -> str | None:
    return None if sealed is None else tx.cipher.open(BIRTH, client_id, sealed)


async def lock_candidate(tx: Tx, candidate_id: UUID) -> Record | None:
    """A pair, locked."""
    return await tx.fetchrow(_LOCK, candidate_id=candidate_id)


async def dismiss(tx: Tx, candidate_id: UUID, *, reason: str, by: str, now: datetime) -> None:
    """Two people after all; the reason is sealed."""
    sealed = tx.cipher.seal(REASON, candidate_id, reason)
    await tx.execute(_DISMISS, candidate_id=candidate_id, reason_sealed=sealed, by=by, now=now)


async def imported_after(tx: Tx, import_id: UUID, *, after: UUID, size: int) -> list[UUID]:
    """The next files that an import opened, by id."""
    return [row["id"] for row in await tx.fetch(_IMPORTED, import_id=import_id, after=after, size=size)]
