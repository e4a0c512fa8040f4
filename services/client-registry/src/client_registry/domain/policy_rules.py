"""What a tier policy may say, and beside which others it may stand (CR-2, CR-5, CR-6, CR-12, CR-13, CR-15, CR-19).

Everything is compared on typed values: bounds, conditions, months, dates; never on prose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from chassis.refusals import FieldError, RuleBroken
from chassis.texts import Text

from client_registry.domain.circumstances import HOLDS_PRODUCT
from client_registry.domain.levels import CARD_LADDER, TIER_LADDER, CardLevel, ServiceTier
from client_registry.domain.organisation import FILING_KINDS, UnitKind
from client_registry.domain.policies import HEAD_OFFICE_PATH, REPAYMENT_CLEAN, Criterion, Ladder, TierPolicy
from client_registry.domain.policy_metrics import METRICS
from client_registry.domain.vetoes import veto_errors

CONDITIONS = frozenset({REPAYMENT_CLEAN})
LEVELS = {
    Ladder.CARD_LEVEL: tuple(level.value for level in CARD_LADDER if level is not CardLevel.NONE),
    # Corporate VIP stands on a list, never on a formula (A20); mass is where nothing is met.
    Ladder.SERVICE_TIER: tuple(
        tier.value for tier in TIER_LADDER if tier not in (ServiceTier.MASS, ServiceTier.CORPORATE_VIP)
    ),
}
_CENT = Decimal("0.01")
_STANDING = frozenset({"submitted", "approved", "active", "ended"})

_LEVEL_UNKNOWN = Text(en="This ladder has no such level: {levels}.", zh="该体系没有此级别，可选：{levels}。")
_METRIC_UNKNOWN = Text(en="No such metric; known are {metrics}.", zh="没有此指标，可用指标：{metrics}。")
_CONDITION_UNKNOWN = Text(en="No such condition; known are {conditions}.", zh="没有此条件，可用条件：{conditions}。")
_WINDOW_UNKNOWN = Text(en="This metric is measured over {months} months.", zh="该指标的统计区间为 {months} 个月。")
_BOUND_NEGATIVE = Text(en="A bound is above zero.", zh="门槛须大于零。")
_BOUND_CENTS = Text(en="A bound has at most two decimals.", zh="门槛最多两位小数。")
_BOUND_CURRENCY = Text(en="Bounds are in yuan (CNY).", zh="门槛须以人民币（CNY）计。")
_BOUND_MISSING = Text(en="Give the bound.", zh="须填写门槛金额。")
_BOUND_OF_PRODUCT = Text(en="A product is held or not: no bound belongs to it.", zh="产品持有条件不设金额门槛。")
_PRODUCTS_MISSING = Text(en="Name the products.", zh="须列明产品代码。")
_PRODUCTS_OF_AMOUNT = Text(en="Products belong to “holds_product” alone.", zh="产品代码仅用于“holds_product”指标。")
_PRODUCT_TWICE = Text(en="The product stands there twice.", zh="产品代码重复。")
_CODE_TWICE = Text(en="Two criteria have the same code.", zh="条件代码重复。")
_DATES = Text(en="The last day lies before the first.", zh="失效日期早于生效日期。")
_CAMPAIGN_ENDS = Text(en="A campaign policy needs a last day (CR-13).", zh="阶段性政策须有失效日期。")
_SCOPE_KIND = Text(
    en="Policies are made for head office and for first- and second-level branches.",
    zh="标准只能由总行、一级分行或二级分行制定。",
)


class HeadOfficeOnly(RuleBroken):
    """CR-6, CCB Art. 6: the head-office level's quantitative standard is head office's alone."""

    code = "policy.head-office-only"
    text = Text(
        en="The quantitative standard of the head-office level is set by head office only (CCB Art. 6).",
        zh="总行级定量标准由总行统一制定（建行办法第六条）。",
    )


class BranchSetsIt(RuleBroken):
    """CR-12, CCB Art. 8: each branch sets the branch level's standard for its own clients."""

    code = "policy.branch-sets-it"
    text = Text(
        en="The standing branch-level standard is set by each branch (CCB Art. 8).",
        zh="分行级标准由各分行自行制定（建行办法第八条）。",
    )


class EasierThanHeadOffice(RuleBroken):
    """CR-15, CR-19: rules of a branch stay inside head office's; none promises more."""

    code = "policy.easier-than-head-office"
    text = Text(
        en="“{what}” would be easier than head office's {standard}.", zh="“{what}”低于总行标准 {standard} 的要求。"
    )


class LadderDisordered(RuleBroken):
    """CR-2, CR-24: a lower level asks no more than a higher one."""

    code = "policy.ladder-disordered"
    text = Text(
        en="“{what}” stands against {standard}: a lower level may not ask for more than a higher one.",
        zh="“{what}”与 {standard} 矛盾：低级别的门槛不得高于高级别。",
    )


class Overlaps(RuleBroken):
    """Two standards for one level at one place on one day would contradict each other."""

    code = "policy.overlaps"
    text = Text(
        en="{standard} already stands for this level at this place in these days.",
        zh="同一机构、同一级别在该期间已有标准 {standard}。",
    )


class CodeTaken(RuleBroken):
    """A code names one standard: its ladder, level, place and nature stay."""

    code = "policy.code-taken"
    text = Text(
        en="This code belongs to another standard: ladder, level, unit and campaign flag stay the same in each version.",
        zh="该代码已用于另一标准；同一代码各版本的体系、级别、机构及阶段性标志须一致。",
    )


def field_errors(policy: TierPolicy, *, scope_kind: UnitKind, currencies: Sequence[str | None]) -> list[FieldError]:
    """What is wrong with the fields themselves; empty where nothing is. `currencies`: of the bounds, None without one."""
    errors: list[FieldError] = []
    if policy.level not in LEVELS[policy.ladder]:
        named = {"levels": ", ".join(LEVELS[policy.ladder])}
        errors.append(FieldError("/level", "policy.level-unknown", _LEVEL_UNKNOWN, named))
    if scope_kind not in FILING_KINDS:
        errors.append(FieldError("/unit_id", "policy.scope-kind", _SCOPE_KIND))
    if policy.valid_until is not None and policy.valid_until < policy.valid_from:
        errors.append(FieldError("/valid_until", "policy.dates-reversed", _DATES))
    if policy.campaign and policy.valid_until is None:
        errors.append(FieldError("/valid_until", "policy.campaign-endless", _CAMPAIGN_ENDS))
    codes = [criterion.code for criterion in policy.criteria]
    for n, (criterion, currency) in enumerate(zip(policy.criteria, currencies, strict=True)):
        errors.extend(_criterion_errors(criterion, currency, f"/criteria/{n}"))
        if criterion.code in codes[:n]:
            errors.append(FieldError(f"/criteria/{n}/code", "criterion.code-twice", _CODE_TWICE))
    return errors + veto_errors(policy.vetoes)


def _criterion_errors(criterion: Criterion, currency: str | None, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    metric = METRICS.get(criterion.metric)
    if metric is None:
        errors.append(
            FieldError(f"{at}/metric", "criterion.metric-unknown", _METRIC_UNKNOWN, {"metrics": ", ".join(METRICS)})
        )
    elif criterion.window_months not in (None, metric.window_months, *metric.further_windows):
        named = {"months": ", ".join(str(each) for each in (metric.window_months, *metric.further_windows))}
        errors.append(FieldError(f"{at}/window_months", "criterion.window-unknown", _WINDOW_UNKNOWN, named))
    errors.extend(
        _product_errors(criterion, currency, at)
        if criterion.metric == HOLDS_PRODUCT
        else _bound_errors(criterion, currency, at)
    )
    if unknown := set(criterion.conditions) - CONDITIONS:
        n = next(i for i, condition in enumerate(criterion.conditions) if condition in unknown)
        named_too = {"conditions": ", ".join(sorted(CONDITIONS))}
        errors.append(FieldError(f"{at}/conditions/{n}", "criterion.condition-unknown", _CONDITION_UNKNOWN, named_too))
    return errors


def _bound_errors(criterion: Criterion, currency: str | None, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if criterion.products:
        errors.append(FieldError(f"{at}/products", "criterion.products-not-asked", _PRODUCTS_OF_AMOUNT))
    if currency is None:
        return [*errors, FieldError(f"{at}/bound", "criterion.bound-missing", _BOUND_MISSING)]
    if criterion.bound <= 0:
        errors.append(FieldError(f"{at}/bound/amount", "criterion.bound-not-positive", _BOUND_NEGATIVE))
    if criterion.bound != criterion.bound.quantize(_CENT):
        errors.append(FieldError(f"{at}/bound/amount", "criterion.bound-decimals", _BOUND_CENTS))
    if currency != "CNY":
        errors.append(FieldError(f"{at}/bound/currency", "criterion.currency", _BOUND_CURRENCY))
    return errors


def _product_errors(criterion: Criterion, currency: str | None, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if currency is not None:
        errors.append(FieldError(f"{at}/bound", "criterion.bound-of-product", _BOUND_OF_PRODUCT))
    if not criterion.products:
        errors.append(FieldError(f"{at}/products", "criterion.products-missing", _PRODUCTS_MISSING))
    errors.extend(
        FieldError(f"{at}/products/{n}", "criterion.product-twice", _PRODUCT_TWICE)
        for n, code in enumerate(criterion.products)
        if code in criterion.products[:n]
    )
    return errors


def check_code(policy: TierPolicy, others: Iterable[TierPolicy]) -> None:
    """Raises CodeTaken where the code names another standard."""
    for other in others:
        if other.code == policy.code and _nature(other) != _nature(policy):
            raise CodeTaken()


def check_place(policy: TierPolicy, others: Sequence[TierPolicy]) -> bool:
    """Whether head office must approve (CR-5: a branch's further metrics for a level that head office sets).

    Raises HeadOfficeOnly (CR-6), BranchSetsIt (CR-12), EasierThanHeadOffice (CR-15, CR-19), LadderDisordered, Overlaps.
    """
    if policy.scope_path == HEAD_OFFICE_PATH and not policy.campaign and policy.level == CardLevel.BRANCH.value:
        raise BranchSetsIt()
    _check_overlaps(policy, others)
    _check_ladder(policy, others)
    if policy.scope_path == HEAD_OFFICE_PATH:
        return False
    standard = _head_office_standard(policy, others)
    if standard is None:
        if policy.level == CardLevel.HEAD_OFFICE.value:
            raise HeadOfficeOnly()
        return False
    _check_not_easier(policy, standard)
    further = _metrics(policy) - _metrics(standard)
    if policy.level == CardLevel.HEAD_OFFICE.value and not further:
        raise HeadOfficeOnly()
    return bool(further)


def first_day(policy: TierPolicy) -> date:
    """The first day it is or will be in force."""
    return policy.in_force_from or policy.valid_from


def last_day(policy: TierPolicy) -> date:
    """The last one; the end of time where none is set."""
    ends = [end for end in (policy.valid_until, policy.in_force_until) if end is not None]
    return min(ends, default=date.max)


def _nature(policy: TierPolicy) -> tuple[Ladder, str, str, bool]:
    return policy.ladder, policy.level, policy.scope_path, policy.campaign


def _metrics(policy: TierPolicy) -> set[str]:
    return {criterion.metric for criterion in policy.criteria}


def _check_overlaps(policy: TierPolicy, others: Iterable[TierPolicy]) -> None:
    if policy.campaign:
        return
    for other in others:
        follows = other.code == policy.code and other.version < policy.version and other.status in ("active", "ended")
        if other.id == policy.id or other.status not in _STANDING or _nature(other) != _nature(policy) or follows:
            continue
        if first_day(other) <= last_day(policy) and first_day(policy) <= last_day(other):
            raise Overlaps(standard=other.name)


def _check_ladder(policy: TierPolicy, others: Iterable[TierPolicy]) -> None:
    ranks = LEVELS[policy.ladder]
    for other in others:
        beside = other.status in ("approved", "active") and other.ladder is policy.ladder and not other.campaign
        above = policy.scope_path.startswith(other.scope_path) and other.code != policy.code
        if not beside or not above or other.level == policy.level or policy.campaign:
            continue
        lower, higher = sorted((policy, other), key=lambda each: ranks.index(each.level))
        for criterion in lower.criteria:
            bounds = [each.bound for each in higher.criteria if each.metric == criterion.metric]
            if bounds and criterion.bound > min(bounds):
                raise LadderDisordered(what=criterion.code, standard=other.name)


def _head_office_standard(policy: TierPolicy, others: Iterable[TierPolicy]) -> TierPolicy | None:
    """Head office's standing standard of the same level in the policy's days; the latest version of it."""
    found = [
        other
        for other in others
        if other.scope_path == HEAD_OFFICE_PATH
        and (other.ladder, other.level, other.campaign) == (policy.ladder, policy.level, False)
        and other.status in ("approved", "active")
        and first_day(other) <= last_day(policy)
        and first_day(policy) <= last_day(other)
    ]
    return max(found, key=lambda other: other.version, default=None)


def _check_not_easier(policy: TierPolicy, standard: TierPolicy) -> None:
    if (standard.combinator, policy.combinator) == ("ALL", "ANY"):
        raise EasierThanHeadOffice(what="ANY", standard=standard.name)
    if standard.needs_filing and not policy.needs_filing:
        raise EasierThanHeadOffice(what="needs_filing", standard=standard.name)
    if policy.minimum_tenure_months < standard.minimum_tenure_months:
        raise EasierThanHeadOffice(what="minimum_tenure_months", standard=standard.name)
    if any(not any(theirs.is_covered_by(ours) for ours in policy.vetoes) for theirs in standard.vetoes):
        raise EasierThanHeadOffice(what="vetoes", standard=standard.name)
    if standard.combinator == "ALL" and (dropped := _metrics(standard) - _metrics(policy)):
        raise EasierThanHeadOffice(what=min(dropped), standard=standard.name)
    _check_products(policy, standard)
    asked: dict[str, Criterion] = {}
    for criterion in standard.criteria:
        known = asked.get(criterion.metric)
        asked[criterion.metric] = criterion if known is None or criterion.bound < known.bound else known
    for criterion in policy.criteria:
        theirs = asked.get(criterion.metric)
        if theirs and (criterion.bound < theirs.bound or not set(theirs.conditions) <= set(criterion.conditions)):
            raise EasierThanHeadOffice(what=criterion.code, standard=standard.name)


def _check_products(policy: TierPolicy, standard: TierPolicy) -> None:
    """CR-22, CR-23: a branch names no product for a tier that head office's product criteria do not name, nor another day."""
    allowed = {
        (code, criterion.window_months or 0)
        for criterion in standard.criteria
        if criterion.metric == HOLDS_PRODUCT
        for code in criterion.products
    }
    for criterion in policy.criteria:
        ours = {(code, criterion.window_months or 0) for code in criterion.products}
        if criterion.metric == HOLDS_PRODUCT and allowed and not ours <= allowed:
            raise EasierThanHeadOffice(what=criterion.code, standard=standard.name)


def next_version(code: str, others: Iterable[TierPolicy]) -> int:
    """One more than the newest version of the code."""
    return max((other.version for other in others if other.code == code), default=0) + 1


def in_force_set(policies: Iterable[TierPolicy], *, day: date) -> list[TierPolicy]:
    """The versions in force on a day, as plain active ones."""
    return [policy for policy in policies if policy.is_in_force(day)]


def with_versions(standing: Iterable[TierPolicy], tried: Sequence[TierPolicy]) -> list[TierPolicy]:
    """A set in which the tried versions stand in the place of what has the same code, or of the same standing standard."""
    codes = {policy.code for policy in tried}
    natures = {_nature(policy) for policy in tried if not policy.campaign}
    kept = [policy for policy in standing if policy.code not in codes and _nature(policy) not in natures]
    return [*kept, *(replace(policy, status="active") for policy in tried)]
