"""The hand-worked table in plain Python, without a database: the tests that mutants of the tier rules must not survive."""

import pytest
from client_registry.domain.figures import metrics
from client_registry.domain.levels import asset_band
from client_registry.domain.policies import applicable, evaluate

from .hand_worked import HAND, PATHS, TODAY, built_in_standards, delivered, local_standards

STANDARDS = [*built_in_standards(), *local_standards()]


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-12", "CR-13", "CR-25")
@pytest.mark.parametrize(
    ("given", "level", "undecided", "criteria", "reasons", "tier", "band"),
    [row[1:] for row in HAND],
    ids=[row[0] for row in HAND],
)
def test_the_hand_worked_table(given, level, undecided, criteria, reasons, tier, band) -> None:
    found = metrics(delivered(given), as_of=TODAY)
    home_path = PATHS[given.get("home", "bj-01-c1")]
    result = evaluate(applicable(STANDARDS, home_path=home_path, day=TODAY), found)
    cards = [each for each in result.results if each.policy.ladder == "card_level"]
    met = {code for each in cards if each.policy.level == level and each.outcome == "met" for code in each.criteria_met}
    head_office = next(each for each in cards if each.policy.code == "head-office-standard")
    assert (result.card_level, result.card_undecided, met, result.service_tier) == (level, undecided, criteria, tier)
    assert set(head_office.reasons) == reasons
    assert (asset_band(found.assets) if found.assets_known else None) == band
