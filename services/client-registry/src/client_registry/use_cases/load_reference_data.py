"""Loading what may be chosen on the registration form (CR-55 to CR-70) and how information is judged (CR-77)."""

from collections.abc import Mapping
from typing import Any

from chassis.db import Tx

from client_registry.domain.information_policy import read_information_policy
from client_registry.domain.reference_data import read_option_sets
from client_registry.store import information_policies, reference_data


async def load_reference_data(tx: Tx, *, form: Mapping[str, Any], policy: Mapping[str, Any]) -> int:
    """How many option sets and policies were new; a version that is loaded never changes.

    Raises ReferenceRefused for a file that is incomplete.
    """
    sets = [await reference_data.save_set(tx, each) for each in read_option_sets(form)]
    added = await information_policies.add_version(tx, read_information_policy(policy), policy)
    return sum(sets) + added
