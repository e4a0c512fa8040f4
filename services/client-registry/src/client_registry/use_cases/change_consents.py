"""Recording what the client allows (CR-66 to CR-68, CR-74, CR-79, CR-81); a withdrawal counts at once."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound, Stale

from client_registry.domain.clients import Consent
from client_registry.domain.notices import check_notice, statements
from client_registry.store import clients as store
from client_registry.store import notices


async def change_consents(
    tx: Tx,
    client_id: UUID,
    wanted: Consent,
    *,
    expected_version: int,
    by: Principal,
    now: datetime,
    way: str = "outlet",
) -> Consent:
    """The consent that now stands; what changed goes into the ledger with the notice; says ConsentChanged.

    Raises Stale where somebody else recorded another one since the caller read it (version 0: none was there), Invalid
    for a yes without a published notice.
    """
    if await store.lock_client(tx, client_id) is None:
        raise NotFound()
    current = await store.lock_consent(tx, client_id)
    if expected_version != (0 if current is None else current.version):
        raise Stale()
    changed = wanted if current is None else current.change(wanted)
    await require_notice(tx, changed, pointer="/notice_version", now=now)
    if current is None:
        await store.add_consent(tx, client_id, changed, now=now)
    else:
        await store.save_consent(tx, client_id, changed, now=now)
    await notices.record(
        tx, client_id, statements(current, changed), notice_version=changed.notice_version, way=way, by=by.subject,
        now=now,
    )  # fmt: skip
    await outbox.add(tx, changed.said(client_id, await store.channels(tx, client_id), now))
    await audit.record(
        tx, act="consent.changed", by=by, object_type="consent", object_id=client_id, client_id=client_id,
        detail={"version": changed.version}, at=now,
    )  # fmt: skip
    return changed


async def require_notice(tx: Tx, consent: Consent, *, pointer: str, now: datetime) -> None:
    """Raises Invalid at `pointer` for a yes without a published privacy notice (CR-74)."""
    version = consent.notice_version
    published = version is not None and await notices.is_published(tx, version, today=business_day(now))
    check_notice(consent, published, pointer=pointer)
