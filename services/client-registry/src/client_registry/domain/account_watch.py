"""Changes of a client's accounts against his own last months (CR-51): the rules and their thresholds are data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from chassis.texts import Text

from client_registry.domain.figures import WINDOW_MONTHS

_WHOLE = Decimal(1)
_CENT = Decimal("0.01")
EVENT_TEXT = {
    "opened": Text(en="A product was opened.", zh="新开立产品或账户。"),
    "matured": Text(en="A product has matured.", zh="产品到期。"),
    "closed": Text(en="A product was closed.", zh="产品或账户已销户。"),
    "large_inflow": Text(en="A large amount came in.", zh="大额资金转入。"),
    "large_outflow": Text(en="A large amount went out.", zh="大额资金转出。"),
    "dormant": Text(en="An account has gone dormant.", zh="账户长期不动。"),
}
CHANGE_TEXT = {
    "deposit-down": Text(
        en="Deposits fell by {percent} % against the months before.", zh="存款较前期平均下降 {percent}%。"
    ),
    "deposit-up": Text(
        en="Deposits rose by {percent} % against the months before.", zh="存款较前期平均上升 {percent}%。"
    ),
    "assets-down": Text(
        en="Assets fell by {percent} % against the months before.", zh="资产较前期平均下降 {percent}%。"
    ),
    "assets-up": Text(en="Assets rose by {percent} % against the months before.", zh="资产较前期平均上升 {percent}%。"),
    "spending-down": Text(
        en="Card spending fell by {percent} % against the months before.", zh="刷卡消费较前期平均下降 {percent}%。"
    ),
    "spending-up": Text(
        en="Card spending rose by {percent} % against the months before.", zh="刷卡消费较前期平均上升 {percent}%。"
    ),
}

# A policy file written before accounts were watched says nothing of them.
DEFAULT: Mapping[str, Any] = {
    "months_min": 6,
    "article": "BOC-S Art. 22(2)4(2), Art. 31(4); CR-51",
    "rules": [
        {"code": "deposit-down", "measure": "deposit", "direction": "down", "percent": 30, "amount": "50000.00"},
        {"code": "deposit-up", "measure": "deposit", "direction": "up", "percent": 50, "amount": "100000.00"},
        {"code": "assets-down", "measure": "assets", "direction": "down", "percent": 20, "amount": "100000.00"},
        {"code": "assets-up", "measure": "assets", "direction": "up", "percent": 30, "amount": "200000.00"},
        {"code": "spending-down", "measure": "card_spend", "direction": "down", "percent": 60, "amount": "3000.00"},
        {"code": "spending-up", "measure": "card_spend", "direction": "up", "percent": 150, "amount": "10000.00"},
    ],
}
_MEASURES = frozenset({"deposit", "card_spend", "assets"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRule:
    """A change of a measure is surfaced from so many percent and so much money on; both bounds are inclusive."""

    code: str
    measure: str
    rises: bool
    percent: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The rules, and how many delivered months before the last one a comparison needs."""

    months_min: int
    article: str
    rules: tuple[WatchRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What a rule found: the last closed month against the mean of the months before it."""

    code: str
    measure: str
    month: date
    value: Decimal
    usual: Decimal
    percent: int


def read_watch(given: Mapping[str, Any]) -> Watch:
    """The stored rules as values. KeyError for what is missing, ValueError for what is unknown or out of bounds."""
    try:
        rules = [
            WatchRule(
                code=each["code"],
                measure=each["measure"],
                rises=each["direction"] == "up",
                percent=int(each["percent"]),
                amount=Decimal(each["amount"]),
            )
            for each in given["rules"]
        ]
    except InvalidOperation:
        raise ValueError("an amount of the account watch is no number") from None
    if unsaid := sorted({rule.code for rule in rules} - CHANGE_TEXT.keys()):
        raise ValueError(f"unknown rules of the account watch {unsaid}")
    if any(rule.measure not in _MEASURES or rule.percent <= 0 or rule.amount <= 0 for rule in rules):
        raise ValueError("a rule of the account watch needs a known measure, a percentage and an amount")
    if not 0 < given["months_min"] < WINDOW_MONTHS:
        raise ValueError("months_min of the account watch must lie between 1 and 11")
    return Watch(months_min=given["months_min"], article=given["article"], rules=tuple(rules))


def changes_of(
    watch: Watch, figures: Mapping[date, Mapping[str, Decimal | None]], window: Sequence[date]
) -> list[AccountChange]:
    """What the last month of the window shows against the others. A month that was not delivered is left out, and where
    the last one was not, or too few others were, nothing is said."""
    found = []
    for rule in watch.rules:
        values = [figures.get(month, {}).get(rule.measure) for month in window]
        last, before = values[-1], [value for value in values[:-1] if value is not None]
        if last is None or len(before) < watch.months_min:
            continue
        usual = sum(before, Decimal(0)) / len(before)
        moved = last - usual if rule.rises else usual - last
        if usual <= 0 or moved < rule.amount or moved * 100 < usual * rule.percent:
            continue
        found.append(
            AccountChange(
                code=rule.code,
                measure=rule.measure,
                month=window[-1],
                value=last,
                usual=usual.quantize(_CENT, rounding=ROUND_DOWN),
                percent=int((moved * 100 / usual).quantize(_WHOLE, rounding=ROUND_DOWN)),
            )
        )
    return found
