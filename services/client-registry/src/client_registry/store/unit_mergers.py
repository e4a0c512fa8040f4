"""What moves when a unit is merged into another: client files in ranges, postings, policies, delegations."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.tracing import current_traceparent

from client_registry.domain.events import CLIENTS
from client_registry.domain.organisation import Posting

_COUNT = prepare(
    sa.text(
        """
        SELECT count(*) FROM clients
        WHERE home_unit_id = :unit_id OR serving_unit_ids @> ARRAY[CAST(:unit_id AS uuid)]
        """
    )
)
# The rows are locked in the order of their ids before a fact is written, so that each file's facts stay in order. A unit
# that already serves the client is not named twice, and the home unit needs no mention among the serving ones.
_MOVE_RANGE = prepare(
    sa.text(
        """
        WITH range AS (
            SELECT id FROM clients
            WHERE home_unit_id = :unit_id OR serving_unit_ids @> ARRAY[CAST(:unit_id AS uuid)]
            ORDER BY id LIMIT :size FOR UPDATE
        ), moved AS (
            UPDATE clients AS c
            SET home_unit_id = CASE WHEN c.home_unit_id = :unit_id THEN CAST(:into_id AS uuid) ELSE c.home_unit_id END,
                serving_unit_ids = ARRAY(
                    SELECT s.unit_id FROM (
                        SELECT CASE WHEN u = :unit_id THEN CAST(:into_id AS uuid) ELSE u END AS unit_id, min(n) AS n
                        FROM unnest(c.serving_unit_ids) WITH ORDINALITY AS served(u, n) GROUP BY 1
                    ) AS s ORDER BY s.n),
                version = c.version + 1
            FROM range WHERE c.id = range.id
            RETURNING c.id, c.version, c.home_unit_id, c.serving_unit_ids
        ), told AS (
            INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data,
                                traceparent)
            SELECT 'ClientMoved', CAST(:topic AS text), CAST(id AS text), 'client', CAST(id AS text), version,
                   CAST(:now AS timestamptz),
                   jsonb_build_object('client_id', id, 'home_unit_id', home_unit_id,
                                      'serving_unit_ids', to_jsonb(serving_unit_ids), 'moved_on', CAST(:today AS date)),
                   CAST(:traceparent AS text)
            FROM moved ORDER BY id RETURNING 1
        )
        SELECT count(*) FROM told
        """
    )
)
_POSTINGS = prepare(
    sa.text(
        """
        SELECT p.*, s.subject FROM postings p JOIN staff s ON s.id = p.staff_id
        WHERE p.unit_id = :unit_id AND (p.until_on IS NULL OR p.until_on >= :day) ORDER BY p.staff_id, p.id
        """
    )
)
_POLICIES = prepare(
    sa.text("UPDATE tier_policies SET scope_unit_id = CAST(:into_id AS uuid) WHERE scope_unit_id = :unit_id")
)


async def count_clients(tx: Tx, unit_id: UUID) -> int:
    """Files that the unit keeps or serves."""
    return int(await tx.fetchval(_COUNT, unit_id=unit_id))


async def move_range(tx: Tx, unit_id: UUID, *, into_id: UUID, size: int, today: date, now: datetime) -> int:
    """The next clients, home and serving units alike, each with its ClientMoved; returns how many."""
    return int(
        await tx.fetchval(
            _MOVE_RANGE, unit_id=unit_id, into_id=into_id, size=size, topic=CLIENTS, today=today, now=now,
            traceparent=current_traceparent(),
        )
    )  # fmt: skip


async def list_postings(tx: Tx, unit_id: UUID, *, day: date) -> list[Posting]:
    """Postings at the unit that stand or are to begin."""
    return [Posting(**dict(row)) for row in await tx.fetch(_POSTINGS, unit_id=unit_id, day=day)]


async def move_policies(tx: Tx, unit_id: UUID, *, into_id: UUID) -> int:
    """The unit's tier policies hold where it went."""
    return await tx.execute(_POLICIES, unit_id=unit_id, into_id=into_id)
