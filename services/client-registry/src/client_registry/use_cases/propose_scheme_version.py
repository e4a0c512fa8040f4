"""The next version of a scheme of grades, held for another person's decision (A3, XC-34)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import Invalid, NotFound

from client_registry.domain.schemes import Scheme, check_head_office, faults
from client_registry.store import schemes as store

KIND = "grade-scheme"


async def propose_scheme_version(
    tx: Tx, wanted: Scheme, *, grants: Sequence[Grant], by: Principal, now: datetime
) -> Scheme:
    """The version as it waits. Raises HeadOfficeOnly, NotFound for an unknown scheme, Invalid."""
    versions = [each.version for each in await store.lock_all(tx) if each.code == wanted.code]
    if not versions:
        raise NotFound()
    check_head_office(grants)
    errors = faults(wanted, today=business_day(now))
    if errors:
        raise Invalid(errors)
    scheme = replace(wanted, version=max(versions) + 1)
    await approvals.propose(tx, kind=KIND, subject_id=scheme.id, subject_version=scheme.version, by=by, now=now)
    await store.add(tx, scheme)
    await audit.record(
        tx, act="grade-scheme.proposed", by=by, object_type=KIND, object_id=scheme.id,
        detail={"scheme": scheme.code, "version": scheme.version}, at=now,
    )  # fmt: skip
    return scheme
