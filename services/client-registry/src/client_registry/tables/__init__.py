"""The registry's tables in one metadata: the frame's and its own. Migrations compare with it."""

from chassis.frame_tables import frame_tables

from client_registry.tables import (
    calendar,
    clients,
    decisions,
    figures,
    imports,
    lookups,
    memberships,
    mergers,
    notices,
    organisation,
    persons,
    policies,
)
from client_registry.tables.metadata import metadata

frame = frame_tables(metadata)

__all__ = [
    "calendar",
    "clients",
    "decisions",
    "figures",
    "frame",
    "imports",
    "lookups",
    "memberships",
    "mergers",
    "metadata",
    "notices",
    "organisation",
    "persons",
    "policies",
]
