"""As then (domain decisions, section 8): a stored decision evaluated anew, with its own cut-off and standards."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope
from chassis.texts import Text

from client_registry.domain import policies as rules
from client_registry.domain.figures import Metrics, metrics
from client_registry.store import circumstances, figures, policies
from client_registry.tables.decisions import qualification_decisions as decisions
from client_registry.views.clients import require_visible

_DAY = sa.bindparam("day", type_=sa.Date())
_ID = sa.bindparam("decision_id", type_=sa.Uuid())
_DECISION = prepare(
    sa.select(decisions)
    .where(
        decisions.c.client_id == sa.bindparam("client_id"),
        sa.or_(_ID.is_(None), decisions.c.id == _ID),
        sa.or_(_DAY.is_(None), decisions.c.as_of <= _DAY),
    )
    .order_by(decisions.c.as_of.desc(), decisions.c.id.desc())
    .limit(1)
)
_INPUTS = (
    "deposit_avg_12m", "deposit_months", "loan_outstanding", "loan_known", "repayment", "card_spend_12m", "card_months",
    "assets", "assets_known", "assets_lower_bound", "tenure_months",
)  # fmt: skip
CAUSES = {
    "figures-differ": Text(
        en="The figures known at the cut-off are no longer the same: some were taken back since, or the day since when "
        "the client is with the bank was corrected.",
        zh="截止时点已知的数据与现存数据不一致：部分数据其后被撤回，或开户日期已更正。",
    ),
    "policies-differ": Text(
        en="Other standards apply: the client's home unit has moved since, or standards were changed outside their life.",
        zh="适用的标准不同：客户归属机构其后有变动，或标准未按流程变更。",
    ),
    "outcome-differs": Text(
        en="Figures and standards are the same and the outcome is not: this must be looked into.",
        zh="数据与标准一致而结果不同，须核查。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is another today."""

    field: str
    then: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """A decision, what it gives today, and why it would be another."""

    decision: Record
    metrics: Metrics
    evaluation: rules.Evaluation
    differences: list[Difference]
    causes: list[str]


async def find_decision(
    tx: Tx, client_id: UUID, *, decision_id: UUID | None = None, day: date | None = None
) -> Record | None:
    """The decision with that id, or the latest of that day or before."""
    return await tx.fetchrow(_DECISION, client_id=client_id, decision_id=decision_id, day=day)


async def recheck(tx: Tx, client_id: UUID, *, scope: Scope, decision_id: UUID | None, day: date | None) -> Recheck:
    """The decision again, from the figures and standards that were known at its cut-off. NotFound outside the scope."""
    row = await require_visible(tx, client_id, scope=scope)
    decision = await find_decision(tx, client_id, decision_id=decision_id, day=day)
    if decision is None:
        raise NotFound()
    as_of, cut_off_at = decision["as_of"], decision["cut_off_at"]
    delivered = await figures.delivered(
        tx, client_id, as_of=as_of, cut_off_at=cut_off_at, client_since_on=row["client_since_on"]
    )
    found = metrics(delivered, as_of=as_of)
    applying = rules.applicable(
        await policies.list_once_in_force(tx), home_path=row["home_path"], day=as_of, known_at=cut_off_at
    )
    known = await circumstances.known(tx, client_id, as_of=as_of, cut_off_at=cut_off_at)
    evaluation = rules.evaluate(applying, found, known)
    differences = _differences(decision, found, evaluation)
    return Recheck(
        decision=decision, metrics=found, evaluation=evaluation, differences=differences, causes=_causes(differences)
    )


def _differences(decision: Record, found: Metrics, evaluation: rules.Evaluation) -> list[Difference]:
    pairs: list[tuple[str, Any, Any]] = [(name, decision[name], getattr(found, name)) for name in _INPUTS]
    standards = sorted(f"{each['code']}/{each['version']}" for each in decision["outcomes"])
    pairs += [
        ("policies", ", ".join(standards), ", ".join(sorted(result.policy.name for result in evaluation.results))),
        ("level_met", decision["level_met"], evaluation.card_level.value),
        ("card_undecided", decision["card_undecided"], evaluation.card_undecided),
        ("tier_met", decision["tier_met"], evaluation.service_tier.value),
        ("tier_undecided", decision["tier_undecided"], evaluation.tier_undecided),
    ]
    return [Difference(field=name, then=str(then), now=str(now)) for name, then, now in pairs if then != now]


def _causes(differences: list[Difference]) -> list[str]:
    fields = {difference.field for difference in differences}
    causes = []
    if fields & set(_INPUTS):
        causes.append("figures-differ")
    if "policies" in fields:
        causes.append("policies-differ")
    if fields and not causes:
        causes.append("outcome-differs")
    return causes
