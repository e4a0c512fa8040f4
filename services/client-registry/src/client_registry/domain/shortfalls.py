"""How much is missing to a standard (A5): amounts for the registry's own answers, percentages for everybody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from client_registry.domain.circumstances import HOLDS_PRODUCT
from client_registry.domain.policies import (
    BELOW_BOUND,
    FIGURES_MISSING,
    PRODUCT_NOT_HELD,
    CriterionResult,
    Evaluation,
    Ladder,
    Outcome,
    PolicyResult,
)
from client_registry.domain.standing_events import Shortfall
from client_registry.domain.vetoes import Vetoed


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One criterion that is not met: what is missing to its bound, or the condition that fails.

    A product that is not held is missing whole. A negative condition that holds stands here under its own name.
    """

    criterion: str
    metric: str
    value: Decimal
    bound: Decimal
    missing: Decimal
    missing_percent: int
    reason: str
    article: str
    in_yuan: bool = True

    def said(self) -> Shortfall:
        """The same without amounts."""
        return Shortfall(criterion=self.criterion, metric=self.metric, missing_percent=self.missing_percent)


def results_for(evaluation: Evaluation, ladder: Ladder, level: str) -> list[PolicyResult]:
    """What the policies of one level say."""
    return [result for result in evaluation.results if result.policy.ladder is ladder and result.policy.level == level]


def missing_to(results: Iterable[PolicyResult]) -> list[Missing]:
    """What is missing criterion by criterion, the nearest first; nothing where the level is met."""
    listed = list(results)
    if any(result.outcome is Outcome.MET for result in listed):
        return []
    found = [
        missing_of(criterion)
        for result in listed
        for criterion in result.criteria
        if criterion.outcome is not Outcome.MET
    ]
    found += [_against(vetoed) for result in listed for vetoed in result.vetoed]
    return sorted(dict.fromkeys(found), key=lambda missing: (missing.missing_percent, missing.criterion))


def missing_of(result: CriterionResult) -> Missing:
    """A shortfall is rounded up to whole percent: a cent below the bound is one percent, never none."""
    bound, value = result.criterion.bound, result.value
    short = max(bound - value, Decimal(0))
    percent = 100 if result.reason == PRODUCT_NOT_HELD else 0
    if result.reason in (BELOW_BOUND, FIGURES_MISSING):
        percent = min(100, int((short * 100 / bound).to_integral_value(rounding=ROUND_UP))) if bound > 0 else 100
    return Missing(
        criterion=result.criterion.code,
        metric=result.criterion.metric,
        value=value,
        bound=bound,
        missing=short,
        missing_percent=percent,
        reason=result.reason or BELOW_BOUND,
        article=result.criterion.article,
        in_yuan=result.criterion.metric != HOLDS_PRODUCT,
    )


def _against(vetoed: Vetoed) -> Missing:
    return Missing(
        criterion=vetoed.reason,
        metric=vetoed.veto.kind,
        value=Decimal(0),
        bound=Decimal(0),
        missing=Decimal(0),
        missing_percent=0,
        reason=vetoed.reason,
        article=vetoed.veto.article,
        in_yuan=False,
    )
