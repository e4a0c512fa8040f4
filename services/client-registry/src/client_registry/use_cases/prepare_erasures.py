"""Every night: former clients whose retention is over come onto a list for the data steward (PIPL Art. 19, 47)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import work_items
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.ids import new_id

from client_registry.domain.retention import RetentionPolicy
from client_registry.store import erasures, retention

WORK = "erasure.list-prepared"
ROLE = "data_steward"
LOOK_WITHIN = timedelta(days=15)
RANGE = 2_000


async def prepare_erasures(tx: Tx, *, now: datetime, size: int = RANGE) -> int:
    """How many came onto the list. Whoever is held back by a hold or an open case is not on it and is looked at again the
    next night; the list that still waits grows, so that there is one to look at."""
    today = business_day(now)
    policy = await retention.policy_on(tx, today)
    shortest = min(years for years in policy.years.values() if years is not None)
    before = today - timedelta(days=365 * shortest)
    lists, found, after = await erasures.prepared_lists(tx), 0, UUID(int=0)
    while former := await erasures.former_clients(tx, before=before, after=after, size=size):
        after = former[-1]["id"]
        held = await retention.held_among(tx, [row["id"] for row in former])
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in former:
            kinds = policy.due_kinds(ended_on=row["ended_on"], today=today, erased=frozenset(row["erased"]))
            if not kinds or row["id"] in held:
                continue
            if row["branch_path"] not in lists:
                lists[row["branch_path"]] = await begin_list(tx, row, source="retention", policy=policy, now=now)
            days = [day for kind in kinds if (day := policy.due_on(kind, ended_on=row["ended_on"])) is not None]
            due = {"client_id": row["id"], "kinds": [kind.value for kind in kinds], "due_on": max(days)}
            rows.setdefault(row["branch_path"], []).append(due)
        for path, due_there in rows.items():
            await erasures.put_on_list(tx, lists[path], due_there)
            found += len(due_there)
    return found


async def begin_list(tx: Tx, branch: Record, *, source: str, policy: RetentionPolicy, now: datetime) -> UUID:
    """An empty list of a branch, and its steward's work: somebody looks before anything goes."""
    list_id, path = new_id(), branch["branch_path"]
    await erasures.add_list(
        tx, list_id, unit_path=path, source=source, policy_version=policy.version, today=business_day(now)
    )
    await work_items.add(
        tx, kind=WORK, rule="CR-80", text=WORK, client_id=None, subject_id=list_id, owner=None, owner_role=ROLE,
        unit_id=branch["branch_id"], unit_path=path, due_at=now + LOOK_WITHIN, now=now,
    )  # fmt: skip
    return list_id
