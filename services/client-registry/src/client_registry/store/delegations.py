"""Delegations in PostgreSQL; who stands in for whom is kept beside them in the frame's own form."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis import stand_ins
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.delegations import Delegation
from client_registry.domain.organisation import Posting

_COLUMNS = """d.id, d.from_staff_id, f.subject AS from_subject, d.to_staff_id, t.subject AS to_subject, d.unit_id, d.role,
    d.reach, d.from_at, d.until_at, d.reason, d.version"""
_FROM = "FROM delegations d JOIN staff f ON f.id = d.from_staff_id JOIN staff t ON t.id = d.to_staff_id"
_LOCK = prepare(sa.text(f"SELECT {_COLUMNS} {_FROM} WHERE d.id = :delegation_id FOR UPDATE OF d"))
_OF_POSTING = prepare(
    sa.text(
        f"""
        SELECT {_COLUMNS} {_FROM}
        WHERE d.from_staff_id = :staff_id AND d.unit_id = :unit_id AND d.role = :role AND d.reach = :reach
          AND d.until_at > :now ORDER BY d.id FOR UPDATE OF d
        """
    )
)
_ADD = prepare(
    sa.text(
        """
        INSERT INTO delegations (id, from_staff_id, to_staff_id, unit_id, role, reach, from_at, until_at, reason, given_by,
                                 given_at, version)
        VALUES (:id, :from_staff_id, :to_staff_id, :unit_id, :role, :reach, :from_at, :until_at, :reason, :given_by,
                :given_at, 1)
        """
    )
)
_END = prepare(
    sa.text(
        "UPDATE delegations SET until_at = :until_at, ended_by = :ended_by, version = :version WHERE id = :delegation_id"
    )
)
_TAKEN = prepare(
    sa.text(
        """
        SELECT EXISTS (SELECT FROM delegations d WHERE d.from_staff_id = :staff_id AND d.unit_id = :unit_id
                         AND d.role = :role AND d.from_at < :until_at AND d.until_at > :from_at)
        """
    )
)
_ABSENT = prepare(
    sa.text(
        """
        SELECT EXISTS (SELECT FROM delegations d WHERE d.from_staff_id = :staff_id
                         AND d.from_at < :until_at AND d.until_at > :from_at)
        """
    )
)
_ROLES = prepare(
    sa.text(
        """
        SELECT p.role FROM postings p JOIN staff s ON s.id = p.staff_id JOIN units u ON u.id = p.unit_id
        WHERE p.staff_id = :staff_id AND s.active
          AND (p.role = 'third_party_staff'
               OR u.active AND starts_with(u.path, :branch_path)
                  AND p.from_on <= :day AND (p.until_on IS NULL OR p.until_on >= :day))
        """
    )
)


async def lock_delegation(tx: Tx, delegation_id: UUID) -> Delegation | None:
    """One delegation, locked, or None."""
    row = await tx.fetchrow(_LOCK, delegation_id=delegation_id)
    return None if row is None else _delegation(row)


async def lock_of_posting(tx: Tx, posting: Posting, *, now: datetime) -> list[Delegation]:
    """Delegations of the posting that run or are to begin, locked."""
    rows = await tx.fetch(
        _OF_POSTING, staff_id=posting.staff_id, unit_id=posting.unit_id, role=posting.role, reach=posting.reach, now=now
    )
    return [_delegation(row) for row in rows]


async def add_delegation(tx: Tx, delegation: Delegation, *, given_by: str, now: datetime) -> None:
    """A new delegation."""
    await tx.execute(
        _ADD, id=delegation.id, from_staff_id=delegation.from_staff_id, to_staff_id=delegation.to_staff_id,
        unit_id=delegation.unit_id, role=delegation.role, reach=delegation.reach, from_at=delegation.from_at,
        until_at=delegation.until_at, reason=delegation.reason, given_by=given_by, given_at=now,
    )  # fmt: skip
    await _keep(tx, delegation)


async def end_delegation(tx: Tx, over: Delegation, *, ended_by: str) -> None:
    """Its new end."""
    await tx.execute(_END, delegation_id=over.id, until_at=over.until_at, ended_by=ended_by, version=over.version)
    await _keep(tx, over)


async def is_taken(tx: Tx, posting: Posting, *, from_at: datetime, until_at: datetime) -> bool:
    """Whether somebody stands in at this post in that time."""
    return bool(
        await tx.fetchval(
            _TAKEN, staff_id=posting.staff_id, unit_id=posting.unit_id, role=posting.role, from_at=from_at,
            until_at=until_at,
        )
    )  # fmt: skip


async def is_absent(tx: Tx, staff_id: UUID, *, from_at: datetime, until_at: datetime) -> bool:
    """Whether somebody stands in for this person in that time."""
    return bool(await tx.fetchval(_ABSENT, staff_id=staff_id, from_at=from_at, until_at=until_at))


async def roles_of(tx: Tx, staff_id: UUID, *, branch_path: str, day: date) -> frozenset[str]:
    """The roles of the person's own postings in that branch on that day; third_party_staff counts for ever."""
    rows = await tx.fetch(_ROLES, staff_id=staff_id, branch_path=branch_path, day=day)
    return frozenset(row["role"] for row in rows)


async def _keep(tx: Tx, delegation: Delegation) -> None:
    await stand_ins.keep(
        tx, delegation_id=delegation.id, absent=delegation.from_subject, stand_in=delegation.to_subject,
        role=delegation.role, reach=delegation.reach, from_at=delegation.from_at, until_at=delegation.until_at,
    )  # fmt: skip


def _delegation(row: Record) -> Delegation:
    return Delegation(**dict(row))
