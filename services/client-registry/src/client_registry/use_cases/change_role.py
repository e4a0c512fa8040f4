"""Another role at the same unit: the old posting ends the day before the new one begins (XC-8)."""

from dataclasses import replace
from datetime import datetime

from chassis.db import Tx
from chassis.identity import Principal
from chassis.scope import Scope

from client_registry.domain.organisation import Posting
from client_registry.domain.reference import day_before
from client_registry.store.staff import Person
from client_registry.use_cases.end_posting import end_posting
from client_registry.use_cases.post_staff import post_staff


async def change_role(
    tx: Tx, old: Posting, person: Person, *, new: Posting, by: Principal, scope: Scope, now: datetime
) -> int:
    """The person's version after it. Raises what ending and posting raise; both happen or neither."""
    last_day = day_before(new.from_on)
    if old.until_on is None or old.until_on > last_day:
        await end_posting(tx, old, person, until_on=last_day, by=by, now=now)
    return await post_staff(tx, replace(new, unit_id=old.unit_id), by=by, scope=scope, now=now)
