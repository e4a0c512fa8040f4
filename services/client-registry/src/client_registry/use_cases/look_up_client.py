"""Looking up who a caller or visitor is, nationwide and with a purpose (CR-26, CR-97, XC-12)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from client_registry.domain.recognition import (
    LOOKUP_LIVES,
    ONE_STEP,
    LookupWay,
    Matched,
    RecognitionLocked,
    matched,
)
from client_registry.store import lookups as store


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What a look-up tells. `client_ids` are for the edge alone; `confirmed` stands where one step was enough."""

    lookup_id: UUID
    matched: Matched
    client_ids: list[UUID]
    confirmed: UUID | None


async def look_up_client(tx: Tx, *, way: LookupWay, value: str, purpose: str, by: Principal, now: datetime) -> LookedUp:
    """The look-up's id and how many files fit; a card or identity number confirms at once.

    Raises RecognitionLocked where this person failed too often on this value.
    """
    index, found = await store.find_matches(tx, way, value)
    if (await store.failures(tx, by.subject, index)).is_locked(now):
        raise RecognitionLocked()
    lookup_id = new_id()
    await store.add_lookup(
        tx,
        id=lookup_id,
        asked_by=by.subject,
        way=way.value,
        value_index=index,
        purpose=purpose,
        client_ids=found,
        asked_at=now,
        expires_at=now + LOOKUP_LIVES,
    )
    confirmed = found[0] if way in ONE_STEP and len(found) == 1 else None
    if confirmed is not None:
        await store.confirm(tx, lookup_id, confirmed)
    await audit.record(
        tx, act="client.looked-up", by=by, object_type="client-lookup", object_id=lookup_id, client_id=confirmed,
        purpose=purpose, detail={"way": way.value, "matched": matched(len(found)).value}, at=now,
    )  # fmt: skip
    return LookedUp(lookup_id=lookup_id, matched=matched(len(found)), client_ids=found, confirmed=confirmed)
