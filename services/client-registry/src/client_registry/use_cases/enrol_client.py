"""A qualifying client chooses to join (CR-3)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import Membership, Standing, enrol
from client_registry.store import clients
from client_registry.store import qualifications as store
from client_registry.use_cases.ask_to_contact import KIND as CONTACT_ASKED
from client_registry.use_cases.plan_review import plan_review


async def enrol_client(
    tx: Tx, client_id: UUID, *, level: CardLevel, channel: str, by: Principal, now: datetime
) -> Membership:
    """The membership; the card level goes up at once. Says ClientEnrolled and ClientUpgraded (cause enrolment).

    Raises NotQualified, NotFiled (CR-10), AlreadyMember; NotFound for an unknown client.
    """
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    standing = Standing(
        client_id=client_id,
        card_level=CardLevel(file["card_level"]),
        service_tier=file["service_tier"],
        home_unit_id=file["home_unit_id"],
        version=file["version"],
    )
    qualifications = await store.lock_qualifications(tx, client_id)
    membership, enrolled, upgraded = enrol(
        standing,
        qualifications.get(level),
        level=level,
        membership_id=new_id(),
        channel=channel,
        recorded_by=by.subject,
        at=now,
        today=business_day(now),
    )
    await store.add_membership(tx, membership)
    await clients.set_card_level(tx, client_id, level=level.value, version=upgraded.version)
    await plan_review(tx, client_id, enrolled_on=membership.enrolled_on, card_until=None, now=now)
    await outbox.add(tx, enrolled, upgraded)
    await work_items.complete_for(tx, subject_id=client_id, kind=CONTACT_ASKED, by=by, result="enrolled", now=now)
    await audit.record(
        tx, act="client.enrolled", by=by, object_type="membership", object_id=membership.id, client_id=client_id,
        detail={"level": level.value, "decision_id": str(membership.decision_id)}, at=now,
    )  # fmt: skip
    return membership
