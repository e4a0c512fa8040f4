"""Write a contact into the memo and plan the next one (EN-12, EN-13)."""

from datetime import datetime

from chassis import outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from engagement_service.domain.contacts import Contact, Reason
from engagement_service.domain.events import ContactCompleted
from engagement_service.store import complaints, contacts
from engagement_service.use_cases.ask_after_away_service import KIND as AWAY_SERVICE
from engagement_service.use_cases.plan_contacts import plan_contacts


async def log_contact(tx: Tx, contact: Contact, *, memo: str | None, now: datetime) -> None:
    """Refuse what the client forbids, store the contact, count the cadence on from it, tell the registry.

    Raises NotFound for a client we do not know and the refusals of ``Contact.allowed``.
    """
    contact.allowed(await contacts.permissions(tx, contact.client_id), now=now)
    await contacts.add_contact(tx, contact, memo=memo, now=now)
    counted_on = business_day(contact.happened_at) if contact.qualifies else None
    version = await contacts.touch(tx, contact.client_id, contact_on=counted_on)
    if contact.qualifies and contact.reason is Reason.RETURN_VISIT:
        await complaints.visited(tx, contact.client_id, at=contact.happened_at)
    if contact.reached:
        by = Principal(contact.by)
        await work_items.complete_for(
            tx, subject_id=contact.client_id, kind=AWAY_SERVICE, by=by, result="contacted", now=now
        )
    planned = await plan_contacts(tx, [contact.client_id], now=now)
    await outbox.add(
        tx,
        ContactCompleted(
            at=now,
            version=version,
            client_id=contact.client_id,
            contact_id=contact.id,
            direction=contact.direction.value,
            channel=contact.channel.value,
            reason=contact.reason.value,
            reached=contact.reached,
            next_due_on=planned[0].latest_on if planned else None,
        ),
    )
