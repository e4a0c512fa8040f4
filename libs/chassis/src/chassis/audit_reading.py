"""Who did or looked at what, read back by an auditor: the newest first, each row with its link in the chain."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx
from chassis.query import prepare

# Rows of several services are laid together by moment, service and number: a place that no two rows share.
Place = tuple[datetime, str, int]

_LIST = prepare(
    sa.text(
        """
        SELECT a.id, a.at, a.act, a.subject, a.actor, a.object_type, a.object_id, a.client_id, a.purpose, a.detail,
               a.trace_id, s.seq, encode(s.digest, 'hex') AS digest, encode(s.chain, 'hex') AS chain,
               CASE WHEN s.seq = 1 THEN '' ELSE encode(b.chain, 'hex') END AS chain_before
        FROM audit a LEFT JOIN audit_seals s ON s.audit_id = a.id LEFT JOIN audit_seals b ON b.seq = s.seq - 1
        WHERE (CAST(:client_id AS uuid) IS NULL OR a.client_id = :client_id)
          AND (CAST(:subject AS text) IS NULL OR a.subject = :subject)
          AND (CAST(:act AS text) IS NULL OR a.act = :act)
          AND (CAST(:object_id AS text) IS NULL OR a.object_id = :object_id)
          AND (CAST(:since AS timestamptz) IS NULL OR a.at >= :since)
          AND (CAST(:until AS timestamptz) IS NULL OR a.at < :until)
          AND (CAST(:before_at AS timestamptz) IS NULL
               OR (a.at, CAST(:service AS text) COLLATE "C", a.id)
                  < (:before_at, CAST(:before_service AS text) COLLATE "C", CAST(:before_id AS bigint)))
        ORDER BY a.at DESC, a.id DESC LIMIT :limit
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuestion:
    """What an auditor asks for; what is None narrows nothing. `until` itself is not included."""

    client_id: UUID | None = None
    subject: str | None = None
    act: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_records(
    tx: Tx, question: AuditQuestion, *, service: str, before: Place | None, limit: int
) -> list[dict[str, Any]]:
    """Audit rows, the newest first, with seq, digest and chain of their seal and the link before; None until it is made."""
    at, of, number = before or (None, None, None)
    rows = await tx.fetch(
        _LIST,
        client_id=question.client_id,
        subject=question.subject,
        act=question.act,
        object_id=question.object_id,
        since=question.since,
        until=question.until,
        service=service,
        before_at=at,
        before_service=of,
        before_id=number,
        limit=limit,
    )
    return [dict(row) | {"service": service} for row in rows]
