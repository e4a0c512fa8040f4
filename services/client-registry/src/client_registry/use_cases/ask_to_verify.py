"""Files that are incomplete or stale become work for their managers (CR-77, CR-79)."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

from client_registry.store import information_policies
from client_registry.store import information_quality as store

FALLBACK_ROLE = "wealth_centre_head"
_RANGE = 5_000


async def ask_to_verify(tx: Tx, *, now: datetime, size: int = _RANGE) -> int:
    """How many managers' items were added: one a client, not again while one is open or was done a short while ago.

    A client without a manager is the head of the wealth centre's (CR-44).
    """
    policy = await information_policies.current(tx)
    asked_since = now - timedelta(days=policy.ask_again_after_days)
    due_at = now + timedelta(days=policy.verify_within_days)
    after: UUID | None = None
    added = 0
    while client_ids := await store.next_range(tx, after=after, asked_since=asked_since, size=size):
        items = [
            {
                "kind": store.KIND,
                "rule": "CR-79",
                "text": store.KIND,
                "client_id": row["id"],
                "subject_id": row["id"],
                "owner": row["manager"],
                "owner_role": None if row["manager"] else FALLBACK_ROLE,
                "unit_id": row["home_unit_id"],
                "unit_path": row["path"],
                "due_at": due_at,
            }
            for row in await store.poor_of(tx, client_ids, policy, now=now)
        ]
        await work_items.add_many(tx, items, now=now)
        added += len(items)
        after = client_ids[-1]
    return added
