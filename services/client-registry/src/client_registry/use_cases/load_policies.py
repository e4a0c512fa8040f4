"""Loading tier policies as reference data (CR-6, CR-12, CR-14): a changed standard is a new version, never new code."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from chassis.db import Tx
from chassis.ids import new_id

from client_registry.domain.organisation import UnitKind
from client_registry.domain.policies import HEAD_OFFICE_PATH, Ladder, TierPolicy
from client_registry.store import organisation
from client_registry.store import policies as store


async def load_policies(tx: Tx, given: Mapping[str, Any], *, now: datetime | None = None) -> int:
    """How many versions were new. A branch's policy waits until its branch is there; a loaded version never changes.

    `now` is when the bank knew of them; without it they count as always known.
    """
    # Everything below a branch bears its letters too; the standard is the branch's own.
    units = await organisation.list_units(tx)
    branches = {unit.branch_code: unit for unit in units if unit.kind is UnitKind.FIRST_LEVEL_BRANCH}
    added = 0
    for entry in given["policies"]:
        branch = branches.get(entry["branch_code"])
        waits = entry["branch_code"] is not None and branch is None
        if waits or await store.is_loaded(tx, entry["code"], entry["version"]):
            continue
        policy = TierPolicy(
            id=new_id(),
            code=entry["code"],
            version=entry["version"],
            ladder=Ladder(entry["ladder"]),
            level=entry["level"],
            scope_path=HEAD_OFFICE_PATH if branch is None else branch.path,
            campaign=entry.get("campaign", False),
            combinator=entry["combinator"],
            criteria=tuple(store.criterion_of(criterion) for criterion in entry["criteria"]),
            needs_filing=entry["needs_filing"],
            grace_months=entry["grace_months"],
            article=entry["article"],
            valid_from=date.fromisoformat(entry["valid_from"]),
            valid_until=date.fromisoformat(entry["valid_until"]) if entry.get("valid_until") else None,
            status="active",
            minimum_tenure_months=entry.get("minimum_tenure_months", 0),
            vetoes=tuple(store.veto_of(veto) for veto in entry.get("vetoes", ())),
            scope_unit_id=None if branch is None else branch.id,
            activated_at=now,
        )
        await store.add_version(tx, policy, now=now)
        added += 1
    return added
