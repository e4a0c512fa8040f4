"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    clients,
    eligibility,
    imports,
    information_quality,
    memberships,
    organisation,
    qualification,
    recognition,
    reference_data,
    registration_forms,
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
    reference_data.api,
    registration_forms.api,
    information_quality.api,
)
