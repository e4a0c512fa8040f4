"""Who may do what with cases (domain decisions §6)."""

from chassis.call import CallContext
from chassis.policy import allow
from chassis.scope import EVERYWHERE, Scope, scope_of

CALL_CENTRE = ("call_centre_agent", "call_centre_complaint_officer")
OFFICERS = ("complaint_officer", "complaint_coordinator")
# Whoever a client may come to; opening is nationwide, the opener sees afterwards only what he opened (CM-2, CM-4).
TAKERS = (
    *CALL_CENTRE,
    *OFFICERS,
    "lobby_manager",
    "counter_teller",
    "open_counter_teller",
    "account_manager",
    "outlet_head",
    "outlet_deputy",
    "wealth_centre_head",
    "relationship_manager",
    "private_banker",
    "corporate_manager",
    "client",
)
# Those the routing table or the escalation ladder may name.
HANDLERS = (
    *OFFICERS,
    "call_centre_complaint_officer",
    "outlet_head",
    "outlet_deputy",
    "wealth_centre_head",
    "rm_supervisor",
    "private_banking_supervisor",
    "private_banking_department",
    "private_banking_office",
    "corporate_head",
    "branch_personal_banking",
    "client_service_section",
    "head_office_personal_banking",
)
# They see the cases of their place; all others see what they handle, opened or, as managers, what their clients have.
OF_A_PLACE = allow(*(role for role in HANDLERS if role not in CALL_CENTRE), "quality_officer", "auditor")

OPEN = allow(*TAKERS, nationwide=True)
COMPLAIN_AGAIN = allow(*TAKERS, nationwide=True)
HANDLE = allow(*HANDLERS)
CLOSE = allow(*HANDLERS)
READ = allow(*dict.fromkeys((*TAKERS, *HANDLERS, "quality_officer", "auditor")))
READ_OF_CLIENT = READ
_OF_THE_CALL_CENTRE = allow(*CALL_CENTRE)


def case_scope(call: CallContext) -> Scope:
    """The places of the caller's supervising roles; without one, only the caller's own."""
    if OF_A_PLACE.grants_of(call.principal, call.now):
        return scope_of(call.principal, OF_A_PLACE, call.now)
    return Scope(own=call.principal.subject, client_id=call.principal.client_id, now=call.now)


def client_scope(call: CallContext) -> Scope:
    """The call centre recognises clients everywhere and is shown no words; others by place (XC-12)."""
    if _OF_THE_CALL_CENTRE.grants_of(call.principal, call.now):
        return Scope(paths=[EVERYWHERE], own=call.principal.subject, now=call.now)
    return case_scope(call)
