"""Whoever is no client any more allows nothing: no marketing, no invitations, no wished contact (CR-67, CR-68)."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.clients import Consent
from client_registry.domain.notices import statements
from client_registry.store import clients, notices


async def allow_nothing(tx: Tx, client_id: UUID, *, by: Principal, now: datetime) -> None:
    """Says ConsentChanged; nothing happens where nobody ever asked the client."""
    current = await clients.lock_consent(tx, client_id)
    if current is None:
        return
    nothing = current.change(
        Consent(
            marketing=False, events=False, wished_interval=None, notice_version=None, recorded_by=by.subject, version=1
        )
    )
    await clients.save_consent(tx, client_id, nothing, now=now)
    said = statements(current, nothing)
    await notices.record(tx, client_id, said, notice_version=None, way="outlet", by=by.subject, now=now)
    await outbox.add(tx, nothing.said(client_id, (), now))
