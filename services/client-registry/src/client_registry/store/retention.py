"""Retention policies, legal holds and whatever else keeps a former client's file from being erased."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.retention import RecordKind, RetentionPolicy
from client_registry.tables.retention import legal_holds, retention_policies

REASON = "legal_holds.reason"
_POLICY = prepare(
    sa.select(retention_policies)
    .where(retention_policies.c.valid_from <= sa.bindparam("today"), retention_policies.c.status == "active")
    .order_by(retention_policies.c.version.desc())
    .limit(1)
)
_POLICIES = prepare(sa.select(retention_policies).order_by(retention_policies.c.version.desc()).limit(200))
_ADD_POLICY = prepare(
    sa.text(
        """
        INSERT INTO retention_policies (version, valid_from, years, answer_working_days, article, status, proposed_by)
        SELECT max(version) + 1, CAST(:valid_from AS date), CAST(:years AS jsonb), CAST(:answer_working_days AS int),
               CAST(:article AS text), 'proposed', CAST(:by AS text)
        FROM retention_policies
        RETURNING version
        """
    )
)
_APPROVE_POLICY = prepare(
    sa.text("UPDATE retention_policies SET status = 'active', approved_by = :by WHERE version = :version")
)
_ADD_HOLD = prepare(
    sa.text(
        """
        INSERT INTO legal_holds (id, client_id, cause, reason_sealed, status, placed_by, placed_at)
        VALUES (:hold_id, :client_id, :cause, :reason_sealed, 'placed', :by, :now)
        """
    )
)
_LOCK_HOLD = prepare(sa.select(legal_holds).where(legal_holds.c.id == sa.bindparam("hold_id")).with_for_update())
_CONFIRM = prepare(
    sa.text(
        "UPDATE legal_holds SET status = 'confirmed', confirmed_by = :by, confirmed_at = :now, version = version + 1 "
        "WHERE id = :hold_id"
    )
)
_ASK_RELEASE = prepare(
    sa.text(
        "UPDATE legal_holds SET status = 'release_asked', release_asked_by = :by, release_asked_at = :now, "
        "version = version + 1 WHERE id = :hold_id"
    )
)
_RELEASE = prepare(
    sa.text(
        "UPDATE legal_holds SET status = 'released', released_by = :by, released_at = :now, version = version + 1 "
        "WHERE id = :hold_id"
    )
)
# A case counts as open until it was closed after it was opened or opened again.
OPEN_CASES_SQL = """
    SELECT DISTINCT o.client_id FROM service_records o
    WHERE o.client_id = ANY(CAST(:client_ids AS uuid[]))
      AND o.kind IN ('complaint-opened', 'enquiry-opened', 'suggestion-opened', 'case-reopened')
      AND NOT EXISTS (SELECT FROM service_records c WHERE c.client_id = o.client_id AND c.object_id = o.object_id
                        AND c.kind = 'case-closed' AND c.occurred_at >= o.occurred_at)
"""
_OPEN_CASES = prepare(sa.text(OPEN_CASES_SQL))
_HELD = prepare(
    sa.text(
        "SELECT DISTINCT client_id FROM legal_holds "
        "WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND status <> 'released'"
    )
)


async def policy_on(tx: Tx, today: date) -> RetentionPolicy:
    """The retention in force. LookupError where none is."""
    row = await tx.fetchrow(_POLICY, today=today)
    if row is None:
        raise LookupError(f"no retention policy is in force on {today}")
    return policy_of(row)


async def policies(tx: Tx) -> list[tuple[RetentionPolicy, str]]:
    """Every version with its status, the newest first."""
    return [(policy_of(row), row["status"]) for row in await tx.fetch(_POLICIES)]


async def add_policy(
    tx: Tx,
    *,
    valid_from: date,
    years: Mapping[RecordKind, int | None],
    answer_working_days: int,
    article: str,
    by: str,
) -> int:
    """The next version's number; it waits for its approval."""
    named = {kind.value: given for kind, given in years.items()}
    return int(
        await tx.fetchval(
            _ADD_POLICY, valid_from=valid_from, years=named, answer_working_days=answer_working_days, article=article,
            by=by,
        )
    )  # fmt: skip


async def approve_policy(tx: Tx, version: int, *, by: str) -> None:
    """It counts from its first day."""
    await tx.execute(_APPROVE_POLICY, version=version, by=by)


def policy_of(row: Record) -> RetentionPolicy:
    """A stored version as a value."""
    return RetentionPolicy(
        version=row["version"],
        valid_from=row["valid_from"],
        years={RecordKind(kind): years for kind, years in row["years"].items()},
        answer_working_days=row["answer_working_days"],
        article=row["article"],
    )


async def add_hold(tx: Tx, hold_id: UUID, *, client_id: UUID, cause: str, reason: str, by: str, now: datetime) -> None:
    """From now on nothing of this client is erased."""
    sealed = tx.cipher.seal(REASON, hold_id, reason)
    await tx.execute(_ADD_HOLD, hold_id=hold_id, client_id=client_id, cause=cause, reason_sealed=sealed, by=by, now=now)


async def lock_hold(tx: Tx, hold_id: UUID) -> Record | None:
    """One hold, locked."""
    return await tx.fetchrow(_LOCK_HOLD, hold_id=hold_id)


async def confirm_hold(tx: Tx, hold_id: UUID, *, by: str, now: datetime) -> None:
    """The second person agrees."""
    await tx.execute(_CONFIRM, hold_id=hold_id, by=by, now=now)


async def ask_release(tx: Tx, hold_id: UUID, *, by: str, now: datetime) -> None:
    """Somebody asks to let go of it; it holds on."""
    await tx.execute(_ASK_RELEASE, hold_id=hold_id, by=by, now=now)


async def release(tx: Tx, hold_id: UUID, *, by: str, now: datetime) -> None:
    """It holds no more."""
    await tx.execute(_RELEASE, hold_id=hold_id, by=by, now=now)


async def held_among(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who may not be erased, and why: `legal_hold` or `open_complaint`."""
    ids = list(client_ids)
    found: dict[UUID, Any] = {row["client_id"]: "open_complaint" for row in await tx.fetch(_OPEN_CASES, client_ids=ids)}
    found |= {row["client_id"]: "legal_hold" for row in await tx.fetch(_HELD, client_ids=ids)}
    return found
