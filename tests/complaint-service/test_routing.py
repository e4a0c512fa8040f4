"""The routing table of policy 1 as the rulebook reads, and the climb that finds the person."""

from itertools import product
from uuid import UUID

import pytest
from complaint_service.domain.clocks import answer_due_at, start_clocks
from complaint_service.domain.conditions import Situation
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.domain.routing import Candidate, Decision, Line, NoRule, Start, Unit, decide, resolve, ties
from complaint_service.domain.vocabulary import NAMES, Channel, ComplaintType, Kind, ServiceTier

HQ, BRANCH, DEPARTMENT, OUTLET, CENTRE, CALLS = (UUID(int=n) for n in range(1, 7))
LINE = Line(
    units=(
        Unit(id=CENTRE, path="/hq/bj/o/c/", kind="wealth_centre", parent_id=OUTLET),
        Unit(id=OUTLET, path="/hq/bj/o/", kind="outlet", parent_id=BRANCH),
        Unit(id=BRANCH, path="/hq/bj/", kind="first_level_branch", parent_id=HQ),
        Unit(id=HQ, path="/hq/", kind="head_office", parent_id=None),
    ),
    departments={BRANCH: (DEPARTMENT,)},
)

# tier | channel | type | winner | losers in order
TABLE = """
private_banking   | outlet_lobby          | attitude | private-banking         | ordinary
private_banking   | call_centre_95566     | attitude | phone-private-corporate | private-banking ordinary
private_banking   | private_banking_phone | process  | private-banking-phone   | private-banking ordinary
private_banking   | media                 | media    | media                   | private-banking ordinary
wealth            | outlet_counter        | process  | wealth                  | ordinary
wealth            | call_centre_95566     | process  | wealth                  | ordinary
wealth_management | wechat                | other    | wealth-management       | ordinary
wealth_management | superior_bank         | other    | wealth-management       | ordinary
corporate_vip     | call_centre_95566     | process  | phone-private-corporate | corporate-vip ordinary
corporate_vip     | e_banking             | process  | corporate-vip           | ordinary
mass              | superior_bank         | process  | superior-bank           | ordinary
mass              | opinion_book          | attitude | opinion-book            | ordinary
mass              | call_centre_95566     | attitude | ordinary                | -
mass              | outlet_lobby          | attitude | ordinary                | -
none              | opinion_book          | attitude | opinion-book            | ordinary
none              | hotline               | attitude | ordinary                | -
"""


def table() -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in TABLE.strip().splitlines()]


def situation(tier: str, channel: str, type_: str | None, *, kind: str = "complaint", round: int = 1) -> Situation:
    return Situation(
        kind=Kind(kind),
        complaint_type=ComplaintType(type_) if type_ else None,
        channel=Channel(channel),
        tier=None if tier == "none" else ServiceTier(tier),
        round=round,
    )


@pytest.mark.requirement("CM-10", "CM-11", "CM-12", "CM-13", "CM-15", "CM-16")
@pytest.mark.parametrize(("tier", "channel", "type_", "winner", "losers"), table())
def test_tier_and_channel_choose_the_rule(
    policy: HandlingPolicy, tier: str, channel: str, type_: str, winner: str, losers: str
) -> None:
    decision = decide(policy.routes, situation(tier, channel, type_), policy_version=1)
    assert decision.winner.code == winner
    assert " ".join(rule.code for rule in decision.losers) == losers.replace("-", "" if losers == "-" else "-")


# rule | the roles of the manual, in its order
ROLES = {
    "private-banking": ("private_banking_office", "wealth_centre_head", "outlet_head"),
    "wealth": ("private_banking_supervisor", "rm_supervisor", "outlet_head"),
    "wealth-management": ("wealth_centre_head", "outlet_head"),
    "corporate-vip": ("corporate_head", "outlet_head"),
    "private-banking-phone": ("complaint_officer",),
    "phone-private-corporate": ("call_centre_complaint_officer",),
    "superior-bank": ("outlet_head", "outlet_deputy"),
}


@pytest.mark.requirement("CM-10", "CM-11", "CM-12", "CM-13", "CM-15", "CM-16")
@pytest.mark.parametrize(("code", "roles"), ROLES.items())
def test_a_rule_names_the_roles_of_the_manual(policy: HandlingPolicy, code: str, roles: tuple[str, ...]) -> None:
    assert policy.route(code).roles == roles


@pytest.mark.requirement("CM-7")
def test_an_enquiry_by_phone_or_e_banking_goes_to_the_client_service_unit(policy: HandlingPolicy) -> None:
    for channel in ("call_centre_95566", "e_banking"):
        asked = situation("mass", channel, None, kind="enquiry")
        winner = decide(policy.routes, asked, policy_version=1).winner
        assert (winner.code, winner.roles[0]) == ("enquiry-desk", "client_service_section")


def test_a_third_round_goes_to_the_coordinating_level(policy: HandlingPolicy) -> None:
    again = situation("wealth", "hotline", "process", round=3)
    assert decide(policy.routes, again, policy_version=1).winner.code == "third-round"


def every_situation() -> list[Situation]:
    return [
        Situation(kind=kind, complaint_type=type_, channel=channel, tier=tier, round=round)
        for kind, channel, tier, round in product(Kind, Channel, (*ServiceTier, None), (1, 2, 3))
        for type_ in (ComplaintType if kind is Kind.COMPLAINT else (None,))
    ]


def test_no_case_is_left_without_a_rule_and_none_has_two_of_one_priority(policy: HandlingPolicy) -> None:
    for possible in every_situation():
        assert ties(policy.routes, possible) == ()
        decide(policy.routes, possible, policy_version=1)


def test_every_case_is_promised_an_answer_even_before_a_calendar_is_known(policy: HandlingPolicy, now) -> None:
    ids = tuple(UUID(int=n) for n in range(len(policy.clocks)))
    for possible in every_situation():
        clocks = start_clocks(policy.clocks, possible, at=now, policy_version=1, calendar=None, ids=ids)
        assert answer_due_at(clocks) is not None


def test_a_table_with_a_hole_is_said_to_have_one(policy: HandlingPolicy) -> None:
    only_private = tuple(rule for rule in policy.routes if rule.code == "private-banking")
    with pytest.raises(NoRule):
        decide(only_private, situation("mass", "hotline", "other"), policy_version=1)


def test_two_rules_of_one_priority_are_reported_as_a_conflict(policy: HandlingPolicy) -> None:
    doubled = (policy.route("wealth"), *policy.routes)
    assert ties(doubled, situation("wealth", "hotline", "other")) == ("wealth", "wealth")


def holder(subject: str, role: str, unit: UUID, open_cases: int = 0) -> Candidate:
    return Candidate(subject=subject, role=role, unit_id=unit, open_cases=open_cases)


def private(policy: HandlingPolicy, channel: str = "outlet_lobby") -> Decision:
    return decide(policy.routes, situation("private_banking", channel, "attitude"), policy_version=1)


def found(policy: HandlingPolicy, decision: Decision, *people: Candidate, without: str = ""):
    return resolve(
        decision,
        {Start.HOME: LINE, Start.OUTLET: LINE},
        people,
        fallback_roles=policy.fallback_roles,
        excluded=frozenset({without}),
    )


def test_the_home_units_own_person_comes_first(policy: HandlingPolicy) -> None:
    at = found(
        policy,
        private(policy),
        holder("staff:head", "wealth_centre_head", CENTRE),
        holder("staff:office", "private_banking_office", DEPARTMENT),
    )
    assert (at.handler, at.climbed, at.fallback) == ("staff:head", (), False)


def test_nobody_at_home_climbs_to_the_nearest_ancestor_and_its_departments(policy: HandlingPolicy) -> None:
    at = found(policy, private(policy), holder("staff:office", "private_banking_office", DEPARTMENT))
    assert (at.handler, at.unit_id, at.climbed) == ("staff:office", DEPARTMENT, (CENTRE, OUTLET))


def test_at_one_unit_the_rules_order_of_roles_decides_then_the_fewest_open_cases(policy: HandlingPolicy) -> None:
    people = (
        holder("staff:a", "outlet_head", OUTLET),
        holder("staff:b", "wealth_centre_head", OUTLET, open_cases=4),
        holder("staff:c", "wealth_centre_head", OUTLET, open_cases=1),
    )
    assert found(policy, private(policy), *people).handler == "staff:c"


def test_who_is_excluded_is_passed_over(policy: HandlingPolicy) -> None:
    people = (holder("staff:a", "wealth_centre_head", CENTRE), holder("staff:b", "outlet_head", OUTLET))
    assert found(policy, private(policy), *people, without="staff:a").handler == "staff:b"


def test_the_call_centre_officer_is_found_wherever_he_sits(policy: HandlingPolicy) -> None:
    at = found(
        policy,
        private(policy, "call_centre_95566"),
        holder("staff:calls", "call_centre_complaint_officer", CALLS),
        holder("staff:head", "wealth_centre_head", CENTRE),
    )
    assert (at.handler, at.unit_id, at.rule) == ("staff:calls", CALLS, "phone-private-corporate")


def test_where_the_winners_roles_are_held_by_nobody_the_next_rule_serves_and_it_is_said(policy: HandlingPolicy) -> None:
    at = found(policy, private(policy, "call_centre_95566"), holder("staff:head", "wealth_centre_head", CENTRE))
    assert (at.handler, at.rule, at.fallback) == ("staff:head", "private-banking", True)


def test_the_provincial_phone_is_not_answered_by_an_officer_below_the_province(policy: HandlingPolicy) -> None:
    people = (
        holder("staff:low", "complaint_officer", OUTLET),
        holder("staff:province", "complaint_officer", DEPARTMENT),
    )
    assert found(policy, private(policy, "private_banking_phone"), *people).handler == "staff:province"


def test_with_nobody_at_all_the_case_waits_at_the_top_for_the_fallback_role(policy: HandlingPolicy) -> None:
    at = found(policy, private(policy))
    assert (at.handler, at.role, at.unit_id, at.fallback) == (None, "complaint_officer", HQ, True)
    assert at.climbed == (CENTRE, OUTLET, BRANCH, HQ)


def test_every_channel_type_and_kind_of_the_documents_has_both_names() -> None:
    for word in (*Channel, *ComplaintType, *Kind):
        assert NAMES[word].en and NAMES[word].zh
    assert {"hotline", "complaint_mailbox", "online_platform"} <= {c.value for c in Channel}
    assert {
        "outlet_counter", "outlet_lobby", "opinion_book", "superior_bank", "media", "call_centre_95566",
        "private_banking_phone", "e_banking", "wechat",
    } <= {c.value for c in Channel}  # fmt: skip
    assert {
        "attitude", "process", "product_loss", "outside_institution", "policy_misunderstanding", "operational_error",
        "media",
    } <= {t.value for t in ComplaintType}  # fmt: skip
