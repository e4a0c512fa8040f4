"""The registry's routes, for people and for the other services."""

from client_registry.api import (
    clients,
    eligibility,
    imports,
    memberships,
    organisation,
    qualification,
    rechecks,
    recognition,
)
from client_registry.api import policy_simulations as simulations
from client_registry.api import tier_policies as policies

routers = (
    organisation.api,
    organisation.internal,
    clients.api,
    qualification.api,
    memberships.api,
    recognition.api,
    eligibility.api,
    imports.api,
    policies.api,
    simulations.api,
    rechecks.api,
)
