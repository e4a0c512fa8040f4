"""The registry's tables in one metadata: the frame's and its own. Migrations compare with it."""

from chassis.frame_tables import frame_tables

from client_registry.tables import (
    calendar,
    classification,
    client_metrics,
    client_services,
    clients,
    decisions,
    entitlements,
    figure_deliveries,
    figures,
    filing_reviews,
    imports,
    lookups,
    managers,
    memberships,
    mergers,
    notices,
    organisation,
    organisation_imports,
    persons,
    policies,
    registration_forms,
    sharing,
    simulations,
    standing,
    unit_history,
)
from client_registry.tables.metadata import metadata

frame = frame_tables(metadata)

__all__ = [
    "calendar",
    "classification",
    "client_metrics",
    "client_services",
    "clients",
    "decisions",
    "entitlements",
    "figure_deliveries",
    "figures",
    "filing_reviews",
    "frame",
    "imports",
    "lookups",
    "managers",
    "memberships",
    "mergers",
    "metadata",
    "notices",
    "organisation",
    "organisation_imports",
    "persons",
    "policies",
    "registration_forms",
    "sharing",
    "simulations",
    "standing",
    "unit_history",
]
