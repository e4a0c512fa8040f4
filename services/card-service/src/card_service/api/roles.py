"""Who may do what with cards (domain decisions, section 6)."""

from chassis.call import CallContext
from chassis.policy import allow
from chassis.scope import Scope, scope_of

CALL_CENTRE = ("call_centre_agent", "call_centre_complaint_officer")
_ABOVE = ("branch_personal_banking", "head_office_personal_banking", "auditor")
_COUNTER = (
    "lobby_manager",
    "counter_teller",
    "open_counter_teller",
    "account_manager",
    "outlet_head",
    "outlet_deputy",
    "wealth_centre_head",
)
_MANAGERS = ("relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor")

KEEPER = allow("card_keeper")
SUPERVISOR = allow("card_supervisor")
SIGNATORIES = allow("card_keeper", "card_supervisor")
ALLOT = allow("branch_personal_banking", "head_office_personal_banking")
READ_STOCK = allow("card_keeper", "card_supervisor", "wealth_centre_head", "outlet_head", *_ABOVE)
READ_RESERVATIONS = allow("card_keeper", "card_supervisor", *_COUNTER, *_MANAGERS, *_ABOVE)
READ_CARDS = allow("card_keeper", "card_supervisor", *_COUNTER, *_MANAGERS, *_ABOVE, "client")
# Recognition is nationwide, but elsewhere only the status is shown (XC-12).
READ_OF_CLIENT = allow(*sorted(READ_CARDS.roles), *CALL_CENTRE, nationwide=True)
# A card is verified wherever it is shown (CS-27, CS-35, CS-38).
VERIFY = allow(*_COUNTER, *_MANAGERS, *CALL_CENTRE, "card_keeper", "card_supervisor", nationwide=True)


def places(call: CallContext) -> list[str]:
    """The paths at which the caller holds a role this route allows, whatever the route's reach."""
    return [grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)]


def scope_at_home(call: CallContext) -> Scope | None:
    """The places and clients of the caller's own roles; None for one who only recognises clients."""
    if not READ_CARDS.grants_of(call.principal, call.now):
        return None
    return scope_of(call.principal, READ_CARDS, call.now)


def recognises(call: CallContext) -> bool:
    """Whether the caller may recognise clients of the whole bank."""
    return any(grant.role in CALL_CENTRE for grant in call.policy.grants_of(call.principal, call.now))
