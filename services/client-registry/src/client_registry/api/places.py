"""Where the caller stands: the places of the grants that count for a route, though the route itself is nationwide."""

from chassis.call import CallContext


def places(call: CallContext) -> list[str]:
    """The units the caller works at; whoever is posted to head office works everywhere."""
    return sorted({grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)})


def areas(call: CallContext) -> list[str]:
    """The units the caller answers for, with everything below them."""
    grants = call.policy.grants_of(call.principal, call.now)
    return sorted({grant.unit_path for grant in grants if grant.reach == "unit"})
