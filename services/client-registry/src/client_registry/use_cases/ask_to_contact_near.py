"""The branch asks its managers to contact clients who are near a standard (CR-16, CCB Art. 14), many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.store import near_contacts
from client_registry.use_cases.ask_to_contact import contact_items

KIND = "qualification.contact-near"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose managers were asked now, and whose had been asked before."""

    asked: list[UUID]
    already: list[UUID]


async def ask_to_contact_near(tx: Tx, near: Sequence[UUID], *, level: str, by: Principal, now: datetime) -> Asked:
    """One open item a client: asking again while it is open changes nothing."""
    # Locked, so that two who ask at once make one item of it.
    already = await near_contacts.lock_asked(tx, sorted(near), kind=KIND)
    asked = sorted(set(near) - already)
    await work_items.add_many(tx, await contact_items(tx, asked, kind=KIND, now=now), now=now)
    if asked:
        await audit.record(
            tx, act="near-candidates.contact-asked", by=by, object_type="qualification-level", object_id=level,
            detail={"clients": [str(client_id) for client_id in asked]}, at=now,
        )  # fmt: skip
    return Asked(asked=asked, already=sorted(already))
