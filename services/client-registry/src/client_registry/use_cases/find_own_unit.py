"""Finding the unit that somebody wants to change: theirs, or none."""

from uuid import UUID

from chassis.db import Tx
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.domain.organisation import Unit, UnitKind
from client_registry.domain.units import AboveYourPlace
from client_registry.store import organisation, units

_OF_HEAD_OFFICE = frozenset({UnitKind.HEAD_OFFICE, UnitKind.FIRST_LEVEL_BRANCH})


async def find_own_unit(tx: Tx, unit_id: UUID, *, scope: Scope) -> Unit:
    """The unit, locked with the tree. Raises NotFound for a unit outside the caller's places, AboveYourPlace where only
    head office may change it (XC-1)."""
    await units.lock_tree(tx)
    unit = await units.lock_unit(tx, unit_id)
    if unit is None or not scope.covers(unit.path):
        raise NotFound()
    above = None if unit.parent_id is None else await organisation.find_unit(tx, unit.parent_id)
    if unit.kind in _OF_HEAD_OFFICE and not scope.covers(unit.path if above is None else above.path):
        raise AboveYourPlace()
    return unit
