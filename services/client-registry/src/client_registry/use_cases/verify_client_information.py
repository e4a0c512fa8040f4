"""Periodic check of client information (CR-79): what the client confirmed, and what he said has changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.information_quality import checked_verification
from client_registry.domain.registration_form import CONSENT_FIELDS, Source
from client_registry.store import clients as files
from client_registry.store import information_quality as store
from client_registry.store import registration_forms


async def verify_client_information(
    tx: Tx, client_id: UUID, *, unchanged: Sequence[str], changed: Sequence[str], source: Source, by: Principal, now: datetime
) -> None:  # fmt: skip
    """Marks the fields; the open request to verify is done when nothing is said to have changed.

    Raises Invalid for a field that is not on the form, named twice, or confirmed with nothing on file.
    """
    kept = await registration_forms.lock_form(tx, client_id)
    if kept is None:
        raise NotFound()
    on_file = {*kept.answers, "name", *(contact.way.value for contact in kept.contacts)}
    on_file |= {"contact_order"} if kept.contacts else set()
    on_file |= CONSENT_FIELDS if await files.lock_consent(tx, client_id) is not None else frozenset()
    own = (("sex", kept.sex), ("birth_on", kept.birth_on), ("identity_number", kept.identity_number))
    on_file |= {name for name, value in own if value is not None}
    checked_verification(unchanged, changed, on_file)
    await store.mark(tx, client_id, unchanged=unchanged, changed=changed, source=source, by=by.subject, now=now)
    if not changed:
        await work_items.complete_for(tx, subject_id=client_id, kind=store.KIND, by=by, result="verified", now=now)
    await audit.record(
        tx, act="client-information.verified", by=by, object_type="client", object_id=client_id, client_id=client_id,
        detail={"unchanged": list(unchanged), "changed": list(changed), "source": source.value}, at=now,
    )  # fmt: skip
