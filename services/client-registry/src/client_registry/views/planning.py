"""Planning values as they are read: what counts on a day."""

from dataclasses import dataclass
from datetime import date

from chassis.db import Tx

from client_registry.domain.simulations import Assumptions
from client_registry.store import planning_policies


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningValues:
    """One version; `newest` is the number of the last one made, which may count from a later day."""

    version: int
    newest: int
    valid_from: date
    article: str
    values: Assumptions


async def values_on(tx: Tx, day: date) -> PlanningValues:
    """The version that counts on a day."""
    row = await planning_policies.on(tx, day)
    return PlanningValues(
        version=row["version"],
        newest=await planning_policies.newest(tx),
        valid_from=row["valid_from"],
        article=row["article"],
        values=Assumptions.of(row["values"]),
    )
