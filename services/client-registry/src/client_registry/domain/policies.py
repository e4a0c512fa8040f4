"""Tier policies as data (CR-12 to CR-15) and what they say about a client's metrics.

The same meaning is written in SQL for runs over all clients (`store/evaluation.py`); a test holds the two together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from client_registry.domain.circumstances import HOLDS_PRODUCT, NOTHING_KNOWN, ON_THE_DAY, Circumstances, HeldProduct
from client_registry.domain.figures import Metrics, Repayment
from client_registry.domain.levels import CARD_LADDER, TIER_LADDER, CardLevel, ServiceTier
from client_registry.domain.vetoes import Veto, Vetoed, standing_against

REPAYMENT_CLEAN = "repayment_clean"
REPAYMENT_NOT_CLEAN = "repayment-not-clean"
REPAYMENT_UNKNOWN = "repayment-unknown"
BELOW_BOUND = "below-bound"
FIGURES_MISSING = "figures-missing"
PRODUCT_NOT_HELD = "product-not-held"
TENURE_TOO_SHORT = "tenure-too-short"
TENURE_UNKNOWN = "tenure-unknown"
HEAD_OFFICE_PATH = "/hq/"
# A product criterion counts what it asks for: held or not.
HELD, NOT_HELD = Decimal(1), Decimal(0)
# A version that was in force keeps its days after its end.
ONCE_IN_FORCE = frozenset({"active", "superseded", "ended"})


class Outcome(StrEnum):
    """What a policy says: undecided where a missing figure might still change "not met"."""

    MET = "met"
    NOT_MET = "not_met"
    UNDECIDED = "undecided"


class Ladder(StrEnum):
    """Which attribute a policy gives."""

    CARD_LEVEL = "card_level"
    SERVICE_TIER = "service_tier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """metric ≥ bound (A2), and the extra conditions that belong to this criterion alone.

    For `holds_product` one of `products` must be held (CR-22, CR-23); its bound is `HELD`.
    """

    code: str
    metric: str
    bound: Decimal
    conditions: tuple[str, ...] = ()
    article: str = ""
    text_zh: str = ""
    text_en: str = ""
    window_months: int | None = None
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPolicy:
    """One version of one standard. `scope_path` is the unit it was made by and for, head office is "/hq/"."""

    id: UUID
    code: str
    version: int
    ladder: Ladder
    level: str
    scope_path: str
    campaign: bool
    combinator: str
    criteria: tuple[Criterion, ...]
    needs_filing: bool
    grace_months: int
    article: str
    valid_from: date
    valid_until: date | None
    status: str
    minimum_tenure_months: int = 0
    vetoes: tuple[Veto, ...] = ()
    revision: int = 1
    scope_unit_id: UUID | None = None
    activated_at: datetime | None = None
    in_force_from: date | None = None
    in_force_until: date | None = None
    ceased_at: datetime | None = None

    @property
    def name(self) -> str:
        """Code and version as one word, as events carry it."""
        return f"{self.code}/{self.version}"

    def is_in_force(self, day: date, *, known_at: datetime | None = None) -> bool:
        """Within the days it was in force (CR-13), as they were known at a moment; now where none is given."""
        if self.status not in ONCE_IN_FORCE or not self._was_known(known_at):
            return False
        begins = self.in_force_from or self.valid_from
        end_known = self.ceased_at is None or known_at is None or self.ceased_at <= known_at
        ends = [self.valid_until, self.in_force_until if end_known else None]
        return begins <= day and all(end is None or day <= end for end in ends)

    def _was_known(self, known_at: datetime | None) -> bool:
        return known_at is None or self.activated_at is None or self.activated_at <= known_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One criterion, the value it saw, and why it was not met where it was not."""

    criterion: Criterion
    value: Decimal
    outcome: Outcome
    reason: str | None
    held: HeldProduct | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """What one policy says about one client."""

    policy: TierPolicy
    outcome: Outcome
    criteria: tuple[CriterionResult, ...]
    tenure_reason: str | None = None
    vetoed: tuple[Vetoed, ...] = ()

    @property
    def criteria_met(self) -> tuple[str, ...]:
        """Codes of the criteria that are met (A1: which one qualified the client is stored)."""
        return tuple(result.criterion.code for result in self.criteria if result.outcome is Outcome.MET)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Refusal reasons that belong in the decision: repayment, vetoes; a mere shortfall shows in the figures."""
        kept = (REPAYMENT_NOT_CLEAN, REPAYMENT_UNKNOWN)
        found = {result.reason for result in self.criteria if result.reason in kept}
        found |= {each.reason for each in self.vetoed}
        return tuple(sorted(found | ({self.tenure_reason} if self.tenure_reason else set())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All applicable policies together: the highest card level and service tier met."""

    results: tuple[PolicyResult, ...]
    card_level: CardLevel
    card_undecided: bool
    service_tier: ServiceTier
    tier_undecided: bool


def applicable(
    policies: Iterable[TierPolicy], *, home_path: str, day: date, known_at: datetime | None = None
) -> tuple[TierPolicy, ...]:
    """The policies that apply to a client of a home unit on a day (CR-12, CR-13, CR-15; domain decisions, section 2).

    Of the standing policies of one level that of the nearest ancestor applies; every campaign policy whose area holds
    the home unit applies beside it.
    """
    around = [p for p in policies if p.is_in_force(day, known_at=known_at) and home_path.startswith(p.scope_path)]
    nearest: dict[tuple[Ladder, str], TierPolicy] = {}
    for policy in sorted((p for p in around if not p.campaign), key=lambda p: (len(p.scope_path), p.code)):
        nearest[policy.ladder, policy.level] = policy
    return (*nearest.values(), *(p for p in around if p.campaign))


def evaluate_criterion(criterion: Criterion, metrics: Metrics, known: Circumstances = NOTHING_KNOWN) -> CriterionResult:
    """Bounds are inclusive (A2); good repayment belongs to the loan criterion and vetoes nothing else (CR-8)."""
    held = None
    outcome, reason = Outcome.MET, None
    if criterion.metric == HOLDS_PRODUCT:
        window = ON_THE_DAY if criterion.window_months is None else criterion.window_months
        held = known.held(criterion.products, window=window)
        value, complete = NOT_HELD if held is None else HELD, True
    else:
        value, complete = metrics.value(criterion.metric), metrics.is_complete(criterion.metric)
    if value < criterion.bound:
        outcome, reason = (Outcome.NOT_MET, BELOW_BOUND) if complete else (Outcome.UNDECIDED, FIGURES_MISSING)
        reason = PRODUCT_NOT_HELD if criterion.metric == HOLDS_PRODUCT else reason
    elif REPAYMENT_CLEAN in criterion.conditions and metrics.repayment is not Repayment.CLEAN:
        bad = metrics.repayment is Repayment.NOT_CLEAN
        outcome, reason = Outcome.NOT_MET, REPAYMENT_NOT_CLEAN if bad else REPAYMENT_UNKNOWN
    return CriterionResult(criterion=criterion, value=value, outcome=outcome, reason=reason, held=held)


def evaluate_policy(policy: TierPolicy, metrics: Metrics, known: Circumstances = NOTHING_KNOWN) -> PolicyResult:
    """ANY or ALL of the criteria (A1), long enough with the bank, and nothing against it, where the policy asks for it."""
    results = tuple(evaluate_criterion(criterion, metrics, known) for criterion in policy.criteria)
    outcome, reason = _combine(policy.combinator, [r.outcome for r in results]), None
    vetoed: tuple[Vetoed, ...] = ()
    if outcome is not Outcome.NOT_MET:
        vetoed = standing_against(policy.vetoes, metrics, known)
    if policy.minimum_tenure_months and outcome is not Outcome.NOT_MET:
        if metrics.tenure_months is None:
            outcome, reason = Outcome.UNDECIDED, TENURE_UNKNOWN
        elif metrics.tenure_months < policy.minimum_tenure_months:
            outcome, reason = Outcome.NOT_MET, TENURE_TOO_SHORT
    if vetoed:
        outcome = Outcome.NOT_MET
    return PolicyResult(policy=policy, outcome=outcome, criteria=results, tenure_reason=reason, vetoed=vetoed)


def evaluate(policies: Sequence[TierPolicy], metrics: Metrics, known: Circumstances = NOTHING_KNOWN) -> Evaluation:
    """The highest level met by any applicable policy wins; a level above it that is undecided leaves it undecided.

    Without `known` the client holds no product and nothing stands against him but his repayment.
    """
    results = tuple(evaluate_policy(policy, metrics, known) for policy in policies)
    cards, cards_open = _highest(results, Ladder.CARD_LEVEL, [level.value for level in CARD_LADDER])
    tiers, tiers_open = _highest(results, Ladder.SERVICE_TIER, [tier.value for tier in TIER_LADDER])
    return Evaluation(
        results=results,
        card_level=CardLevel(cards),
        card_undecided=cards_open,
        service_tier=ServiceTier(tiers),
        tier_undecided=tiers_open,
    )


def _combine(combinator: str, outcomes: list[Outcome]) -> Outcome:
    decisive, otherwise = (Outcome.MET, Outcome.NOT_MET) if combinator == "ANY" else (Outcome.NOT_MET, Outcome.MET)
    if decisive in outcomes:
        return decisive
    return Outcome.UNDECIDED if Outcome.UNDECIDED in outcomes else otherwise


def _highest(results: tuple[PolicyResult, ...], ladder: Ladder, ranks: list[str]) -> tuple[str, bool]:
    ours = [result for result in results if result.policy.ladder is ladder]
    met = [ranks.index(result.policy.level) for result in ours if result.outcome is Outcome.MET]
    highest = max(met, default=0)
    still_open = any(
        result.outcome is Outcome.UNDECIDED and ranks.index(result.policy.level) > highest for result in ours
    )
    return ranks[highest], still_open
