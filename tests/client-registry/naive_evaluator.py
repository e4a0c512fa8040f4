"""The tier rules a third time, written apart from the other two: whole cents, months as numbers, one long plain function.

It shares no code with the registry and reads standards as they lie in a table. What it says is the domain decisions'
section 2 read aloud; it is slow, dull, and only there to disagree.
"""

from typing import Any

CARDS = ("none", "branch", "head_office")
TIERS = ("mass", "wealth_management", "wealth", "private_banking")


def month_number(day: Any) -> int:
    return day.year * 12 + day.month - 1


def cents(amount: Any) -> int:
    return int(amount * 100)


def months_after(day: Any, months: int) -> tuple[int, int, int]:
    number = month_number(day) + months
    year, month = number // 12, number % 12 + 1
    longest = (
        31,
        29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    )
    return year, month, min(day.day, longest[month - 1])


def standards_as_tables(policies: Any) -> list[dict[str, Any]]:
    """Standards without their classes."""
    return [
        {
            "ladder": str(policy.ladder), "level": policy.level, "any": policy.combinator == "ANY",
            "tenure": policy.minimum_tenure_months,
            "asks": [
                (c.metric, cents(c.bound), bool(c.conditions), set(c.products), c.window_months or 0) for c in policy.criteria
            ],
            "vetoes": [(v.kind, set(v.event_kinds), v.within_months, v.days_overdue_min) for v in policy.vetoes],
        }
        for policy in policies
    ]  # fmt: skip


def naive(told: Any, beside: Any, today: Any, standards: list[dict[str, Any]]) -> tuple[str, bool, str, bool]:
    """Card level and whether it is open, service tier and whether that is."""
    now = month_number(today)
    came = None if told.client_since_on is None else month_number(told.client_since_on)
    deposits = spent = deposit_months = spent_months = 0
    by_month = {month_number(month): figures for month, figures in told.months.items()}
    for month in range(now - 12, now):
        figures, before = by_month.get(month), came is not None and month < came
        deposit = spend = None
        if figures is not None:
            deposit = figures.deposit_average if figures.deposit_average is not None else figures.deposit_month_end
            spend = figures.card_spend
        if deposit is not None:
            deposits += cents(deposit)
        if spend is not None:
            spent += cents(spend)
        deposit_months += deposit is not None or before
        spent_months += spend is not None or before
    last = by_month.get(now - 1)
    assets, assets_full = None, False
    if last is not None:
        if last.assets is not None:
            assets, assets_full = last.assets, True
        elif last.deposit_month_end is not None:
            assets = last.deposit_month_end
        else:
            assets = last.deposit_average
    loans = {month_number(m): loan for m, loan in told.loans.items() if now - 24 <= month_number(m) < now}
    sums = {month_number(m): each for m, each in told.histories.items() if now - 24 <= month_number(m) < now}
    bad = any((loan.overdue_days_max or 0) >= 30 for loan in loans.values())
    bad = bad or any(each.overdue_days_max >= 30 for each in sums.values())
    bad = bad or (now - 1 in loans and (loans[now - 1].overdue_days_open or 0) > 0)
    bad = bad or (now - 1 in sums and sums[now - 1].overdue_days_open > 0)
    owed, silent = False, False
    for month, loan in loans.items():
        if loan.outstanding is not None and loan.outstanding > 0:
            owed = True
            covered = any(end - each.months_covered < month <= end for end, each in sums.items())
            silent = silent or (loan.overdue_days_max is None and not covered)
    clean = not bad and not silent and (owed or bool(sums))
    owing = None if now - 1 not in loans else loans[now - 1].outstanding
    known = {
        "deposit_avg_12m": (deposits // 12, deposit_months == 12),
        "card_spend_12m": (spent, spent_months == 12),
        "loan_outstanding": (0 if owing is None else cents(owing), owing is not None),
        "assets": (0 if assets is None else cents(assets), assets_full),
    }
    stayed = None
    if told.client_since_on is not None:
        stayed = now - came
        if months_after(told.client_since_on, stayed) > (today.year, today.month, today.day):
            stayed -= 1
    best, open_at = {"card_level": 0, "service_tier": 0}, {"card_level": 0, "service_tier": 0}
    for standard in standards:
        said = []
        for metric, bound, wants_clean, products, window in standard["asks"]:
            if metric == "holds_product":
                said.append(
                    "yes" if any(each.product_code in products for each in beside.holdings.get(window, ())) else "no"
                )
                continue
            has, complete = known[metric]
            if has < bound:
                said.append("no" if complete else "perhaps")
            else:
                said.append("yes" if clean or not wants_clean else "no")
        if standard["any"]:
            verdict = "yes" if "yes" in said else "perhaps" if "perhaps" in said else "no"
        else:
            verdict = "no" if "no" in said else "perhaps" if "perhaps" in said else "yes"
        if standard["tenure"] and verdict != "no":
            verdict = "perhaps" if stayed is None else "no" if stayed < standard["tenure"] else verdict
        for kind, kinds, months, days in standard["vetoes"]:
            if kind == "bad_repayment":
                struck = bad
            else:
                struck = any(
                    event.kind in kinds and event.occurred_on <= today and (days is None or (event.days_overdue or 0) >= days)
                    and (today.year, today.month, today.day) < months_after(event.occurred_on, months)
                    for event in beside.risk_events
                )  # fmt: skip
            verdict = "no" if struck else verdict
        ladder = standard["ladder"]
        rank = (CARDS if ladder == "card_level" else TIERS).index(standard["level"])
        if verdict == "yes":
            best[ladder] = max(best[ladder], rank)
        if verdict == "perhaps":
            open_at[ladder] = max(open_at[ladder], rank)
    return (
        CARDS[best["card_level"]], open_at["card_level"] > best["card_level"],
        TIERS[best["service_tier"]], open_at["service_tier"] > best["service_tier"],
    )  # fmt: skip
