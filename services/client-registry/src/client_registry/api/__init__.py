"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    clients,
    deaths,
    eligibility,
    endings,
    identity_changes,
    imports,
    memberships,
    mergers,
    notices,
    organisation,
    papers,
    qualification,
    recognition,
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
    papers.api,
    notices.api,
    mergers.api,
    deaths.api,
    identity_changes.api,
)
