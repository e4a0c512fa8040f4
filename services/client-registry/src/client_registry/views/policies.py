"""Tier policies as they are answered."""

from chassis.db import Tx

from client_registry.domain.policies import TierPolicy
from client_registry.store import policies


async def list_policies(tx: Tx) -> list[TierPolicy]:
    """Every version of every policy, by ladder, code and version."""
    return await policies.list_all(tx)
