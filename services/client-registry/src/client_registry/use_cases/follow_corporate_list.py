"""What the corporate list makes of a client's tier on a day: given while an entry runs, taken when none does any more."""

from dataclasses import replace
from datetime import datetime

from chassis import outbox
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.corporate_vips import TIER, Entry, EntryStatus, fallen, risen
from client_registry.store import clients, reviews, standing
from client_registry.store import corporate_vips as store


async def follow_corporate_list(tx: Tx, entry: Entry, *, now: datetime) -> Entry:
    """The entry as it stands afterwards; says ClientUpgraded or ClientDowngraded where the tier moves (CR-24).

    The client is locked. An entry that is over but for its grace takes nothing yet; one that another entry follows takes
    nothing at all.
    """
    today = business_day(now)
    file = await clients.lock_client(tx, entry.client_id)
    if file is None or entry.status is not EntryStatus.APPROVED:
        return entry
    policy = await reviews.policy_on(tx, today)
    held = standing.standing_of(file)
    others = [each for each in await store.of_client(tx, entry.client_id) if each.id != entry.id]
    if entry.runs_on(today) and entry.tier_before is None:
        before = [each.tier_before for each in others if each.tier_before is not None]
        listed = held.service_tier == TIER
        entry = replace(entry, tier_before=next(reversed(before), None) if listed else held.service_tier)
        await store.save(tx, entry)
        if not listed:
            await store.set_tier(tx, entry.client_id, TIER, version=held.version + 1)
            await outbox.add(tx, risen(held, entry, policy=policy, at=now, today=today))
    elif today >= entry.falls_on(policy):
        entry = entry.close()
        await store.save(tx, entry)
        if held.service_tier == TIER and not any(each.runs_on(today) for each in others):
            to = await store.tier_without_list(tx, entry, today=today, now=now)
            await store.set_tier(tx, entry.client_id, to, version=held.version + 1)
            await outbox.add(tx, fallen(held, entry, to=to, policy=policy, at=now, today=today))
    return entry
