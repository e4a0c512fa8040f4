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
    organisation,
    organisation_imports,
    policies,
    unit_history,
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
    "metadata",
    "organisation",
    "organisation_imports",
    "policies",
    "unit_history",
]
