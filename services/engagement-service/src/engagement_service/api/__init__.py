"""The routes of the engagement service."""

from engagement_service.api.clients import api as clients
from engagement_service.api.contacts import api as contacts
from engagement_service.api.plans import api as plans

routers = (plans, contacts, clients)

__all__ = ["routers"]
