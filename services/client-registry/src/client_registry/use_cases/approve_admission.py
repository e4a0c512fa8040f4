"""The tier-1 branch approves one exceptional admission (CR-11): by another person, over the file that was proposed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import approvals, audit, due_work, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.admissions import LEVEL, Admission, check_admissible, check_approver, check_expiry
from client_registry.store import admissions as store
from client_registry.store import clients, organisation, qualifications, reviews, standing
from client_registry.use_cases.ask_to_contact import CONTACT_WITHIN, FALLBACK_ROLE
from client_registry.use_cases.plan_review import morning
from client_registry.use_cases.propose_admission import KIND

EXCEPTION_END = "standing.exception-end"
EXCEPTION_FORESEE = "standing.exception-foresee"
APPROVED = "admission.approved"


async def approve_admission(
    tx: Tx, admission_id: UUID, *, paths: Sequence[str], by: Principal, now: datetime
) -> Admission:
    """The approved case: the client may join at head-office level while it runs; its end is planned at once.

    Checked again at the act. Raises AdmissionNotAuthorised, AdmissionDecided, `approvals.SamePerson`,
    `approvals.Overtaken` where the client's file has moved, and what the proposal raises.
    """
    admission, home_path = await lock_case(tx, admission_id, paths=paths)
    today = business_day(now)
    approved = admission.approve(by=by.subject, at=now)
    file = await clients.lock_client(tx, admission.client_id)
    if file is None:
        raise NotFound()
    await approvals.approve(
        tx, kind=KIND, subject_id=admission.client_id, subject_version=file["version"], by=by, now=now
    )
    policy = await reviews.policy_on(tx, today)
    check_expiry(admission.expires_on, today=today, latest=policy.exception_until(today))
    held = await qualifications.lock_qualifications(tx, admission.client_id)
    check_admissible(standing.standing_of(file), kind="personal", qualification=held.get(LEVEL))
    await store.save(tx, approved)
    await store.qualify(tx, approved, today=today)
    falls_on = admission.expires_on + timedelta(days=1)
    await due_work.schedule(tx, kind=EXCEPTION_END, subject_id=admission_id, due_at=morning(falls_on))
    await due_work.schedule(
        tx,
        kind=EXCEPTION_FORESEE,
        subject_id=admission_id,
        due_at=max(now, morning(policy.foresee_on(falls_on))),
        detail={"client_id": str(admission.client_id), "falls_on": falls_on.isoformat()},
    )
    await work_items.add(
        tx,
        kind=APPROVED,
        rule="CR-11",
        text=APPROVED,
        client_id=admission.client_id,
        subject_id=admission_id,
        owner=file["manager"],
        owner_role=None if file["manager"] else FALLBACK_ROLE,
        unit_id=file["home_unit_id"],
        unit_path=home_path,
        due_at=now + CONTACT_WITHIN,
        now=now,
    )
    await audit.record(
        tx, act="exceptional-admission.approved", by=by, object_type=KIND, object_id=admission_id,
        client_id=admission.client_id, detail={"expires_on": admission.expires_on.isoformat()}, at=now,
    )  # fmt: skip
    return approved


async def lock_case(tx: Tx, admission_id: UUID, *, paths: Sequence[str]) -> tuple[Admission, str]:
    """The case under its lock and the client's home path. Raises NotFound, AdmissionNotAuthorised."""
    admission = await store.lock(tx, admission_id)
    if admission is None:
        raise NotFound()
    _, home_path = await store.kind_and_home(tx, admission.client_id)
    places = [(unit.kind, unit.path) for unit in await organisation.list_units(tx) if unit.path in paths]
    check_approver(places, home_path=home_path)
    return admission, home_path
