"""Say which planned contacts were missed, each once, and put them before the manager's eyes."""

from datetime import datetime

from chassis import outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx

from engagement_service.domain.events import ContactMissed
from engagement_service.store import plans

BATCH = 500


async def miss_contacts(tx: Tx, *, now: datetime) -> int:
    """Mark up to a batch of plans whose latest day has passed; returns how many, so that the caller may go on."""
    missed = await plans.claim_missed(tx, today=business_day(now), size=BATCH)
    await outbox.add(
        tx,
        *(
            ContactMissed(
                at=now,
                version=row["version"],
                client_id=row["client_id"],
                latest_on=row["latest_on"],
                rule=row["rule"],
                manager=row["manager"],
            )
            for row in missed
        ),
    )
    await work_items.add_many(
        tx,
        [
            {
                "kind": "contact.missed",
                "rule": row["rule"],
                "text": "contact.missed",
                "client_id": row["client_id"],
                "subject_id": row["client_id"],
                "owner": row["manager"],
                "owner_role": None if row["manager"] else "rm_supervisor",
                "unit_id": row["home_unit_id"],
                "unit_path": row["unit_path"],
                "due_at": now,
            }
            for row in missed
        ],
        now=now,
    )
    return len(missed)
