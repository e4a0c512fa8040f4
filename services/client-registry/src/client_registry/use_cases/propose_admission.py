"""Proposing a client below the numbers for head-office level (CR-11, CCB Art. 7); another person decides."""

from datetime import date, datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.admissions import (
    LEVEL,
    Admission,
    AdmissionKind,
    AdmissionNotNeeded,
    AdmissionStatus,
    check_admissible,
    check_expiry,
)
from client_registry.domain.policies import Outcome
from client_registry.store import admissions as store
from client_registry.store import clients, evaluation, qualifications, reviews, standing

KIND = "exceptional-admission"


async def propose_admission(
    tx: Tx, client_id: UUID, *, kind: AdmissionKind, justification: str, expires_on: date, by: Principal, now: datetime
) -> Admission:
    """The case that waits, with the decision that shows him below the numbers.

    Raises Invalid for a wrong end, PersonalOnly, AdmissionNotNeeded, AdmissionBarred, `approvals.AlreadyProposed`.
    """
    today = business_day(now)
    policy = await reviews.policy_on(tx, today)
    check_expiry(expires_on, today=today, latest=policy.exception_until(today))
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    client_kind, _ = await store.kind_and_home(tx, client_id)
    held = await qualifications.lock_qualifications(tx, client_id)
    check_admissible(standing.standing_of(file), kind=client_kind, qualification=held.get(LEVEL))
    run_id = new_id()
    locked = await evaluation.lock_these(tx, [client_id])
    await evaluation.decide(tx, locked, run_id=run_id, as_of=today, cut_off_at=now)
    await evaluation.follow(tx, locked, run_id=run_id, as_of=today, now=now)
    decided = await reviews.decision_of(tx, client_id, run_id=run_id)
    file = await clients.lock_client(tx, client_id)
    if decided is None or file is None:
        raise NotFound()
    decision_id, findings = decided
    of_level = [finding for finding in findings if finding.level is LEVEL]
    if not of_level or any(finding.outcome is Outcome.MET for finding in of_level):
        # By the standard he needs no exception, only the filing.
        raise AdmissionNotNeeded()
    admission = Admission(
        id=new_id(),
        client_id=client_id,
        kind=kind,
        expires_on=expires_on,
        status=AdmissionStatus.PROPOSED,
        client_version=file["version"],
        decision_id=decision_id,
        policy_version=of_level[0].policy_version,
        proposed_by=by.subject,
        proposed_at=now,
        version=1,
    )
    await approvals.propose(
        tx, kind=KIND, subject_id=client_id, subject_version=admission.client_version, by=by, now=now
    )
    await store.add(tx, admission, justification=justification)
    await audit.record(
        tx, act="exceptional-admission.proposed", by=by, object_type=KIND, object_id=admission.id, client_id=client_id,
        detail={"kind": kind.value, "expires_on": expires_on.isoformat(), "decision_id": str(decision_id)}, at=now,
    )  # fmt: skip
    return admission
