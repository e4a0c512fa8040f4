"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    away_services,
    clients,
    eligibility,
    emergency_cash,
    entitlements,
    imports,
    memberships,
    organisation,
    qualification,
    recognition,
    service_requests,
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
    entitlements.api,
    away_services.api,
    emergency_cash.api,
    service_requests.api,
)
