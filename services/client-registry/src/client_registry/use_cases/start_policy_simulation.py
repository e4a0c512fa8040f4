"""Beginning a simulation: what would move if these versions stood in the place of what is in force (CR-14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis import audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.operations import Operation

from client_registry.domain import policy_rules as rules
from client_registry.domain.policies import TierPolicy
from client_registry.domain.simulations import Assumptions
from client_registry.store import policies, simulations

KIND = "policy-simulation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The simulation and the long work behind it."""

    simulation_id: UUID
    operation: Operation


async def start_policy_simulation(
    tx: Tx,
    *,
    tried: Sequence[TierPolicy],
    against: Sequence[TierPolicy],
    unit_path: str,
    as_of: date,
    assumptions: Assumptions,
    by: Principal,
    now: datetime,
) -> Started:
    """`tried` beside all else in force on the day; compared with what is in force, or with `against` in its place."""
    standing = rules.in_force_set(await policies.list_once_in_force(tx), day=as_of)
    before = rules.with_versions(standing, against) if against else standing
    after = rules.with_versions(standing, tried)
    simulation_id = new_id()
    operation = await operations.start(
        tx, kind=KIND, started_by=by.subject, detail={"simulation_id": str(simulation_id)}, now=now
    )
    await simulations.add(
        tx,
        simulation_id=simulation_id,
        operation_id=operation.id,
        unit_path=unit_path,
        as_of=as_of,
        policies=[*simulations.sided(before, "b"), *simulations.sided(after, "a")],
        assumptions=assumptions.as_json(),
        by=by.subject,
        now=now,
    )
    await audit.record(
        tx, act="policy-simulation.started", by=by, object_type="policy-simulation", object_id=simulation_id,
        detail={"tried": [policy.name for policy in tried], "unit_path": unit_path, "as_of": as_of.isoformat()}, at=now,
    )  # fmt: skip
    return Started(simulation_id=simulation_id, operation=operation)
