"""The hand-worked table of tier rules: what a client was delivered, and what must come of it. Both evaluators are held to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from json import loads
from typing import Any
from uuid import UUID, uuid4

from client_registry.domain.circumstances import PRODUCT_WINDOWS, Circumstances, HeldProduct, RiskEvent, window_day
from client_registry.domain.figures import Delivered, LoanMonth, MonthFigures, RepaymentHistory, months_back
from client_registry.domain.policies import Criterion, Ladder, TierPolicy
from client_registry.domain.vetoes import Veto
from client_registry.store.policies import criterion_of

TODAY = date(2026, 11, 22)
ALL12 = range(1, 13)
PATHS = {
    "hq": "/hq/", "bj": "/hq/bj/", "bj-02": "/hq/bj/bj-02/", "sh": "/hq/sh/", "bj-01-c1": "/hq/bj/bj-01/bj-01-c1/",
    "bj-02-c1": "/hq/bj/bj-02/bj-02-c1/", "sh-01-c1": "/hq/sh/sh-01-c1/",
}  # fmt: skip
CLEAN = {b: (1_000_000, 0, 0) for b in range(1, 25)}
SILENT = {b: (2_000_000, None, None) for b in range(1, 13)}
OLD = date(2019, 1, 1)


def worked(**wanted: Any) -> dict[str, Any]:
    """Twelve full months of nothing, but for what is wanted; None leaves a kind of figure out."""
    given = {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0, **wanted}
    return {name: value for name, value in given.items() if value is not None}


# Worked by hand from CCB Art. 6 and the domain decisions, section 2. The clients live in Beijing, whose branch standard is
# 200,000 / 500,000 / 50,000. Per client: monthly deposit average and months given (1 is the last month), card spend a
# month, loan and longest/open overdue days per month back, assets, client since; then what must come of it.
HAND: list[tuple[str, dict[str, Any], str, bool, set[str], set[str], str, str | None]] = [
    ("deposit exactly at the bound", {"dep": 500_000, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("deposit one cent below", {"dep": "499999.99", "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("mean a third of a cent below", {"dep": 500_000, "dep1": "499999.96", "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("eleven rich months reach it alone", {"dep": 600_000, "dep_months": range(1, 12), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 0}, "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("eleven months do not reach it: undecided", {"dep": 520_000, "dep_months": range(1, 12), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 0}, "branch", True, {"deposit"}, set(), "mass", "below"),
    ("new client: earlier months count 0 and are known", {"dep": 900_000, "dep_months": range(1, 7), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 900_000, "since": date(2026, 5, 20)},
     "branch", False, {"deposit"}, set(), "wealth_management", "below"),
    ("new client with enough even so", {"dep": 1_000_000, "dep_months": range(1, 7), "spend": 0,
     "loan": {1: (0, 0, 0)}, "assets": 1_000_000, "since": date(2026, 5, 1)},
     "head_office", False, {"deposit"}, set(), "wealth_management", "below"),
    ("month-end where no average is given", {"end": 500_000, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 0},
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("loan at the bound, clean", {"dep": 0, "spend": 0, "loan": {b: (1_000_000, 0, 0) for b in range(1, 25)}, "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("loan one cent below", {"dep": 0, "spend": 0, "loan": {b: ("999999.99", 0, 0) for b in range(1, 25)}, "assets": 0},
     "branch", False, {"loan"}, set(), "mass", "below"),
    ("29 days overdue, cured", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(1, 25)}, 9: (1_000_000, 29, 29)}, "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("30 days overdue, cured", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(1, 25)}, 9: (1_000_000, 30, 0)}, "assets": 0},
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("30 days overdue, 25 months ago", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(1, 25)}, 25: (1_000_000, 30, 0)}, "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("one day overdue and open", {"dep": 0, "spend": 0,
     "loan": {**{b: (1_000_000, 0, 0) for b in range(2, 25)}, 1: (1_000_000, 1, 1)}, "assets": 0},
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("no repayment record", {"dep": 0, "spend": 0, "loan": {1: (2_000_000, None, None)}, "assets": 0},
     "none", False, set(), {"repayment-unknown"}, "mass", "below"),
    ("a delivered history covers the months", {"dep": 0, "spend": 0,
     "loan": {b: (2_000_000, None, None) for b in range(1, 13)}, "history": (1, 24, 12, 0), "assets": 0},
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("a history that ends too early", {"dep": 0, "spend": 0,
     "loan": {b: (2_000_000, None, None) for b in range(1, 13)}, "history": (3, 24, 0, 0), "assets": 0},
     "none", False, set(), {"repayment-unknown"}, "mass", "below"),
    ("bad repayment vetoes nothing but the loan", {"dep": 700_000, "spend": 0, "loan": {1: (1_500_000, 90, 90)}, "assets": 0},
     "head_office", False, {"deposit"}, {"repayment-not-clean"}, "mass", "below"),
    ("loan not delivered", {"dep": 0, "spend": 0, "assets": 0}, "none", True, set(), set(), "mass", "below"),
    ("card spend at the bound", {"dep": 0, "spend": "8333.34", "loan": {1: (0, 0, 0)}, "assets": 0},
     "head_office", False, {"card_spend"}, set(), "mass", "below"),
    ("card spend just below", {"dep": 0, "spend": "8333.33", "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"card_spend"}, set(), "mass", "below"),
    ("refunds take spending back", {"dep": 0, "spend": 10_000, "spend1": -15_000, "loan": {1: (0, 0, 0)}, "assets": 0},
     "branch", False, {"card_spend"}, set(), "mass", "below"),
    ("all three criteria", {"dep": 500_000, "spend": 9_000, "loan": {b: (1_000_000, 0, 0) for b in range(1, 25)}, "assets": 0},
     "head_office", False, {"deposit", "loan", "card_spend"}, set(), "mass", "below"),
    ("assets of exactly eight million", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 8_000_000},
     "none", False, set(), set(), "private_banking", "ge_8m"),
    ("a cent below eight million", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": "7999999.99"},
     "none", False, set(), set(), "wealth", "2m_8m"),
    ("two million", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 2_000_000},
     "none", False, set(), set(), "wealth", "2m_8m"),
    ("two hundred thousand", {"dep": 0, "spend": 0, "loan": {1: (0, 0, 0)}, "assets": 200_000},
     "none", False, set(), set(), "wealth_management", "below"),
    ("no assets given: deposits are a lower bound", {"end": 2_500_000, "spend": 0, "loan": {1: (0, 0, 0)}},
     "head_office", False, {"deposit"}, set(), "wealth", "2m_8m"),
    ("nothing delivered at all", {}, "none", True, set(), set(), "mass", None),
]  # fmt: skip

# Beijing's second branch has standards of its own: deposits of 100,000 AND card spending of 20,000; wealth from 1,500,000.
# Shanghai admits after twelve months with the bank, and runs a campaign in November; one has ended, one begins tomorrow.
HAND += [
    ("branch deposit at the bound", worked(dep=200_000), "branch", False, {"deposit"}, set(), "mass", "below"),
    ("branch deposit a cent below", worked(dep="199999.99"), "none", False, set(), set(), "mass", "below"),
    ("branch card spend just above", worked(spend="4166.67"), "branch", False, {"card_spend"}, set(), "mass", "below"),
    ("branch card spend just below", worked(spend="4166.66"), "none", False, set(), set(), "mass", "below"),
    ("branch loan at the bound", worked(loan={b: (500_000, 0, 0) for b in range(1, 25)}),
     "branch", False, {"loan"}, set(), "mass", "below"),
    ("branch loan a cent below", worked(loan={b: ("499999.99", 0, 0) for b in range(1, 25)}),
     "none", False, set(), set(), "mass", "below"),
    ("a refund that leaves enough", worked(spend=10_000, spend1=-5_000),
     "head_office", False, {"card_spend"}, set(), "mass", "below"),
    ("a refund down to the bound", worked(spend=10_000, spend1=-10_000),
     "head_office", False, {"card_spend"}, set(), "mass", "below"),
    ("a refund a cent below the bound", worked(spend=10_000, spend1="-10000.01"),
     "branch", False, {"card_spend"}, set(), "mass", "below"),
    ("eleven card months reach it alone", worked(spend=10_000, spend_months=range(2, 13)),
     "head_office", False, {"card_spend"}, set(), "mass", "below"),
    ("eleven card months do not reach it: undecided", worked(spend=9_000, spend_months=range(2, 13)),
     "branch", True, {"card_spend"}, set(), "mass", "below"),
    ("one month of deposits reaches it alone", worked(dep=6_000_000, dep_months=[1]),
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("one month of deposits a cent short: cut, not rounded", worked(dep="5999999.99", dep_months=[1]),
     "branch", True, {"deposit"}, set(), "mass", "below"),
    ("the thirteenth month is outside the window", worked(dep=9_000_000, dep_months=[13]),
     "none", True, set(), set(), "mass", "below"),
    ("the average goes before the month-end", worked(dep=200_000, end=600_000),
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("an overdrawn account", worked(dep=-100), "none", False, set(), set(), "mass", "below"),
    ("a loan that was paid off", worked(loan={**CLEAN, 1: (0, 0, 0)}), "none", False, set(), set(), "mass", "below"),
    ("arrears of a loan that was paid off give no reason below the bound",
     worked(loan={1: (0, 0, 0), 2: (1_000_000, 60, 60)}), "none", False, set(), set(), "mass", "below"),
    ("30 days overdue in the 24th month back", worked(loan={**CLEAN, 24: (1_000_000, 30, 0)}),
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("29 days overdue and still open", worked(loan={**CLEAN, 1: (1_000_000, 29, 29)}),
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("a history with 30 days", worked(loan=SILENT, history=(1, 24, 30, 0)),
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("a history with 29 days", worked(loan=SILENT, history=(1, 24, 29, 0)),
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("a history that is open at the last month-end", worked(loan=SILENT, history=(1, 24, 0, 1)),
     "none", False, set(), {"repayment-not-clean"}, "mass", "below"),
    ("a history that was open earlier", worked(loan={**SILENT, 1: (2_000_000, 0, 0)}, history=(2, 24, 0, 5)),
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("a history that covers too little", worked(loan=SILENT, history=(1, 6, 0, 0)),
     "none", False, set(), {"repayment-unknown"}, "mass", "below"),
    ("a history that covers just what was owed", worked(loan=SILENT, history=(1, 12, 0, 0)),
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("a history one month short", worked(loan=SILENT, history=(1, 11, 0, 0)),
     "none", False, set(), {"repayment-unknown"}, "mass", "below"),
    ("a silent month in which nothing was owed", worked(loan={1: (1_000_000, 0, 0), 2: (0, None, None)}),
     "head_office", False, {"loan"}, set(), "mass", "below"),
    ("bad repayment beside enough card spending", worked(spend=10_000, loan={1: (1_500_000, 45, 45)}),
     "head_office", False, {"card_spend"}, {"repayment-not-clean"}, "mass", "below"),
    ("unknown repayment beside enough deposits", worked(dep=500_000, loan={1: (1_500_000, None, None)}),
     "head_office", False, {"deposit"}, {"repayment-unknown"}, "mass", "below"),
    ("ALL: both met", worked(home="bj-02-c1", dep=100_000, spend="1666.67"),
     "branch", False, {"deposit", "card_spend"}, set(), "mass", "below"),
    ("ALL: spending just short", worked(home="bj-02-c1", dep=100_000, spend="1666.66"),
     "none", False, set(), set(), "mass", "below"),
    ("ALL: deposits a cent short", worked(home="bj-02-c1", dep="99999.99", spend=1_700),
     "none", False, set(), set(), "mass", "below"),
    ("ALL: one of the two is missing", worked(home="bj-02-c1", dep=100_000, spend=None),
     "none", True, set(), set(), "mass", "below"),
    ("the nearer standard stands alone: the branch above does not help", worked(home="bj-02-c1", dep=250_000),
     "none", False, set(), set(), "mass", "below"),
    ("the head-office standard applies everywhere", worked(home="bj-02-c1", dep=500_000),
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("a branch's own wealth standard", worked(home="bj-02-c1", assets=1_500_000),
     "none", False, set(), set(), "wealth", "below"),
    ("a cent below a branch's own wealth standard", worked(home="bj-02-c1", assets="1499999.99"),
     "none", False, set(), set(), "wealth_management", "below"),
    ("a campaign in its month", worked(home="sh-01-c1", dep=250_000),
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("a cent below the campaign, long enough with the bank", worked(home="sh-01-c1", dep="249999.99", since=OLD),
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("nobody knows since when he is with the bank", worked(home="sh-01-c1", dep=200_000),
     "none", True, set(), set(), "mass", "below"),
    ("below the bound, how long he is with the bank does not matter", worked(home="sh-01-c1", dep=100_000),
     "none", False, set(), set(), "mass", "below"),
    ("twelve months with the bank to the day", worked(home="sh-01-c1", dep=200_000, since=date(2025, 11, 22)),
     "branch", False, {"deposit"}, set(), "mass", "below"),
    ("a day short of twelve months", worked(home="sh-01-c1", dep=200_000, since=date(2025, 11, 23)),
     "none", False, set(), set(), "mass", "below"),
    ("a cent below two million", worked(assets="1999999.99"), "none", False, set(), set(), "wealth_management", "below"),
    ("a cent below two hundred thousand", worked(assets="199999.99"), "none", False, set(), set(), "mass", "below"),
    ("no assets and no month-end: the average is the lower bound", worked(dep=2_000_000, assets=None),
     "head_office", False, {"deposit"}, set(), "wealth", "2m_8m"),
    ("assets of the month before do not count", worked(assets=9_000_000, assets_back=2),
     "none", False, set(), set(), "mass", "below"),
]  # fmt: skip


# Products: (code, the day it is said of, held at its end). A card opened on a day is held on it, one closed on it is not.
# Shanghai asks for its own card at the last month-end (31 October); Beijing goes by head office: on the day itself.
_YESTERDAY, _TOMORROW = date(2026, 11, 21), date(2026, 11, 23)
_MONTH_END, _FIRST = date(2026, 10, 31), date(2026, 11, 1)


def _card(*said: tuple[str, date, bool], **wanted: Any) -> dict[str, Any]:
    return worked(held=list(said), **wanted)


def _mass(tier: str = "mass", band: str = "below") -> tuple[str, bool, set[str], set[str], str, str]:
    return "none", False, set(), set(), tier, band


HAND += [
    ("the wealth card, opened today", _card(("boc-wealth-card", TODAY, True)), *_mass("wealth")),
    ("the wealth card, opened tomorrow", _card(("boc-wealth-card", _TOMORROW, True)), *_mass()),
    ("the wealth card, closed today",
     _card(("boc-wealth-card", OLD, True), ("boc-wealth-card", TODAY, False)), *_mass()),
    ("the wealth card, closed tomorrow",
     _card(("boc-wealth-card", OLD, True), ("boc-wealth-card", _TOMORROW, False)), *_mass("wealth")),
    ("the wealth card, closed and opened again",
     _card(("boc-wealth-card", OLD, True), ("boc-wealth-card", _MONTH_END, False), ("boc-wealth-card", TODAY, True)),
     *_mass("wealth")),
    ("the wealth-management card", _card(("boc-wealth-management-card", OLD, True)), *_mass("wealth_management")),
    ("the platinum card", _card(("boc-platinum-card", OLD, True)), *_mass("wealth_management")),
    ("the Great Wall American Express card", _card(("great-wall-amex", OLD, True)), *_mass("private_banking")),
    ("a card that no standard names", _card(("some-other-card", OLD, True)), *_mass()),
    ("the wealth card beside higher assets", _card(("boc-wealth-card", OLD, True), assets=8_000_000),
     *_mass("private_banking", "ge_8m")),
    ("the wealth card beside lower assets", _card(("boc-wealth-card", OLD, True), assets=200_000), *_mass("wealth")),
    ("two cards: the higher tier", _card(("boc-platinum-card", OLD, True), ("boc-wealth-card", OLD, True)),
     *_mass("wealth")),
    ("a card gives no card level", _card(("great-wall-amex", OLD, True), dep="199999.99"), *_mass("private_banking")),
    ("Shanghai's card, opened on the last day of the month",
     _card(("sh-card", _MONTH_END, True), home="sh-01-c1"), *_mass("wealth")),
    ("Shanghai's card, opened on the first of the next", _card(("sh-card", _FIRST, True), home="sh-01-c1"), *_mass()),
    ("Shanghai's card, closed on the last day of the month",
     _card(("sh-card", OLD, True), ("sh-card", _MONTH_END, False), home="sh-01-c1"), *_mass()),
    ("Shanghai's card, closed on the first of the next",
     _card(("sh-card", OLD, True), ("sh-card", _FIRST, False), home="sh-01-c1"), *_mass("wealth")),
    ("Shanghai's card in Beijing", _card(("sh-card", OLD, True)), *_mass()),
]  # fmt: skip


# Negative conditions. Shanghai's branch standard refuses for 12 months after a loan overdue of 30 days or more, or after
# a malicious overdraft; the wealth standard of Beijing's second branch refuses for a bad repayment record.
def _risk(*events: tuple[str, date, int | None], **wanted: Any) -> dict[str, Any]:
    return worked(dep=150_000, since=OLD, home="sh-01-c1", risks=list(events), **wanted)


_BRANCH = ("branch", False, {"deposit"}, set(), "mass", "below")
_BAD = {b: (100, 30 if b == 9 else 0, 0) for b in range(1, 25)}
HAND += [
    ("overdue by 30 days today", _risk(("loan_overdue", TODAY, 30)), *_mass()),
    ("overdue by 29 days today", _risk(("loan_overdue", TODAY, 29)), *_BRANCH),
    ("overdue, days not told", _risk(("loan_overdue", TODAY, None)), *_BRANCH),
    ("overdue a day less than twelve months ago", _risk(("loan_overdue", date(2025, 11, 23), 30)), *_mass()),
    ("overdue twelve months ago to the day", _risk(("loan_overdue", date(2025, 11, 22), 30)), *_BRANCH),
    ("overdue tomorrow", _risk(("loan_overdue", _TOMORROW, 30)), *_BRANCH),
    ("overdue on the credit card: not asked for", _risk(("card_overdue", TODAY, 90)), *_BRANCH),
    ("malicious overdraft", _risk(("malicious_overdraft", date(2025, 11, 23), None)), *_mass()),
    ("malicious overdraft twelve months ago", _risk(("malicious_overdraft", date(2025, 11, 22), None)), *_BRANCH),
    ("an overdue that was cured still counts",
     _risk(("loan_overdue", _FIRST, 30), ("cured", _YESTERDAY, None)), *_mass()),
    ("a veto of Shanghai's standard leaves head office's alone", _risk(("loan_overdue", TODAY, 30), dep1=6_000_000),
     "head_office", False, {"deposit"}, set(), "mass", "below"),
    ("an overdue in Beijing, whose standard asks for nothing",
     worked(dep=200_000, risks=[("malicious_overdraft", TODAY, None)]), *_BRANCH),
    ("a bad record refuses the second branch's wealth tier",
     worked(assets=1_500_000, loan=_BAD, home="bj-02-c1"), *_mass("wealth_management")),
    ("an open day refuses the second branch's wealth tier",
     worked(assets=1_500_000, loan={1: (100, 1, 1)}, home="bj-02-c1"), *_mass("wealth_management")),
    ("an unreported loan refuses nothing",
     worked(assets=1_500_000, loan={1: (100, None, None)}, home="bj-02-c1"), *_mass("wealth")),
    ("a clean record", worked(assets=1_500_000, loan={1: (100, 29, 0)}, home="bj-02-c1"), *_mass("wealth")),
]  # fmt: skip


def circumstances(given: dict[str, Any]) -> Circumstances:
    """Products and risk events of a row as plain values, worked out apart from the registry's own reading."""
    holdings: dict[int, list[HeldProduct]] = {}
    for window in PRODUCT_WINDOWS:
        day = window_day(TODAY, window)
        newest = {code: (on, held) for code, on, held in given.get("held", []) if on <= day}
        holdings[window] = [HeldProduct(product_code=code, since_on=on) for code, (on, held) in newest.items() if held]
    return Circumstances(
        as_of=TODAY,
        holdings=holdings,
        risk_events=tuple(
            RiskEvent(kind=kind, occurred_on=on, days_overdue=days) for kind, on, days in given.get("risks", [])
        ),
    )


def months_given(given: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each month back with its figures, as a delivery has them."""
    for back in range(1, 14):
        row: dict[str, Any] = {}
        if "dep" in given and back in given.get("dep_months", ALL12):
            row["deposit_average"] = given["dep1"] if back == 1 and "dep1" in given else given["dep"]
        if "end" in given and back in ALL12:
            row["deposit_month_end"] = given["end"]
        if "spend" in given and back in given.get("spend_months", ALL12):
            row["card_spend"] = given["spend1"] if back == 1 and "spend1" in given else given["spend"]
        if back == given.get("assets_back", 1) and "assets" in given:
            row["assets"] = given["assets"]
        if row:
            yield back, row


def month(back: int) -> date:
    return months_back(TODAY.replace(day=1), back)


def _amount(given: Any) -> Decimal | None:
    return None if given is None else Decimal(str(given))


def delivered(given: dict[str, Any]) -> Delivered:
    """The same as plain values, without a database."""
    history = given.get("history")
    return Delivered(
        months={
            month(back): MonthFigures(**{name: _amount(value) for name, value in row.items()})
            for back, row in months_given(given)
        },
        loans={
            month(back): LoanMonth(outstanding=_amount(loan[0]), overdue_days_max=loan[1], overdue_days_open=loan[2])
            for back, loan in given.get("loan", {}).items()
        },
        histories={}
        if history is None
        else {
            month(history[0]): RepaymentHistory(
                months_covered=history[1], overdue_days_max=history[2], overdue_days_open=history[3]
            )
        },
        client_since_on=given.get("since"),
    )


def _standard(
    code: str, scope: str, level: str, bounds: dict[str, int], *, unit: UUID | None = None, **wanted: Any
) -> TierPolicy:
    given: dict[str, Any] = {
        "ladder": Ladder.CARD_LEVEL, "campaign": False, "combinator": "ANY", "needs_filing": False, "grace_months": 3,
        "article": "CCB Art. 8", "valid_from": date(2020, 1, 1), "valid_until": None, "status": "active", **wanted,
    }  # fmt: skip
    criteria = tuple(
        Criterion(code={"deposit_avg_12m": "deposit", "card_spend_12m": "card_spend"}.get(metric, metric),
                  metric=metric, bound=Decimal(bound), article="CCB Art. 8", text_zh=code, text_en=code)
        for metric, bound in bounds.items()
    )  # fmt: skip
    return TierPolicy(
        id=uuid4(), code=code, version=1, level=level, scope_path=PATHS[scope], scope_unit_id=unit, criteria=criteria,
        **given,
    )  # fmt: skip


def local_standards(units: dict[str, UUID] | None = None) -> list[TierPolicy]:
    """What the second branch of Beijing and Shanghai have of their own; `units` where they go into a database."""
    known = units or {}
    sh, bj_02 = known.get("sh"), known.get("bj-02")
    campaign = {"campaign": True, "needs_filing": True}
    deposit = "deposit_avg_12m"
    return [
        _standard("bj-02-standard", "bj-02", "branch", {deposit: 100_000, "card_spend_12m": 20_000}, unit=bj_02,
                  combinator="ALL"),
        _standard("bj-02-wealth", "bj-02", "wealth", {"assets": 1_500_000}, unit=bj_02, ladder=Ladder.SERVICE_TIER,
                  vetoes=(Veto(kind="bad_repayment", article="CR-8"),)),
        _standard("sh-standard", "sh", "branch", {deposit: 150_000}, unit=sh, minimum_tenure_months=12, vetoes=(
            Veto(kind="risk_event", event_kinds=("loan_overdue",), within_months=12, days_overdue_min=30, article="CR-18"),
            Veto(kind="risk_event", event_kinds=("malicious_overdraft",), within_months=12, article="CR-18"))),
        replace(
            _standard("sh-wealth", "sh", "wealth", {"assets": 2_000_000}, unit=sh, ladder=Ladder.SERVICE_TIER),
            criteria=(Criterion(code="card", metric="holds_product", bound=Decimal(1), window_months=1,
                                products=("sh-card", "boc-wealth-card")),)),
        _standard("sh-november", "sh", "head_office", {deposit: 250_000}, unit=sh, valid_from=date(2026, 11, 1),
                  valid_until=date(2026, 11, 30), **campaign),
        _standard("sh-over", "sh", "head_office", {deposit: 1_000}, unit=sh, valid_from=date(2026, 10, 1),
                  valid_until=date(2026, 11, 21), **campaign),
        _standard("sh-early", "sh", "head_office", {deposit: 1_000}, unit=sh, valid_from=date(2026, 11, 23),
                  valid_until=date(2026, 12, 31), **campaign),
        _standard("sh-draft", "sh", "head_office", {deposit: 1_000}, unit=sh, status="draft",
                  valid_until=date(2026, 12, 31), **campaign),
    ]  # fmt: skip


def built_in_standards() -> list[TierPolicy]:
    """The standards that come with the registry, as values."""
    text = files("client_registry").joinpath("reference", "tier_policies.json").read_text(encoding="utf-8")
    return [
        TierPolicy(
            id=uuid4(), code=entry["code"], version=entry["version"], ladder=Ladder(entry["ladder"]),
            level=entry["level"], scope_path=PATHS[(entry["branch_code"] or "hq").lower()], campaign=False,
            combinator=entry["combinator"], criteria=tuple(criterion_of(each) for each in entry["criteria"]),
            needs_filing=entry["needs_filing"], grace_months=entry["grace_months"], article=entry["article"],
            valid_from=date.fromisoformat(entry["valid_from"]), valid_until=None, status="active",
        )
        for entry in loads(text)["policies"]
    ]  # fmt: skip
