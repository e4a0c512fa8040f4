"""A paper that proves what was decided about a client: evidence of a revocation (CR-18), of a death, of a change."""

from datetime import datetime
from uuid import UUID

from chassis import attachments
from chassis.attachments import Attachment
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.store import papers


async def keep_paper(
    tx: Tx,
    client_id: UUID,
    record_id: UUID,
    *,
    name: str,
    media_type: str | None,
    content: bytes,
    by: Principal,
    now: datetime,
) -> Attachment:
    """The paper, sealed, with the record it proves. Raises NotFound for a record that is not this client's, and what
    `attachments.add` raises: TooLarge, Invalid."""
    kind = await papers.kind_of(tx, client_id, record_id)
    if kind is None:
        raise NotFound()
    return await attachments.add(
        tx, subject_id=record_id, client_id=client_id, kind=kind, name=name, media_type=media_type, content=content,
        by=by, now=now,
    )  # fmt: skip
