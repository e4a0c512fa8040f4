"""Somebody tried to register a document that is on file elsewhere (CR-38, CR-84): the data steward looks at it."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

KIND = "clients.document-known"


async def report_known_document(tx: Tx, client_id: UUID, *, unit_id: UUID, unit_path: str, now: datetime) -> None:
    """One open work item a file, for the data steward where the file is kept; nothing is told to who tried."""
    if any(item.kind == KIND for item in await work_items.list_of_subject(tx, client_id)):
        return
    await work_items.add(
        tx, kind=KIND, rule="CR-38", text=KIND, client_id=client_id, subject_id=client_id, owner=None,
        owner_role="data_steward", unit_id=unit_id, unit_path=unit_path, due_at=None, now=now,
    )  # fmt: skip
