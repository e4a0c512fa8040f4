"""Simulations as they are answered: counts for each unit below, and who would move."""

from collections.abc import Mapping
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

LEVELS = ("card_from", "card_to", "tier_from", "tier_to")

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
# The managers of each of those units; above the norm is what the simulation's own planning values say.
_MANAGERS_OF_UNITS = prepare(
    sa.text(
        """
        SELECT g.id AS unit_id, g.code AS unit_code, count(*) AS managers,
               CAST(sum(k.clients_before) AS bigint) AS clients_before,
               CAST(sum(k.clients_after) AS bigint) AS clients_after,
               CAST(sum(k.contacts_before) AS bigint) AS contacts_before,
               CAST(sum(k.contacts_after) AS bigint) AS contacts_after,
               count(*) FILTER (WHERE k.clients_before > n.clients OR k.contacts_before > n.contacts) AS above_before,
               count(*) FILTER (WHERE k.clients_after > n.clients OR k.contacts_after > n.contacts) AS above_after
        FROM policy_simulation_managers k
        CROSS JOIN (SELECT CAST(:clients_norm AS int) AS clients, CAST(:contacts_norm AS numeric) AS contacts) n
        JOIN units u ON u.id = k.unit_id
        JOIN units g ON g.path = CASE WHEN u.path = CAST(:unit_path AS text) THEN u.path ELSE
            :unit_path || split_part(substr(u.path, length(:unit_path) + 1), '/', 1) || '/' END
        WHERE k.simulation_id = :id
        GROUP BY g.id, g.code, g.path
        ORDER BY g.path
        """
    )
)
_MANAGERS = prepare(
    sa.text(
        """
        SELECT k.*, u.code AS unit_code
        FROM policy_simulation_managers k JOIN units u ON u.id = k.unit_id
        WHERE k.simulation_id = :simulation_id AND (CAST(:after AS text) IS NULL OR k.manager > :after)
          AND (NOT CAST(:above_norm AS boolean) OR k.clients_after > CAST(:clients_norm AS int)
               OR k.contacts_after > CAST(:contacts_norm AS numeric))
        ORDER BY k.manager
        LIMIT CAST(:size AS int)
        """
    )
)
_AFTER = sa.bindparam("after", type_=sa.Uuid())


def _level(name: str) -> sa.ColumnElement[bool]:
    wanted = sa.bindparam(name, type_=sa.Text())
    return sa.or_(wanted.is_(None), moves.c[name] == wanted)


_MOVES = prepare(
    sa.select(moves, clients.c.client_no, clients.c.name_sealed, clients.c.manager, units.c.code.label("home_code"))
    .join(clients, clients.c.id == moves.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(
        VISIBLE,
        moves.c.simulation_id == sa.bindparam("simulation_id", type_=sa.Uuid()),
        sa.or_(_AFTER.is_(None), moves.c.client_id > _AFTER),
        *(_level(name) for name in LEVELS),
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
    managers: list[Record]


async def get_simulation(tx: Tx, simulation_id: UUID, *, scope: Scope) -> Simulation:
    """One simulation of the caller's places. NotFound elsewhere."""
    row = await _require(tx, simulation_id, scope)
    found = await tx.fetch(_COUNTS, id=simulation_id, unit_path=row["unit_path"])
    assumptions = Assumptions.of(row["assumptions"])
    managers = await tx.fetch(_MANAGERS_OF_UNITS, id=simulation_id, unit_path=row["unit_path"], **_norms(assumptions))
    return Simulation(
        row=row,
        operation=await operations.get(tx, row["operation_id"]),
        assumptions=assumptions,
        counts=[Count(**dict(each)) for each in found],
        managers=managers,
    )


async def list_moves(
    tx: Tx, simulation_id: UUID, *, scope: Scope, levels: Mapping[str, str | None], after: UUID | None, size: int
) -> list[dict[str, Any]]:
    """Clients in scope who would move, between `levels` where given, masked, by id. NotFound for another place's simulation."""
    await _require(tx, simulation_id, scope)
    rows = await tx.fetch(_MOVES, simulation_id=simulation_id, after=after, size=size, **levels, **scope.params())
    return [_masked(tx, dict(row)) for row in rows]


async def list_managers(
    tx: Tx, simulation_id: UUID, *, scope: Scope, above_norm: bool, after: str | None, size: int
) -> tuple[Assumptions, list[Record]]:
    """What is asked of each manager, by manager; `above_norm` leaves those who would carry more than the norm."""
    assumptions = Assumptions.of((await _require(tx, simulation_id, scope))["assumptions"])
    found = await tx.fetch(
        _MANAGERS, simulation_id=simulation_id, above_norm=above_norm, after=after, size=size, **_norms(assumptions)
    )
    return assumptions, list(found)


def _norms(assumptions: Assumptions) -> dict[str, Any]:
    return {"clients_norm": assumptions.clients_a_manager, "contacts_norm": assumptions.contacts_a_year_a_manager}


async def _require(tx: Tx, simulation_id: UUID, scope: Scope) -> Record:
    row = await simulations.find(tx, simulation_id)
    if row is None or not scope.covers(row["unit_path"]):
        raise NotFound()
    return row


def _masked(tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
    sealed = row.pop("name_sealed")
    return row | {"name": mask_name(tx.cipher.open(NAME, row["client_id"], sealed))}
