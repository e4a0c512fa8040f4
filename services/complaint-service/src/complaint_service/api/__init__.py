"""The routes of the complaint service."""

from complaint_service.api.cases import api as cases
from complaint_service.api.clients import api as clients
from complaint_service.api.handling import api as handling
from complaint_service.api.intake import api as intake

routers = (intake, handling, cases, clients)

__all__ = ["routers"]
