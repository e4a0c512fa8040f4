"""The second step of recognition: a factor that only the client can give (domain decisions, section 6)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.recognition import LookupGone, RecognitionLocked
from client_registry.store import lookups as store


async def confirm_client(
    tx: Tx, lookup_id: UUID, *, identity_last4: str | None, phone: str | None, by: Principal, now: datetime
) -> UUID | None:
    """The client the factor fits, or None where it fits none or several; the edge then keeps the failure.

    `identity_last4` are the last four characters of the identity number; `phone` is a registered phone that the bank
    has just called back. Raises LookupGone and RecognitionLocked.
    """
    lookup = await store.find_lookup(tx, lookup_id, asked_by=by.subject, now=now)
    if lookup is None:
        raise LookupGone()
    if (await store.failures(tx, by.subject, lookup["value_index"])).is_locked(now):
        raise RecognitionLocked()
    fitting = (
        await store.fits_last_four(tx, lookup["client_ids"], identity_last4)
        if identity_last4 is not None
        else await store.fits_phone(tx, lookup["client_ids"], phone or "")
    )
    if len(fitting) != 1:
        return None
    await store.confirm(tx, lookup_id, fitting[0])
    await audit.record(
        tx, act="client.recognised", by=by, object_type="client-lookup", object_id=lookup_id, client_id=fitting[0],
        purpose=lookup["purpose"], detail={"factor": "phone" if identity_last4 is None else "identity"}, at=now,
    )  # fmt: skip
    return fitting[0]
