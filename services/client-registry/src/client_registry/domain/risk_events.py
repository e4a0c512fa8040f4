"""What a reported risk event weighs in the risk class, and for how long (CR-31, CR-36): the weights are model data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from client_registry.domain.bank_reports import RiskEventKind
from client_registry.domain.grades import Grade
from client_registry.domain.standing_policy import months_later


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """From so many days overdue on, an event counts as this grade for so many months, or until the debt is paid."""

    days_from: int
    grade: Grade
    months: int
    cured_ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRisk:
    """One event as the bank's systems reported it."""

    kind: str
    days_overdue: int | None
    occurred_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRisk:
    """An event that counts: as what, and from which day on it does not any more."""

    kind: str
    days_overdue: int | None
    occurred_on: date
    grade: Grade
    decays_on: date


Weights = Mapping[str, Sequence[Weight]]


def read_weights(given: Mapping[str, Sequence[Mapping[str, Any]]]) -> Weights:
    """The stored weights as values, the heaviest step of each kind first."""
    return {
        kind: tuple(
            sorted(
                (
                    Weight(
                        days_from=step["days_from"],
                        grade=Grade(step["grade"]),
                        months=step["months"],
                        cured_ends=step["cured_ends"],
                    )
                    for step in steps
                ),
                key=lambda step: -step.days_from,
            )
        )
        for kind, steps in given.items()
    }


def standing_risks(weights: Weights, reported: Iterable[ReportedRisk], *, today: date) -> tuple[StandingRisk, ...]:
    """Which events count today, in the order of their days. One without days overdue counts as one of none.

    A debt that was paid ends what its weight lets it end, where the event lies on that day or before.
    """
    listed = sorted(reported, key=lambda each: (each.occurred_on, each.kind))
    paid = max((each.occurred_on for each in listed if each.kind == RiskEventKind.CURED), default=None)
    found = []
    for each in listed:
        weight = next((step for step in weights.get(each.kind, ()) if (each.days_overdue or 0) >= step.days_from), None)
        if weight is None or (weight.cured_ends and paid is not None and each.occurred_on <= paid):
            continue
        decays_on = months_later(each.occurred_on, weight.months)
        if each.occurred_on <= today < decays_on:
            found.append(
                StandingRisk(
                    kind=each.kind,
                    days_overdue=each.days_overdue,
                    occurred_on=each.occurred_on,
                    grade=weight.grade,
                    decays_on=decays_on,
                )
            )
    return tuple(found)
