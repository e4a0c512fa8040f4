"""Qualifications, filings, memberships and revocations in PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import Membership, Qualification, Status
from client_registry.tables.decisions import qualification_filings, qualification_runs, qualifications, revocations
from client_registry.tables.memberships import memberships

_ADD_RUN = prepare(
    sa.insert(qualification_runs).values({column.name: sa.bindparam(column.name) for column in qualification_runs.c})
)
_LOCK = prepare(
    sa.select(qualifications)
    .where(qualifications.c.client_id == sa.bindparam("client_id"))
    .order_by(qualifications.c.level)
    .with_for_update()
)
_SAVE = prepare(
    sa.update(qualifications)
    .where(qualifications.c.client_id == sa.bindparam("of_client"), qualifications.c.level == sa.bindparam("of_level"))
    .values(status=sa.bindparam("new_status"), version=sa.bindparam("new_version"))
)
_ADD_MEMBERSHIP = prepare(
    sa.insert(memberships).values(
        {
            name: sa.bindparam(name)
            for name in (
                "client_id", "id", "level", "status", "channel", "decision_id", "policy_version", "recorded_by",
                "enrolled_on",
            )
        }
    )
)  # fmt: skip
_END_MEMBERSHIP = prepare(
    sa.text(
        "UPDATE memberships SET status = 'ended', ended_on = :today, version = version + 1 "
        "WHERE client_id = :client_id AND status = 'member'"
    )
)
_ADD_REVOCATION = prepare(
    sa.insert(revocations).values({column.name: sa.bindparam(column.name) for column in revocations.c})
)
# The candidates of a level below some places; a filing takes them in id order up to its stated limit.
_CANDIDATES = prepare(
    sa.text(
        """
        SELECT q.client_id FROM qualifications q
        JOIN clients c ON c.id = q.client_id JOIN units u ON u.id = c.home_unit_id
        WHERE q.status = 'candidate' AND q.level = :level
          AND EXISTS (SELECT FROM unnest(CAST(:paths AS text[])) AS p(path) WHERE starts_with(u.path, p.path))
          AND (CAST(:client_ids AS uuid[]) IS NULL OR q.client_id = ANY(CAST(:client_ids AS uuid[])))
        ORDER BY q.client_id LIMIT :size
        """
    )
)
_FILED_ALREADY = prepare(
    sa.text(
        """
        SELECT q.client_id FROM qualifications q
        JOIN clients c ON c.id = q.client_id JOIN units u ON u.id = c.home_unit_id
        WHERE q.status IN ('filed', 'approved') AND q.level = :level AND q.client_id = ANY(CAST(:client_ids AS uuid[]))
          AND EXISTS (SELECT FROM unnest(CAST(:paths AS text[])) AS p(path) WHERE starts_with(u.path, p.path))
        """
    )
)
# Filed is what the evaluation of this very moment meets; its decision becomes the filing's proof.
_FILE = prepare(
    sa.text(
        """
        WITH met AS (
            SELECT q.client_id, q.level, d.id AS decision_id, o.policy_id,
                   o.code || '/' || o.version AS policy_version, o.criteria_met
            FROM qualifications q
            JOIN qualification_decisions d ON d.client_id = q.client_id AND d.run_id = :filing_id
            CROSS JOIN LATERAL jsonb_to_recordset(d.outcomes) AS o(
                policy_id uuid, code text, version int, ladder text, level text, outcome text, criteria_met text[])
            WHERE q.client_id = ANY(CAST(:client_ids AS uuid[])) AND q.level = :level AND q.status = 'candidate'
              AND o.ladder = 'card_level' AND o.level = :level AND o.outcome = 'met'
        ), one AS (
            SELECT DISTINCT ON (client_id) * FROM met ORDER BY client_id, policy_version
        )
        UPDATE qualifications q
        SET status = 'filed', filing_id = :filing_id, filed_on = :today, decision_id = one.decision_id,
            policy_id = one.policy_id, policy_version = one.policy_version, criteria = one.criteria_met,
            version = q.version + 1
        FROM one WHERE q.client_id = one.client_id AND q.level = one.level
        RETURNING q.client_id, q.decision_id
        """
    )
)
_ADD_FILING = prepare(
    sa.insert(qualification_filings).values(
        {column.name: sa.bindparam(column.name) for column in qualification_filings.c}
    )
)


async def add_run(
    tx: Tx, *, run_id: UUID, operation_id: UUID | None, as_of: date, unit_path: str, by: str, now: datetime
) -> None:
    """A run over all clients below a unit; figures known up to now count."""
    await tx.execute(
        _ADD_RUN,
        id=run_id,
        operation_id=operation_id,
        as_of=as_of,
        cut_off_at=now,
        unit_path=unit_path,
        started_by=by,
        created_at=now,
    )


async def lock_qualifications(tx: Tx, client_id: UUID) -> dict[CardLevel, Qualification]:
    """Where the client stands at each level, locked."""
    return {CardLevel(row["level"]): _qualification(row) for row in await tx.fetch(_LOCK, client_id=client_id)}


async def save_qualification(tx: Tx, qualification: Qualification) -> None:
    """The status after a move."""
    await tx.execute(
        _SAVE,
        of_client=qualification.client_id,
        of_level=qualification.level.value,
        new_status=qualification.status.value,
        new_version=qualification.version,
    )


async def add_membership(tx: Tx, membership: Membership) -> None:
    """A new membership; a lower one that stood ends the same day."""
    await end_membership(tx, membership.client_id, today=membership.enrolled_on)
    await tx.execute(
        _ADD_MEMBERSHIP,
        client_id=membership.client_id,
        id=membership.id,
        level=membership.level.value,
        status=membership.status,
        channel=membership.channel,
        decision_id=membership.decision_id,
        policy_version=membership.policy_version,
        recorded_by=membership.recorded_by,
        enrolled_on=membership.enrolled_on,
    )


async def end_membership(tx: Tx, client_id: UUID, *, today: date) -> None:
    """Ends the standing membership, if any."""
    await tx.execute(_END_MEMBERSHIP, client_id=client_id, today=today)


async def add_revocation(
    tx: Tx,
    *,
    revocation_id: UUID,
    client_id: UUID,
    cause: str,
    reason: str,
    risk_event_id: UUID | None,
    decision_id: UUID,
    by: str,
    now: datetime,
) -> None:
    """The revocation with its reason sealed."""
    await tx.execute(
        _ADD_REVOCATION,
        client_id=client_id,
        id=revocation_id,
        cause=cause,
        reason_sealed=tx.cipher.seal("revocations.reason", revocation_id, reason),
        risk_event_id=risk_event_id,
        decision_id=decision_id,
        decided_by=by,
        decided_at=now,
    )


async def candidates(
    tx: Tx, *, level: CardLevel, paths: Sequence[str], client_ids: Sequence[UUID] | None, size: int
) -> list[UUID]:
    """Candidates of a level below these places; only the named ones where some are named."""
    rows = await tx.fetch(
        _CANDIDATES,
        level=level.value,
        paths=list(paths),
        client_ids=None if client_ids is None else list(client_ids),
        size=size,
    )
    return [row["client_id"] for row in rows]


async def filed_already(tx: Tx, *, level: CardLevel, paths: Sequence[str], client_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these clients of these places stand on record at the level already."""
    rows = await tx.fetch(_FILED_ALREADY, level=level.value, paths=list(paths), client_ids=list(client_ids))
    return {row["client_id"] for row in rows}


async def file_met(
    tx: Tx, *, filing_id: UUID, client_ids: Sequence[UUID], level: CardLevel, today: date
) -> dict[UUID, UUID]:
    """Files the candidates whose decision of this filing meets the level; client and decision of each."""
    rows = await tx.fetch(_FILE, filing_id=filing_id, client_ids=list(client_ids), level=level.value, today=today)
    return {row["client_id"]: row["decision_id"] for row in rows}


async def add_filing(
    tx: Tx, *, filing_id: UUID, unit_id: UUID, level: CardLevel, by: str, filed: int, now: datetime
) -> None:
    """Who filed how many, where and when (CR-10)."""
    await tx.execute(
        _ADD_FILING, id=filing_id, unit_id=unit_id, level=level.value, filed_by=by, filed_at=now, filed=filed
    )


def _qualification(row: Record) -> Qualification:
    return Qualification(
        client_id=row["client_id"],
        level=CardLevel(row["level"]),
        status=Status(row["status"]),
        decision_id=row["decision_id"],
        policy_version=row["policy_version"],
        criteria=tuple(row["criteria"]),
        needs_filing=row["needs_filing"],
        version=row["version"],
    )
