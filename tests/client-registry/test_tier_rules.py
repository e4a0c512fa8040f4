"""The hand-worked table in plain Python, without a database: the tests that mutants of the tier rules must not survive."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from client_registry.domain.figures import metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import applicable, evaluate

from .hand_worked import HAND, PATHS, TODAY, built_in_standards, circumstances, delivered, local_standards

STANDARDS = [*built_in_standards(), *local_standards()]


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-12", "CR-13", "CR-22", "CR-23", "CR-25")
@pytest.mark.parametrize(
    ("given", "level", "undecided", "criteria", "reasons", "tier", "band"),
    [row[1:] for row in HAND],
    ids=[row[0] for row in HAND],
)
def test_the_hand_worked_table(given, level, undecided, criteria, reasons, tier, band) -> None:
    found = metrics(delivered(given), as_of=TODAY)
    home_path = PATHS[given.get("home", "bj-01-c1")]
    result = evaluate(applicable(STANDARDS, home_path=home_path, day=TODAY), found, circumstances(given))
    cards = [each for each in result.results if each.policy.ladder == "card_level"]
    met = {code for each in cards if each.policy.level == level and each.outcome == "met" for code in each.criteria_met}
    head_office = next(each for each in cards if each.policy.code == "head-office-standard")
    assert (result.card_level, result.card_undecided, met, result.service_tier) == (level, undecided, criteria, tier)
    assert set(head_office.reasons) == reasons
    assert (asset_band(found.assets) if found.assets_known else None) == band


DAY, BEFORE, AFTER = date(2026, 11, 22), date(2026, 11, 21), date(2026, 11, 23)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
ONE = STANDARDS[0]


@pytest.mark.requirement("CR-13")
@pytest.mark.parametrize(
    ("wanted", "known_at", "counts"),
    [
        ({}, None, True),
        ({"status": "superseded"}, None, True),
        ({"status": "ended"}, None, True),
        ({"status": "draft"}, None, False),
        ({"valid_from": DAY}, None, True),
        ({"valid_from": AFTER}, None, False),
        ({"valid_until": DAY}, None, True),
        ({"valid_until": BEFORE}, None, False),
        ({"in_force_from": AFTER}, None, False),
        ({"in_force_from": DAY, "valid_from": AFTER}, None, True),
        ({"in_force_until": DAY}, None, True),
        ({"in_force_until": BEFORE}, None, False),
        ({"activated_at": NOON}, NOON, True),
        ({"activated_at": LATER}, NOON, False),
        ({"activated_at": LATER}, None, True),
        ({"in_force_until": BEFORE, "ceased_at": NOON}, NOON, False),
        ({"in_force_until": BEFORE, "ceased_at": LATER}, NOON, True),
        ({"in_force_until": BEFORE, "ceased_at": LATER}, None, False),
        ({"in_force_until": BEFORE}, NOON, False),
    ],
)
def test_a_version_counts_on_its_days_as_they_were_known(wanted, known_at, counts) -> None:
    policy = replace(ONE, **wanted)
    assert policy.is_in_force(DAY, known_at=known_at) is counts
    found = applicable([policy], home_path="/hq/bj/", day=DAY, known_at=known_at)
    assert (policy in found) is counts


def test_of_two_standards_of_the_same_unit_the_later_code_applies() -> None:
    first, second = replace(ONE, code="a-standard"), replace(ONE, code="b-standard")
    for given in ([first, second], [second, first]):
        assert applicable(given, home_path="/hq/", day=DAY) == (second,)


def test_reasons_are_told_by_criterion_and_by_tenure() -> None:
    missing = evaluate([ONE], metrics(delivered({}), as_of=TODAY)).results[0]
    assert {each.reason for each in missing.criteria} == {"figures-missing"}
    tenured = replace(ONE, minimum_tenure_months=12)
    rich = delivered({"dep": 900_000, "since": date(2026, 5, 1)})
    young = evaluate([tenured], metrics(rich, as_of=TODAY)).results[0]
    assert (young.outcome, young.reasons) == ("not_met", ("tenure-too-short",))
    unknown = evaluate([tenured], metrics(delivered({"dep": 900_000}), as_of=TODAY)).results[0]
    assert (unknown.outcome, unknown.reasons) == ("undecided", ("tenure-unknown",))
    below = evaluate([ONE], metrics(delivered({"dep": 1, "spend": 1, "loan": {1: (0, 0, 0)}}), as_of=TODAY)).results[0]
    assert {each.reason for each in below.criteria} == {"below-bound"}
