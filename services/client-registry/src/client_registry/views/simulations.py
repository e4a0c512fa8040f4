"""Simulations as they are answered: counts for each unit below, and who would move."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis import operations
from chassis.db import Record, Tx
from chassis.masking import mask_name
from chassis.operations import Operation
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.domain.simulations import Assumptions, Count
from client_registry.store import simulations
from client_registry.store.clients import NAME
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.tables.simulations import policy_simulation_moves as moves
from client_registry.views.clients import VISIBLE

# Summed up for the units one level below the simulated one; what hangs on that one itself stands under it.
_COUNTS = prepare(
    sa.text(
        """
        SELECT g.id AS unit_id, g.code AS unit_code, k.card_from, k.card_to, k.tier_from, k.tier_to, k.asset_band,
               CAST(sum(k.clients) AS bigint) AS clients
        FROM policy_simulation_counts k JOIN units u ON u.id = k.unit_id
        JOIN units g ON g.path = CASE WHEN u.path = CAST(:unit_path AS text) THEN u.path ELSE
            :unit_path || split_part(substr(u.path, length(:unit_path) + 1), '/', 1) || '/' END
        WHERE k.simulation_id = :id
        GROUP BY g.id, g.code, g.path, k.card_from, k.card_to, k.tier_from, k.tier_to, k.asset_band
        ORDER BY g.path, k.card_from, k.card_to, k.tier_from, k.tier_to, k.asset_band
        """
    )
)
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_MOVES = prepare(
    sa.select(moves, clients.c.client_no, clients.c.name_sealed, clients.c.manager, units.c.code.label("home_code"))
    .join(clients, clients.c.id == moves.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(
        VISIBLE,
        moves.c.simulation_id == sa.bindparam("simulation_id", type_=sa.Uuid()),
        sa.or_(_AFTER.is_(None), moves.c.client_id > _AFTER),
    )
    .order_by(moves.c.client_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """One simulation: its work, its assumptions, its counts."""

    row: Record
    operation: Operation
    assumptions: Assumptions
    counts: list[Count]


async def get_simulation(tx: Tx, simulation_id: UUID, *, scope: Scope) -> Simulation:
    """One simulation of the caller's places. NotFound elsewhere."""
    row = await _require(tx, simulation_id, scope)
    found = await tx.fetch(_COUNTS, id=simulation_id, unit_path=row["unit_path"])
    return Simulation(
        row=row,
        operation=await operations.get(tx, row["operation_id"]),
        assumptions=Assumptions.of(row["assumptions"]),
        counts=[Count(**dict(each)) for each in found],
    )


async def list_moves(
    tx: Tx, simulation_id: UUID, *, scope: Scope, after: UUID | None, size: int
) -> list[dict[str, Any]]:
    """Clients in scope who would move, masked, by id. NotFound for a simulation of another place."""
    await _require(tx, simulation_id, scope)
    rows = await tx.fetch(_MOVES, simulation_id=simulation_id, after=after, size=size, **scope.params())
    return [_masked(tx, dict(row)) for row in rows]


async def _require(tx: Tx, simulation_id: UUID, scope: Scope) -> Record:
    row = await simulations.find(tx, simulation_id)
    if row is None or not scope.covers(row["unit_path"]):
        raise NotFound()
    return row


def _masked(tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
    sealed = row.pop("name_sealed")
    return row | {"name": mask_name(tx.cipher.open(NAME, row["client_id"], sealed))}
