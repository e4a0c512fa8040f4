"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    admissions,
    classification,
    clients,
    eligibility,
    endings,
    imports,
    memberships,
    organisation,
    qualification,
    recognition,
    shortfall,
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
    endings.api,
    admissions.api,
    classification.api,
    shortfall.api,
)
