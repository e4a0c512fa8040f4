"""One verb a file: load, decide, save, tell. None of them commits."""

from engagement_service.use_cases.adopt_calendar import adopt_calendar
from engagement_service.use_cases.ask_after_away_service import ask_after_away_service
from engagement_service.use_cases.ask_to_talk import ask_to_talk
from engagement_service.use_cases.close_relationship import close_relationship, reopen_relationship
from engagement_service.use_cases.copy_classes import copy_classes
from engagement_service.use_cases.copy_consents import copy_consents
from engagement_service.use_cases.copy_holdings import copy_holdings
from engagement_service.use_cases.copy_levels import copy_levels
from engagement_service.use_cases.copy_managers import copy_managers
from engagement_service.use_cases.copy_profile import copy_profile
from engagement_service.use_cases.copy_registered import copy_registered
from engagement_service.use_cases.copy_unit import copy_unit
from engagement_service.use_cases.drop_shortfall_talk import drop_shortfall_talk
from engagement_service.use_cases.erase_client import erase_client
from engagement_service.use_cases.log_contact import log_contact
from engagement_service.use_cases.lower_card_level import lower_card_level
from engagement_service.use_cases.merge_clients import merge_clients, separate_clients
from engagement_service.use_cases.miss_contacts import miss_contacts
from engagement_service.use_cases.mute_marketing import mute_marketing
from engagement_service.use_cases.plan_contacts import plan_contacts
from engagement_service.use_cases.plan_visit import plan_visit
from engagement_service.use_cases.replan_range import replan_range
from engagement_service.use_cases.unmute_marketing import unmute_marketing
from engagement_service.use_cases.warn_of_risk import warn_of_risk

__all__ = [
    "adopt_calendar",
    "ask_after_away_service",
    "ask_to_talk",
    "close_relationship",
    "copy_classes",
    "copy_consents",
    "copy_holdings",
    "copy_levels",
    "copy_managers",
    "copy_profile",
    "copy_registered",
    "copy_unit",
    "drop_shortfall_talk",
    "erase_client",
    "log_contact",
    "lower_card_level",
    "merge_clients",
    "miss_contacts",
    "mute_marketing",
    "plan_contacts",
    "plan_visit",
    "reopen_relationship",
    "replan_range",
    "separate_clients",
    "unmute_marketing",
    "warn_of_risk",
]
