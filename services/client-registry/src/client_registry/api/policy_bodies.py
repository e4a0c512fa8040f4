"""Tier policies on the wire: what is written, what is answered."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.bodies import Input, MoneyBody, Output, described
from chassis.ids import new_id
from chassis.money import Money
from pydantic import Field

from client_registry.domain.policies import HELD, Criterion, Ladder, TierPolicy
from client_registry.domain.vetoes import Veto

CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$"
PRODUCT = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
_COPIED = (
    "id", "code", "version", "level", "scope_path", "campaign", "combinator", "needs_filing", "grace_months",
    "minimum_tenure_months", "article", "valid_from", "valid_until", "status", "in_force_from", "in_force_until",
)  # fmt: skip
EXAMPLE: dict[str, Any] = {
    "code": "bj-spring-2027", "ladder": "card_level", "level": "branch",
    "unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "campaign": False, "combinator": "ANY",
    "criteria": [
        {"code": "deposit", "metric": "deposit_avg_12m", "comparison": "ge", "window_months": 12,
         "bound": {"amount": "180000.00", "currency": "CNY"}, "conditions": [], "article": "CCB Art. 8",
         "text_zh": "一年内储蓄存款月均余额18万元（含）以上",
         "text_en": "Monthly average savings balance over one year of RMB 180,000 or more"},
    ],
    "needs_filing": False, "grace_months": 0, "minimum_tenure_months": 0, "article": "CCB Art. 8",
    "valid_from": "2027-01-01", "valid_until": None, "reason": "春季客户结构调整",
}  # fmt: skip


class CriterionInput(Input):
    """metric ≥ bound (A2), or one of the products held (CR-22), over a window, with conditions of its own."""

    code: str = described(en="Short name", zh="条件代码", pattern=CODE, max_length=60)
    metric: str = described(en="See listPolicyMetrics", zh="指标，见指标清单", max_length=60)
    comparison: Literal["ge"] = "ge"
    bound: MoneyBody | None = described(en="Of amounts; none for a product", zh="金额门槛，产品条件不填", default=None)
    products: list[Annotated[str, Field(pattern=PRODUCT)]] = described(
        en="For holds_product: one of them is enough", zh="产品代码，持有其一即可", default_factory=list, max_length=50
    )
    window_months: int | None = described(en="The metric's own by default", zh="统计月数，默认按指标", default=None)
    conditions: list[str] = Field(default_factory=list, max_length=10)
    article: str = Field(min_length=1, max_length=120)
    text_zh: str = Field(min_length=1, max_length=500)
    text_en: str = Field(min_length=1, max_length=500)

    def criterion(self) -> Criterion:
        """As the rules take it."""
        given = self.model_dump(exclude={"comparison", "bound", "conditions", "products"})
        bound = HELD if self.bound is None else Decimal(self.bound.amount)
        return Criterion(bound=bound, conditions=tuple(self.conditions), products=tuple(self.products), **given)


class VetoInput(Input):
    """What speaks against a client whatever the figures say (CR-8, CR-18)."""

    kind: str = described(en="bad_repayment or risk_event", zh="还款不良记录或风险事件", max_length=60)
    event_kinds: list[Annotated[str, Field(max_length=60)]] = described(
        en="For risk_event: which count", zh="计入的风险事件种类", default_factory=list, max_length=20
    )
    within_months: int | None = described(en="How long an event counts", zh="追溯月数", default=None)
    days_overdue_min: int | None = described(en="From how many days overdue", zh="逾期天数起点", default=None)
    article: str = Field(min_length=1, max_length=120)

    def veto(self) -> Veto:
        """As the rules take it."""
        return Veto(event_kinds=tuple(self.event_kinds), **self.model_dump(exclude={"event_kinds"}))


class PolicyContent(Input):
    """All that a version says."""

    ladder: Literal["card_level", "service_tier"]
    level: str = Field(min_length=1, max_length=40)
    unit_id: UUID = described(en="Made by and for this unit and all below", zh="制定机构，适用于其全部下级")
    campaign: bool = described(en="For a period only, beside the standing standard", zh="阶段性政策", default=False)
    combinator: Literal["ANY", "ALL"] = "ANY"
    criteria: list[CriterionInput] = Field(min_length=1, max_length=20)
    vetoes: list[VetoInput] = described(en="Negative conditions", zh="否决条件", default_factory=list, max_length=10)
    needs_filing: bool = False
    grace_months: int = Field(default=0, ge=0, le=60)
    minimum_tenure_months: int = Field(default=0, ge=0, le=600)
    article: str = Field(min_length=1, max_length=120)
    valid_from: date
    valid_until: date | None = None

    def currencies(self) -> Sequence[str | None]:
        """Of the bounds, in order; None where there is no bound."""
        return [None if criterion.bound is None else criterion.bound.currency for criterion in self.criteria]

    def policy(self, *, code: str) -> TierPolicy:
        """A draft of it, not yet placed or numbered."""
        kept = self.model_dump(exclude={"ladder", "unit_id", "criteria", "vetoes", "code", "reason"})
        return TierPolicy(
            id=new_id(),
            code=code,
            version=1,
            ladder=Ladder(self.ladder),
            scope_path="",
            scope_unit_id=self.unit_id,
            criteria=tuple(criterion.criterion() for criterion in self.criteria),
            vetoes=tuple(veto.veto() for veto in self.vetoes),
            status="draft",
            **kept,
        )


class Reasoned(Input):
    """Why it is done; stands in the history for good, so it names no client."""

    reason: str = described(en="Why; no personal data", zh="理由，不得含个人信息", min_length=1, max_length=500)


class ChangePolicy(PolicyContent, Reasoned):
    """The draft anew, and why."""


class DraftPolicy(ChangePolicy):
    """A draft of the next version of a code."""

    code: str = described(en="Names the standard through all versions", zh="标准代码", pattern=CODE, max_length=80)


class EndPolicy(Reasoned):
    """The last day in force, today by default."""

    last_day: date | None = None


class CriterionBody(Output):
    """metric ≥ bound, or one of the products held, and the conditions that belong to it."""

    code: str
    metric: str
    operator: str
    bound: MoneyBody | None
    products: list[str]
    window_months: int | None
    conditions: list[str]
    article: str
    text_zh: str
    text_en: str


class VetoBody(Output):
    """A negative condition."""

    kind: str
    event_kinds: list[str]
    within_months: int | None
    days_overdue_min: int | None
    article: str


class PolicyView(Output):
    """One version of one standard."""

    id: UUID
    code: str
    version: int
    revision: int
    ladder: str
    level: str
    unit_id: UUID | None = described(en="Null for head office's first standards", zh="总行初始标准为空", default=None)
    scope_path: str
    campaign: bool
    combinator: str
    criteria: list[CriterionBody]
    vetoes: list[VetoBody]
    needs_filing: bool
    grace_months: int
    minimum_tenure_months: int
    article: str
    valid_from: date
    valid_until: date | None
    status: str
    in_force_from: date | None
    in_force_until: date | None


class SubmittedPolicy(PolicyView):
    """A version that waits for approval."""

    needs_head_office: bool = described(en="Head office must approve (CCB Art. 5)", zh="须报总行批准")


class MoveView(Output):
    """One move in a version's life."""

    move: str
    status: str
    revision: int
    moved_by: str
    moved_at: datetime
    reason: str
    article: str
    content: dict[str, Any]


class HistoryView(Output):
    """The moves, the oldest first."""

    items: list[MoveView]
    next_cursor: str | None = None


class MetricView(Output):
    """What a criterion may measure."""

    name: str
    unit: str = described(en="CNY, or product: held or not", zh="单位：CNY 或 product（是否持有）")
    window_months: int
    further_windows: list[int] = described(en="Other windows it may be asked with", zh="可选的其他统计区间")
    meaning_zh: str
    meaning_en: str


class MetricsView(Output):
    """All that a criterion may measure."""

    items: list[MetricView]
    next_cursor: str | None = None


def policy_fields(policy: TierPolicy) -> dict[str, Any]:
    """What every answer about a version holds."""
    return {name: getattr(policy, name) for name in _COPIED} | {
        "revision": policy.revision,
        "ladder": policy.ladder.value,
        "unit_id": policy.scope_unit_id,
        "criteria": [_criterion(criterion) for criterion in policy.criteria],
        "vetoes": [VetoBody(**asdict(veto)) for veto in policy.vetoes],
    }


def _criterion(criterion: Criterion) -> CriterionBody:
    return CriterionBody(
        code=criterion.code,
        metric=criterion.metric,
        operator="ge",
        bound=None if criterion.products else MoneyBody.of(Money.of(f"{criterion.bound:.2f}", "CNY")),
        products=list(criterion.products),
        window_months=criterion.window_months,
        conditions=list(criterion.conditions),
        article=criterion.article,
        text_zh=criterion.text_zh,
        text_en=criterion.text_en,
    )
