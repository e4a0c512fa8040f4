"""The rules of standing by themselves: days, judgements, percentages."""

from datetime import date
from decimal import Decimal

import pytest
from client_registry.domain.levels import CardLevel
from client_registry.domain.policies import BELOW_BOUND, REPAYMENT_UNKNOWN, Criterion, CriterionResult, Outcome
from client_registry.domain.reviews import LevelFinding, Verdict, judge
from client_registry.domain.shortfalls import missing_of
from client_registry.domain.standing_policy import StandingPolicy, months_later

POLICY = StandingPolicy(
    version=1, review_after_months=24, foresee_days=90, tenure_months_min=0, grace_days=0, retry_days=7,
    exception_months_max=24,
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 22), 24, date(2028, 11, 22)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_months_later_keeps_the_day_or_takes_the_month_s_last(day: date, months: int, then: date) -> None:
    assert months_later(day, months) == then


def test_grace_and_minimum_tenure_put_the_fall_off() -> None:
    enrolled, until = date(2026, 11, 22), date(2027, 3, 31)
    assert POLICY.review_on(enrolled_on=enrolled, card_expires_on=until) == (date(2027, 4, 1), "card_expiry")
    kind = StandingPolicy.from_row({"version": 2, "values": {
        "review_after_months": 24, "foresee_days": 60, "tenure_months_min": 12, "grace_days": 30, "retry_days": 7,
        "exception_months_max": 24,
    }})  # fmt: skip
    assert kind.review_on(enrolled_on=enrolled, card_expires_on=until) == (date(2027, 11, 22), "card_expiry")
    assert kind.review_on(enrolled_on=enrolled, card_expires_on=None) == (date(2028, 12, 22), "no_card")
    assert kind.foresee_on(date(2028, 12, 22)) == date(2028, 10, 23)


def finding(level: str, outcome: str, *, needs_filing: bool = False, reasons=()) -> LevelFinding:
    return LevelFinding(
        level=CardLevel(level), outcome=Outcome(outcome), policy_version="p/1", criteria_met=("deposit",),
        reasons=tuple(reasons), needs_filing=needs_filing,
    )  # fmt: skip


HO_NOT, HO_MET, HO_OPEN = (finding("head_office", each) for each in ("not_met", "met", "undecided"))
BR_NOT, BR_MET, BR_OPEN = (finding("branch", each) for each in ("not_met", "met", "undecided"))
BR_FILE = finding("branch", "met", needs_filing=True)


@pytest.mark.parametrize(
    ("held", "findings", "verdict", "level"),
    [
        ("head_office", [HO_MET, BR_MET], "passed", "head_office"),
        ("head_office", [HO_NOT, BR_MET], "failed", "branch"),
        ("head_office", [HO_NOT, BR_NOT], "failed", "none"),
        ("head_office", [HO_NOT, BR_OPEN], "failed", "branch"),
        ("head_office", [HO_NOT, BR_FILE], "failed", "none"),
        ("head_office", [HO_OPEN, BR_MET], "undecided", "head_office"),
        ("head_office", [HO_NOT, HO_MET, BR_NOT], "passed", "head_office"),
        ("head_office", [], "failed", "none"),
        ("branch", [HO_MET, BR_NOT], "passed", "branch"),
        ("branch", [HO_OPEN, BR_NOT], "undecided", "branch"),
        ("branch", [HO_NOT, BR_MET], "passed", "branch"),
        ("branch", [HO_NOT, BR_NOT], "failed", "none"),
    ],
)
def test_what_a_member_keeps(held: str, findings: list[LevelFinding], verdict: str, level: str) -> None:
    found = judge(CardLevel(held), findings, excepted=False)
    assert (found.verdict, found.level) == (verdict, level)


def test_an_exception_that_runs_keeps_the_level_and_a_filed_branch_level_catches_the_fall() -> None:
    kept = judge(CardLevel.HEAD_OFFICE, [HO_NOT, BR_NOT], excepted=True)
    assert (kept.verdict, kept.level, kept.reasons) == (
        Verdict.PASSED, CardLevel.HEAD_OFFICE, ("exceptional-admission",),
    )  # fmt: skip
    filed = judge(CardLevel.HEAD_OFFICE, [HO_NOT, BR_FILE], excepted=False, filed=frozenset({CardLevel.BRANCH}))
    assert filed.level is CardLevel.BRANCH


def test_the_reasons_of_the_lost_level_are_told() -> None:
    bad = finding("head_office", "not_met", reasons=["repayment-not-clean"])
    assert judge(CardLevel.HEAD_OFFICE, [bad], excepted=False).reasons == ("below-standard", "repayment-not-clean")


@pytest.mark.parametrize(
    ("value", "bound", "missing", "percent"),
    [
        ("499999.99", 500_000, "0.01", 1),
        ("495000", 500_000, "5000", 1),
        ("494999.99", 500_000, "5000.01", 2),
        ("0", 500_000, "500000", 100),
        ("-100", 500_000, "500100", 100),
    ],
)
def test_a_shortfall_is_rounded_up_to_whole_percent(value: str, bound: int, missing: str, percent: int) -> None:
    criterion = Criterion(code="deposit", metric="deposit_avg_12m", bound=Decimal(bound))
    found = missing_of(
        CriterionResult(criterion=criterion, value=Decimal(value), outcome=Outcome.NOT_MET, reason=BELOW_BOUND)
    )
    assert (found.missing, found.missing_percent) == (Decimal(missing), percent)


def test_a_condition_that_fails_is_no_shortfall_of_money() -> None:
    criterion = Criterion(code="loan", metric="loan_outstanding", bound=Decimal(1_000_000))
    found = missing_of(
        CriterionResult(
            criterion=criterion, value=Decimal(2_000_000), outcome=Outcome.NOT_MET, reason=REPAYMENT_UNKNOWN
        )
    )
    assert (found.missing, found.missing_percent, found.reason) == (Decimal(0), 0, REPAYMENT_UNKNOWN)
