"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    clients,
    eligibility,
    admissions,
    clients,
    eligibility,
    endings,
    imports,
    memberships,
    notices,
    organisation,
    papers,
    qualification,
    recognition,
    sharing,
)
from client_registry.api import clients, eligibility, imports, memberships, organisation, qualification, recognition
from client_registry.api import tier_policies as policies
    away_services,
    clients,
    eligibility,
    entitlements,
    imports,
    memberships,
    organisation,
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
    sharing.api,
    policies.api,
    endings.api,
    admissions.api,
    papers.api,
    notices.api,
    entitlements.api,
    away_services.api,
)
