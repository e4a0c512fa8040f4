"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    clients,
    delegations,
    eligibility,
    imports,
    memberships,
    organisation,
    organisation_imports,
    qualification,
    recognition,
    staff,
    units,
)

routers = (
    organisation.api,
    organisation.internal,
    clients.api,
    qualification.api,
    memberships.api,
    recognition.api,
    eligibility.api,
    imports.api,
    units.api,
    staff.api,
    delegations.api,
    organisation_imports.api,
)
