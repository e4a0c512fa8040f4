"""The last day of an exceptional admission is over (CR-11): the level falls at once unless the standard is met by then."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.admissions import LEVEL, AdmissionStatus
from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import Status
from client_registry.domain.reviews import EXCEPTION_ENDED, Judgement, Verdict
from client_registry.store import admissions as store
from client_registry.store import qualifications
from client_registry.use_cases.propose_admission import KIND
from client_registry.use_cases.review_level import BY, settle
from client_registry.use_cases.verify_member import verify_member


async def end_exception(tx: Tx, admission_id: UUID, *, now: datetime) -> None:
    """A member who meets the standard by then keeps his level; nobody else does, and a missing figure keeps nothing that
    figures never gave. A revoked or ended admission is left alone."""
    admission = await store.lock(tx, admission_id)
    if admission is None or admission.status is not AdmissionStatus.APPROVED:
        return
    client_id = admission.client_id
    await store.save(tx, admission.end(business_day(now)))
    held = (await qualifications.lock_qualifications(tx, client_id)).get(LEVEL)
    if held is not None and held.status is Status.APPROVED:
        await qualifications.save_qualification(tx, held.lapse())
    await audit.record(
        tx, act="exceptional-admission.ended", by=BY, object_type=KIND, object_id=admission_id, client_id=client_id,
        detail={}, at=now,
    )  # fmt: skip
    verified = await verify_member(tx, client_id, now=now, excepted=False)
    if verified is None or verified.standing.card_level is not LEVEL:
        return
    if verified.judgement.verdict is not Verdict.PASSED:
        fallen = Judgement(verdict=Verdict.FAILED, level=CardLevel.NONE, reasons=(EXCEPTION_ENDED,))
        verified = replace(verified, judgement=fallen)
    await settle(tx, verified, cause="ended", now=now)
