"""Keep where new clients are kept and by whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.db import Tx

from card_service.store import clients


async def copy_clients(tx: Tx, registered: Sequence[Mapping[str, Any]]) -> None:
    """In the order told; of several facts about one client the last counts."""
    newest = {client["client_id"]: client for client in registered}
    await clients.save_registered(tx, list(newest.values()))
