"""What the complaint service does: one verb a file - load, decide, save, tell."""

from complaint_service.use_cases.acknowledge_complaint import acknowledge_complaint
from complaint_service.use_cases.answer_complaint import answer_complaint
from complaint_service.use_cases.assign_managers import assign_managers
from complaint_service.use_cases.breach_clock import breach_clock
from complaint_service.use_cases.change_tier import change_tier
from complaint_service.use_cases.close_complaint import close_complaint
from complaint_service.use_cases.copy_clients import copy_clients
from complaint_service.use_cases.copy_posting import copy_posting
from complaint_service.use_cases.copy_unit import copy_unit
from complaint_service.use_cases.end_membership import end_membership
from complaint_service.use_cases.erase_client import erase_client
from complaint_service.use_cases.merge_clients import merge_clients, separate_clients
from complaint_service.use_cases.move_client import move_client
from complaint_service.use_cases.open_complaint import open_complaint
from complaint_service.use_cases.propose_closing import propose_closing
from complaint_service.use_cases.recount_clocks import recount_clocks
from complaint_service.use_cases.reopen_complaint import reopen_complaint
from complaint_service.use_cases.report_progress import report_progress
from complaint_service.use_cases.revoke_qualification import revoke_qualification

__all__ = [
    "acknowledge_complaint",
    "answer_complaint",
    "assign_managers",
    "breach_clock",
    "change_tier",
    "close_complaint",
    "copy_clients",
    "copy_posting",
    "copy_unit",
    "end_membership",
    "erase_client",
    "merge_clients",
    "move_client",
    "open_complaint",
    "propose_closing",
    "recount_clocks",
    "reopen_complaint",
    "report_progress",
    "revoke_qualification",
    "separate_clients",
]
