"""The tier-1 branch says no to an exceptional admission (CR-11)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.admissions import Admission, Refusal
from client_registry.store import admissions as store
from client_registry.use_cases.approve_admission import lock_case
from client_registry.use_cases.propose_admission import KIND


async def refuse_admission(
    tx: Tx, admission_id: UUID, *, reason: Refusal, paths: Sequence[str], by: Principal, now: datetime
) -> Admission:
    """The refused case; nothing of the client changes. Raises what the approval raises, but for a file that has moved."""
    admission, _ = await lock_case(tx, admission_id, paths=paths)
    refused = admission.refuse(reason, by=by.subject, at=now)
    await approvals.refuse(tx, kind=KIND, subject_id=admission.client_id, by=by, now=now, reason=reason.value)
    await store.save(tx, refused)
    await audit.record(
        tx, act="exceptional-admission.refused", by=by, object_type=KIND, object_id=admission_id,
        client_id=admission.client_id, detail={"reason": reason.value}, at=now,
    )  # fmt: skip
    return refused
