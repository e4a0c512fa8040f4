"""Clients whose accounts no longer go their usual way are put before their managers (CR-51)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import work_items
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.account_watch import changes_of
from client_registry.domain.figures import WINDOW_MONTHS, closed_months
from client_registry.store import account_watch as store
from client_registry.store import clients, information_policies

WORK = "account.changed"
LOOK_WITHIN = timedelta(days=5)


async def watch_accounts(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> int:
    """BOC-S Art. 22(2)4(2), Art. 31(4): how many managers were asked, once for a client, month and rule.

    Whom no manager looks after is not asked about; the change stands on the file all the same.
    """
    watch = (await information_policies.current(tx)).account_watch
    window = closed_months(business_day(now), WINDOW_MONTHS)
    figures = await store.figures_of(tx, client_ids, first=window[0], last=window[-1])
    found = {client_id: changes for client_id in figures if (changes := changes_of(watch, figures[client_id], window))}
    if not found:
        return 0
    files = await clients.managers_of(tx, sorted(found))
    looked_after = [
        (client_id, change) for client_id in sorted(found) if files[client_id]["manager"] for change in found[client_id]
    ]
    fresh = await store.add_alerts(tx, looked_after, now=now)
    await work_items.add_many(
        tx,
        [
            {
                "kind": WORK, "rule": "CR-51", "text": f"{WORK}.{code}", "client_id": client_id, "subject_id": client_id,
                "owner": files[client_id]["manager"], "owner_role": None, "unit_id": files[client_id]["home_unit_id"],
                "unit_path": files[client_id]["path"], "due_at": now + LOOK_WITHIN,
            }
            for client_id, code in fresh
        ],
        now=now,
    )  # fmt: skip
    return len(fresh)
