"""What was reported upward about a client, as it is answered: the words only opened for a purpose, and audited."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from client_registry.store import upward_reports as store


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOnFile:
    """One report; `text` is None while it is masked."""

    report_id: UUID
    client_id: UUID
    kind: str
    text: str | None
    reported_by: str
    reported_at: datetime
    to_role: str
    to_unit_id: UUID
    acknowledged_by: str | None
    acknowledged_at: datetime | None


async def reports_of(tx: Tx, client_id: UUID, *, before: UUID | None, size: int, open_: bool) -> list[ReportOnFile]:
    """The newest first, of a file in scope; the caller audits before asking for them open."""
    return [
        ReportOnFile(
            report_id=row["id"],
            client_id=row["client_id"],
            kind=row["kind"],
            text=tx.cipher.open(store.TEXT, row["id"], row["text_sealed"]) if open_ else None,
            reported_by=row["reported_by"],
            reported_at=row["reported_at"],
            to_role=row["to_role"],
            to_unit_id=row["to_unit_id"],
            acknowledged_by=row["acknowledged_by"],
            acknowledged_at=row["acknowledged_at"],
        )
        for row in await store.list_of(tx, client_id, before=before, size=size)
    ]
