"""Value, risk and needs of a client by a scoring model that is data (CR-28 to CR-32, BOC-C customer classification)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from client_registry.domain.figures import Repayment
from client_registry.domain.grades import Grade
from client_registry.domain.risk_events import ReportedRisk, StandingRisk, Weights, read_weights, standing_risks

_TENTH = Decimal("0.1")


class Need(StrEnum):
    """CR-30: a client may have several."""

    INVESTMENT = "investment"
    FINANCING = "financing"
    SETTLEMENT = "settlement"


class EarlyWarning(StrEnum):
    """What early-warning systems report (CR-31)."""

    OVERDRAFT = "overdraft"
    OVERDUE = "overdue"
    GUARANTEE_DEFAULT = "guarantee_default"
    LITIGATION = "litigation"
    MARKET_LOSS = "market_loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the bank's systems say of a client (CR-32): the newest decision's figures, and the newest credit assessment."""

    client_id: UUID
    decision_id: UUID
    assets: Decimal
    deposit: Decimal
    loan: Decimal
    card_spend: Decimal
    active_months: int
    repayment: Repayment
    credit_score: int | None
    warnings: tuple[str, ...]
    risk_events: tuple[ReportedRisk, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One part of the value score: points by band, times weight."""

    name: str
    weight: int
    bands: tuple[tuple[Decimal, int], ...]

    def points(self, value: Decimal) -> int:
        """The points of the highest band reached; bounds are inclusive."""
        return max((points for bound, points in self.bands if value >= bound), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One version of the value-assessment model and the rules beside it."""

    version: int
    measures: tuple[Measure, ...]
    rates: Mapping[str, Decimal]
    high_from: int
    mid_from: int
    score_low_from: int
    score_mid_from: int
    severe: frozenset[str]
    investment_from: Decimal
    settlement_months: int
    reassess_months: int
    event_weights: Weights = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a measure contributed."""

    measure: str
    points: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The finding, with why."""

    client_id: UUID
    value_class: Grade
    value_score: Decimal
    parts: tuple[Part, ...]
    risk_class: Grade
    risk_reasons: tuple[str, ...]
    risk_events: tuple[StandingRisk, ...]
    needs: tuple[str, ...]
    model_version: int
    decision_id: UUID
    classified_on: date


def read_model(row: Mapping[str, Any]) -> Model:
    """A stored version as a value."""
    given = row["model"]
    return Model(
        version=row["version"],
        measures=tuple(
            Measure(
                name=name,
                weight=each["weight"],
                bands=tuple((Decimal(bound), points) for bound, points in each["bands"]),
            )
            for name, each in sorted(given["measures"].items(), key=lambda entry: (-entry[1]["weight"], entry[0]))
        ),
        rates={name: Decimal(rate) for name, rate in given["rates"].items()},
        high_from=given["value"]["high_from"],
        mid_from=given["value"]["mid_from"],
        score_low_from=given["risk"]["score_low_from"],
        score_mid_from=given["risk"]["score_mid_from"],
        severe=frozenset(given["risk"]["severe_warnings"]),
        investment_from=Decimal(given["needs"]["investment_from"]),
        settlement_months=given["needs"]["settlement_months"],
        reassess_months=given["risk"]["reassess_months"],
        event_weights=read_weights(given["risk"].get("events", {})),
    )


def classify(model: Model, inputs: Inputs, *, today: date) -> Classification:
    """Value by contribution (CR-28, CR-29), risk by scores and warnings (CR-31), needs by what the client holds (CR-30)."""
    values = {
        "assets": inputs.assets,
        "active_months": Decimal(inputs.active_months),
        "profit": profit(model, inputs),
    }
    parts = tuple(
        Part(measure=measure.name, points=measure.points(values[measure.name]), weight=measure.weight)
        for measure in model.measures
    )
    score = sum((Decimal(part.points * part.weight) for part in parts), Decimal(0)) / sum(
        m.weight for m in model.measures
    )
    score = score.quantize(_TENTH, rounding=ROUND_HALF_UP)
    events = standing_risks(model.event_weights, inputs.risk_events, today=today)
    risk, reasons = _risk(model, inputs, events)
    return Classification(
        client_id=inputs.client_id,
        value_class=Grade.HIGH if score >= model.high_from else Grade.MID if score >= model.mid_from else Grade.LOW,
        value_score=score,
        parts=parts,
        risk_class=risk,
        risk_reasons=reasons,
        risk_events=events,
        needs=_needs(model, inputs),
        model_version=model.version,
        decision_id=inputs.decision_id,
        classified_on=today,
    )


def profit(model: Model, inputs: Inputs) -> Decimal:
    """A year's contribution by the model's rates on deposits, loans and card spending (CR-28)."""
    held = {"deposit": inputs.deposit, "loan": inputs.loan, "card_spend": inputs.card_spend}
    return sum((held[name] * rate for name, rate in model.rates.items()), Decimal(0))


def _risk(model: Model, inputs: Inputs, events: Sequence[StandingRisk]) -> tuple[Grade, tuple[str, ...]]:
    """The worst finding counts; where nothing is known of a client who owes, the middle."""
    severe = sorted(model.severe & set(inputs.warnings))
    high = [f"warning-{code}" for code in severe] + _event_codes(events, Grade.HIGH)
    mid = [f"warning-{code}" for code in sorted(set(inputs.warnings) - model.severe)] + _event_codes(events, Grade.MID)
    if inputs.repayment is Repayment.NOT_CLEAN:
        high.append("repayment-not-clean")
    if inputs.repayment is Repayment.UNKNOWN:
        mid.append("repayment-unknown")
    if inputs.credit_score is not None and inputs.credit_score < model.score_mid_from:
        high.append("credit-score-low")
    elif inputs.credit_score is not None and inputs.credit_score < model.score_low_from:
        mid.append("credit-score-middling")
    if high:
        return Grade.HIGH, (*high, *mid)
    return (Grade.MID, tuple(mid)) if mid else (Grade.LOW, ())


def _event_codes(events: Sequence[StandingRisk], grade: Grade) -> list[str]:
    return sorted({f"event-{event.kind}" for event in events if event.grade is grade})


def _needs(model: Model, inputs: Inputs) -> tuple[str, ...]:
    found = []
    if inputs.assets >= model.investment_from:
        found.append(Need.INVESTMENT.value)
    if inputs.loan > 0:
        found.append(Need.FINANCING.value)
    if inputs.active_months >= model.settlement_months:
        found.append(Need.SETTLEMENT.value)
    return tuple(found)
