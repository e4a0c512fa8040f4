"""The registry's tables in one metadata: the frame's and its own. Migrations compare with it."""

from chassis.frame_tables import frame_tables

from client_registry.tables import (
    calendar,
    classification,
    clients,
    decisions,
    figures,
    imports,
    lookups,
    memberships,
    organisation,
    policies,
    standing,
)
from client_registry.tables.metadata import metadata

frame = frame_tables(metadata)

__all__ = [
    "calendar",
    "classification",
    "clients",
    "decisions",
    "figures",
    "frame",
    "imports",
    "lookups",
    "memberships",
    "metadata",
    "organisation",
    "policies",
    "standing",
]
