"""What a client's papers belong to: revocations, deaths, changes of name or document. The papers lie in the frame."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

_SUBJECT = prepare(
    sa.text(
        """
        SELECT 'revocation' AS kind FROM revocations WHERE client_id = :client_id AND id = :record_id
        UNION ALL SELECT 'death' FROM client_deaths WHERE client_id = :client_id AND id = :record_id
        UNION ALL SELECT 'relationship-ending' FROM relationship_endings WHERE client_id = :client_id AND id = :record_id
        UNION ALL SELECT 'identity-change' FROM former_identities WHERE client_id = :client_id AND id = :record_id
        """
    )
)
_REVOCATIONS = prepare(
    sa.text(
        """
        SELECT id, cause, reason_sealed, risk_event_id, decision_id, decided_by, decided_at FROM revocations
        WHERE client_id = :client_id AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :size
        """
    )
)


async def kind_of(tx: Tx, client_id: UUID, record_id: UUID) -> str | None:
    """What such a record of the client is; None where he has none."""
    kind: str | None = await tx.fetchval(_SUBJECT, client_id=client_id, record_id=record_id)
    return kind


async def revocations_of(tx: Tx, client_id: UUID, *, before: UUID | None, size: int) -> list[Record]:
    """A client's revocations, the newest first."""
    return await tx.fetch(_REVOCATIONS, client_id=client_id, before=before, size=size)
