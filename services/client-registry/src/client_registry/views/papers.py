"""Revocations and papers as they are answered; who reads them leaves an audit row (XC-15)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import attachments, audit
from chassis.attachments import Attachment
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.store import papers
from client_registry.views.clients import require_visible


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationOnFile:
    """One revocation with its reason and what proves it."""

    id: UUID
    cause: str
    reason: str
    risk_event_id: UUID | None
    decision_id: UUID
    decided_by: str
    decided_at: datetime
    evidence: list[Attachment]


async def revocations(
    tx: Tx, client_id: UUID, *, before: UUID | None, size: int, by: Principal, now: datetime
) -> list[RevocationOnFile]:
    """A client's revocations, the newest first, with the list of their evidence. The look is audited before it is one."""
    await audit.record(
        tx, act="revocations.read", by=by, object_type="client", object_id=client_id, client_id=client_id, at=now
    )
    rows = await papers.revocations_of(tx, client_id, before=before, size=size)
    evidence = await attachments.list_of_all(tx, [row["id"] for row in rows])
    return [
        RevocationOnFile(
            id=row["id"],
            cause=row["cause"],
            reason=tx.cipher.open("revocations.reason", row["id"], row["reason_sealed"]),
            risk_event_id=row["risk_event_id"],
            decision_id=row["decision_id"],
            decided_by=row["decided_by"],
            decided_at=row["decided_at"],
            evidence=evidence.get(row["id"], []),
        )
        for row in rows
    ]


async def require_record(tx: Tx, client_id: UUID, record_id: UUID, *, scope: Scope) -> None:
    """NotFound unless this is a record, with papers or without, of a client in scope."""
    await require_visible(tx, client_id, scope=scope)
    if await papers.kind_of(tx, client_id, record_id) is None:
        raise NotFound()


async def require_paper(tx: Tx, client_id: UUID, attachment_id: UUID, *, scope: Scope) -> None:
    """NotFound unless this is a paper of a client in scope; another client's answers like none."""
    await require_visible(tx, client_id, scope=scope)
    if (await attachments.find(tx, attachment_id)).client_id != client_id:
        raise NotFound()


async def papers_of(tx: Tx, record_id: UUID) -> list[Attachment]:
    """The papers of one record, the oldest first."""
    return await attachments.list_of(tx, record_id)


async def paper(tx: Tx, attachment_id: UUID, *, purpose: str, by: Principal, now: datetime) -> tuple[Attachment, bytes]:
    """A paper with its content; the audit row comes first."""
    return await attachments.read(tx, attachment_id, by=by, now=now, purpose=purpose)
