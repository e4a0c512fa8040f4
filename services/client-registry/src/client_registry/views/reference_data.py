"""Option sets as they are answered."""

from chassis.db import Tx
from chassis.refusals import NotFound

from client_registry.domain.reference_data import OptionSet
from client_registry.store import reference_data


async def list_sets(tx: Tx) -> list[OptionSet]:
    """Every set by code."""
    return await reference_data.list_sets(tx)


async def get_set(tx: Tx, code: str) -> OptionSet:
    """One set; NotFound for a code that names none."""
    found = await reference_data.list_sets(tx, code)
    if not found:
        raise NotFound()
    return found[0]
