"""Keep who manages each client: his manager sees his cards and has what there is to do about them (CR-44)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx
from chassis.identity import system

from card_service.store import clients


async def assign_managers(tx: Tx, managers: Mapping[UUID, tuple[UUID, str]], *, now: datetime) -> None:
    """From now on, client → (unit, manager); a file not heard of yet is begun at the manager's unit.

    Unfinished work items about a client go from the earlier manager to the new one.
    """
    before = await clients.save_managers(tx, managers)
    moves = {client_id: (earlier, managers[client_id][1]) for client_id, earlier in before.items()}
    await work_items.move_with_clients(tx, moves, by=system("card-service"), now=now)
