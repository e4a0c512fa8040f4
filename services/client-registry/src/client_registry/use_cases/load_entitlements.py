"""Loading the entitlement catalogue as reference data (CR-86 to CR-92): a change is a new version, never new code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.db import Tx

from client_registry.domain.service_rules import read_service_rules
from client_registry.store import entitlements as store


async def load_entitlements(tx: Tx, document: Mapping[str, Any], *, now: datetime) -> int:
    """The version that was new, or 0 where this one or a newer one is there. A loaded version never changes.

    Raises KeyError or ValueError where the document is broken or gives branch level more than head-office level (CR-19).
    """
    rules = read_service_rules(document)
    if rules.catalogue.version <= await store.newest_version(tx):
        return 0
    await store.publish(tx, rules, document, now=now)
    return rules.catalogue.version
