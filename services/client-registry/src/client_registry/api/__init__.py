"""The registry's routes, for people and for the other services."""

from client_registry.api import clients, eligibility, imports, memberships, organisation, qualification, recognition
from client_registry.api import hand_overs as hand_overs_api
from client_registry.api import reassignments as reassignments_api
from client_registry.api import service_team as service_team_api

routers = (
    organisation.api,
    organisation.internal,
    clients.api,
    qualification.api,
    memberships.api,
    recognition.api,
    eligibility.api,
    imports.api,
    hand_overs_api.api,
    service_team_api.api,
    reassignments_api.api,
)
