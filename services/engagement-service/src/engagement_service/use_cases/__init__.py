"""One verb a file: load, decide, save, tell. None of them commits."""

from engagement_service.use_cases.adopt_calendar import adopt_calendar
from engagement_service.use_cases.ask_after_away_service import ask_after_away_service
from engagement_service.use_cases.copy_consents import copy_consents
from engagement_service.use_cases.copy_holdings import copy_holdings
from engagement_service.use_cases.copy_levels import copy_levels
from engagement_service.use_cases.copy_managers import copy_managers
from engagement_service.use_cases.copy_registered import copy_registered
from engagement_service.use_cases.copy_unit import copy_unit
from engagement_service.use_cases.log_contact import log_contact
from engagement_service.use_cases.miss_contacts import miss_contacts
from engagement_service.use_cases.mute_marketing import mute_marketing
from engagement_service.use_cases.plan_contacts import plan_contacts
from engagement_service.use_cases.plan_visit import plan_visit
from engagement_service.use_cases.replan_range import replan_range
from engagement_service.use_cases.unmute_marketing import unmute_marketing

__all__ = [
    "adopt_calendar",
    "ask_after_away_service",
    "copy_consents",
    "copy_holdings",
    "copy_levels",
    "copy_managers",
    "copy_registered",
    "copy_unit",
    "log_contact",
    "miss_contacts",
    "mute_marketing",
    "plan_contacts",
    "plan_visit",
    "replan_range",
    "unmute_marketing",
]
