"""Exceptional admissions in PostgreSQL; the justification is about a person and sealed."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.admissions import Admission, AdmissionKind, AdmissionStatus
from client_registry.domain.qualification import Status
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.tables.standing import exceptional_admissions as admissions

JUSTIFICATION = "exceptional_admissions.justification"
_ADD = prepare(sa.insert(admissions).values({column.name: sa.bindparam(column.name) for column in admissions.c}))
_LOCK = prepare(sa.select(admissions).where(admissions.c.id == sa.bindparam("admission_id")).with_for_update())
_SAVE = prepare(
    sa.update(admissions)
    .where(admissions.c.id == sa.bindparam("of_id"))
    .values(
        {
            name: sa.bindparam(f"new_{name}")
            for name in ("status", "decided_by", "decided_at", "refusal", "ended_on", "version")
        }
    )
)
_PLACE = prepare(
    sa.select(clients.c.kind, units.c.path)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(clients.c.id == sa.bindparam("client_id"))
)
# Below the numbers, and yet qualified: by this approval, not by a policy's criteria.
_QUALIFY = prepare(
    sa.text(
        """
        INSERT INTO qualifications AS q (client_id, level, status, decision_id, policy_id, policy_version, criteria,
                                         needs_filing, since_on)
        SELECT :client_id, 'head_office', :status, :decision_id, p.id, :policy_version, '{}', true, :today
        FROM tier_policies p WHERE p.code || '/' || p.version = :policy_version
        ON CONFLICT (client_id, level) DO UPDATE
        SET status = excluded.status, decision_id = excluded.decision_id, policy_id = excluded.policy_id,
            policy_version = excluded.policy_version, criteria = '{}', since_on = excluded.since_on,
            version = q.version + 1
        """
    )
)


async def add(tx: Tx, admission: Admission, *, justification: str) -> None:
    """A case that waits for its decision."""
    await tx.execute(
        _ADD,
        id=admission.id,
        client_id=admission.client_id,
        kind=admission.kind.value,
        justification_sealed=tx.cipher.seal(JUSTIFICATION, admission.id, justification),
        expires_on=admission.expires_on,
        status=admission.status.value,
        client_version=admission.client_version,
        decision_id=admission.decision_id,
        policy_version=admission.policy_version,
        proposed_by=admission.proposed_by,
        proposed_at=admission.proposed_at,
        decided_by=None,
        decided_at=None,
        refusal=None,
        ended_on=None,
        version=admission.version,
    )


async def lock(tx: Tx, admission_id: UUID) -> Admission | None:
    """One case, locked."""
    row = await tx.fetchrow(_LOCK, admission_id=admission_id)
    return None if row is None else admission_of(row)


async def save(tx: Tx, admission: Admission) -> None:
    """A case after a move."""
    await tx.execute(
        _SAVE,
        of_id=admission.id,
        new_status=admission.status.value,
        new_decided_by=admission.decided_by,
        new_decided_at=admission.decided_at,
        new_refusal=admission.refusal,
        new_ended_on=admission.ended_on,
        new_version=admission.version,
    )


async def kind_and_home(tx: Tx, client_id: UUID) -> tuple[str, str]:
    """Whether the client is a person or a company, and where his file is kept."""
    row = await tx.fetchrow(_PLACE, client_id=client_id)
    if row is None:
        raise LookupError(f"client {client_id} is gone under its lock")
    return row["kind"], row["path"]


async def qualify(tx: Tx, admission: Admission, *, today: object) -> None:
    """The head-office qualification stands by this approval."""
    await tx.execute(
        _QUALIFY,
        client_id=admission.client_id,
        status=Status.APPROVED.value,
        decision_id=admission.decision_id,
        policy_version=admission.policy_version,
        today=today,
    )


def admission_of(row: Record) -> Admission:
    """A stored case as a value, without its justification."""
    return Admission(
        id=row["id"],
        client_id=row["client_id"],
        kind=AdmissionKind(row["kind"]),
        expires_on=row["expires_on"],
        status=AdmissionStatus(row["status"]),
        client_version=row["client_version"],
        decision_id=row["decision_id"],
        policy_version=row["policy_version"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        version=row["version"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        refusal=row["refusal"],
        ended_on=row["ended_on"],
    )
