"""Recording what the client allows (CR-66 to CR-68, CR-79, CR-81)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import Stale

from client_registry.domain.clients import Consent
from client_registry.store import clients as store


async def change_consents(
    tx: Tx, client_id: UUID, wanted: Consent, *, expected_version: int, by: Principal, now: datetime
) -> Consent:
    """The consent that now stands; says ConsentChanged.

    Raises Stale where somebody else recorded another one since the caller read it (version 0: none was there).
    """
    current = await store.lock_consent(tx, client_id)
    if expected_version != (0 if current is None else current.version):
        raise Stale()
    changed = wanted if current is None else current.change(wanted)
    if current is None:
        await store.add_consent(tx, client_id, changed, now=now)
    else:
        await store.save_consent(tx, client_id, changed, now=now)
    await outbox.add(tx, changed.said(client_id, await store.channels(tx, client_id), now))
    await audit.record(
        tx, act="consent.changed", by=by, object_type="consent", object_id=client_id, client_id=client_id,
        detail={"version": changed.version}, at=now,
    )  # fmt: skip
    return changed
