"""Granting, withdrawing and using an authorisation to share a client's data (CR-82, CR-83, CR-84)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from client_registry.domain.sharing import AlreadyRevoked, SharedField, SharingGrant
from client_registry.store import organisation
from client_registry.store import sharing as store


async def grant_sharing(
    tx: Tx, grant: SharingGrant, *, authorisation: str | None, agreement: str | None, by: Principal, now: datetime
) -> SharingGrant:
    """The grant as it stands from now on. Raises Invalid for what cannot be."""
    grant.check_stated(today=business_day(now))
    await store.add_grant(tx, grant, authorisation=authorisation, agreement=agreement, by=by.subject, now=now)
    await audit.record(
        tx, act="sharing.granted", by=by, object_type="sharing-grant", object_id=grant.id, client_id=grant.client_id,
        purpose=grant.purpose.value, at=now,
        detail={"kind": grant.kind.value, "fields": list(grant.fields), "until_on": grant.until_on.isoformat()},
    )  # fmt: skip
    return grant


async def revoke_sharing(tx: Tx, grant_id: UUID, *, by: Principal, now: datetime) -> None:
    """Withdraws a grant at once, also one that has not begun. Raises AlreadyRevoked."""
    grant = await store.lock_grant(tx, grant_id)
    if grant.revoked:
        raise AlreadyRevoked()
    await store.revoke_grant(tx, grant_id, by=by.subject, now=now)
    await audit.record(
        tx, act="sharing.revoked", by=by, object_type="sharing-grant", object_id=grant_id,
        client_id=grant.client_id, at=now,
    )  # fmt: skip


async def use_sharing(
    tx: Tx, grant_id: UUID, fields: Sequence[SharedField], *, by: Principal, now: datetime
) -> tuple[UUID, SharingGrant]:
    """Writes the use down before anything is shown; its id. Raises what `SharingGrant.check_use` raises, NotFound."""
    grant = await store.lock_grant(tx, grant_id)
    unit = None if grant.recipient_unit_id is None else await organisation.find_unit(tx, grant.recipient_unit_id)
    today = business_day(now)
    grant.check_use(
        fields,
        grants=[each for each in by.grants if each.until is None or each.until > now],
        recipient_path=None if unit is None else unit.path,
        today=today,
    )
    use_id = new_id()
    await store.add_use(tx, use_id=use_id, grant_id=grant_id, by=by.subject, fields=fields, now=now)
    await audit.record(
        tx, act="sharing.used", by=by, object_type="sharing-grant", object_id=grant_id, client_id=grant.client_id,
        purpose=grant.purpose.value, detail={"fields": list(fields), "use_id": str(use_id)}, at=now,
    )  # fmt: skip
    return use_id, grant
