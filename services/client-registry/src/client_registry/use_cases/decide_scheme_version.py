"""The second person's word on a version of a scheme: in force from its first day on, or not at all (A3, XC-34)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import Invalid, NotFound

from client_registry.domain.schemes import Scheme, check_head_office, faults
from client_registry.store import schemes as store
from client_registry.use_cases.propose_scheme_version import KIND


async def decide_scheme_version(
    tx: Tx, scheme_id: UUID, *, approved: bool, grants: Sequence[Grant], by: Principal, now: datetime
) -> Scheme:
    """Checked again at the approval. Raises HeadOfficeOnly, NotFound, VersionDecided, Invalid, `approvals.SamePerson`."""
    scheme = await store.lock(tx, scheme_id)
    if scheme is None:
        raise NotFound()
    check_head_office(grants)
    decided = scheme.decide("approved" if approved else "refused", by=by.subject)
    if approved:
        errors = faults(scheme, today=business_day(now))
        if errors:
            raise Invalid(errors)
        await approvals.approve(tx, kind=KIND, subject_id=scheme_id, subject_version=scheme.version, by=by, now=now)
    else:
        await approvals.refuse(tx, kind=KIND, subject_id=scheme_id, by=by, now=now, reason="refused")
    await store.save_decision(tx, decided)
    await audit.record(
        tx, act=f"grade-scheme.{decided.status}", by=by, object_type=KIND, object_id=scheme_id,
        detail={"scheme": scheme.code, "version": scheme.version}, at=now,
    )  # fmt: skip
    return decided
