"""An explanation of one client's qualification as it is answered: figures, rule, article, both languages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.bodies import MoneyBody, Output, described
from chassis.db import Record
from chassis.money import Money
from chassis.texts import Language, Text

from client_registry.domain import policies as rules
from client_registry.domain.bank_reports import RiskEventKind
from client_registry.domain.circumstances import HOLDS_PRODUCT, ON_THE_DAY, window_day
from client_registry.domain.figures import REPAYMENT_MONTHS, WINDOW_MONTHS, Metrics, closed_months
from client_registry.domain.vetoes import Vetoed
from client_registry.views.qualification import Explanation

_REASONS = {
    None: Text(en="{value} reaches the bound of {bound}.", zh="{value}，达到标准 {bound}。"),
    rules.BELOW_BOUND: Text(en="{value} is below the bound of {bound}.", zh="{value}，低于标准 {bound}。"),
    rules.FIGURES_MISSING: Text(
        en="{value} is below the bound of {bound}, but figures are missing: undecided.",
        zh="{value}，低于标准 {bound}，但数据不全，暂不判定。",
    ),
    rules.REPAYMENT_NOT_CLEAN: Text(
        en="{value} reaches the bound of {bound}, but the loans were not repaid well.",
        zh="{value}，达到标准 {bound}，但还款记录不良。",
    ),
    rules.REPAYMENT_UNKNOWN: Text(
        en="{value} reaches the bound of {bound}, but no repayment record was delivered.",
        zh="{value}，达到标准 {bound}，但缺少还款记录。",
    ),
    rules.PRODUCT_NOT_HELD: Text(
        en="None of the products {products} was held on {day}.", zh="{day} 未持有所列产品（{products}）。"
    ),
}
_HELD = Text(en="Holds {product} since {since}.", zh="自 {since} 起持有产品 {product}。")
_BAD_REPAYMENT = Text(
    en="Loans were not repaid well within 24 months; this standard refuses for it.",
    zh="近 24 个月还款记录不良，按本标准予以否决。",
)
_RISK_EVENT = Text(
    en="A risk event ({kind}) of {day} counts for {months} months; this standard refuses for it.",
    zh="{day} 发生风险事件（{kind}），{months} 个月内按本标准予以否决。",
)
_EVENT_NAMES = {
    RiskEventKind.LOAN_OVERDUE: Text(en="loan overdue", zh="贷款逾期"),
    RiskEventKind.CARD_OVERDUE: Text(en="card overdue", zh="信用卡逾期"),
    RiskEventKind.MALICIOUS_OVERDRAFT: Text(en="malicious overdraft", zh="恶意透支"),
    RiskEventKind.CREDIT_RECORD: Text(en="adverse credit record", zh="征信不良记录"),
    RiskEventKind.GUARANTEE_DEFAULT: Text(en="default of a guarantee", zh="担保违约"),
}

_EXCEPTION = Text(
    en="Admitted by exception (CCB Art. 7), individually approved by {by}, until {until}.",
    zh="经逐一核准适当放宽准入（建行办法第七条），核准人 {by}，有效期至 {until}。",
)


class SentenceView(Output):
    """One sentence in both languages."""

    zh: str
    en: str


class CriterionView(Output):
    """One criterion: what was measured against what, and why it is met or not."""

    code: str
    metric: str
    value: MoneyBody | None = described(en="Null for a product", zh="产品持有条件为空")
    bound: MoneyBody | None
    products: list[str]
    held_product: str | None = described(en="The product it is met by", zh="据以达标的产品")
    held_since_on: date | None
    outcome: str
    reason: str | None
    article: str
    rule: SentenceView
    explanation: SentenceView


class VetoedView(Output):
    """A negative condition that holds against the client."""

    kind: str
    reason: str
    event_kind: str | None
    occurred_on: date | None
    article: str
    explanation: SentenceView


class PolicyResultView(Output):
    """One policy version and what it says about the client."""

    code: str
    version: int
    ladder: str
    level: str
    combinator: str
    article: str
    outcome: str
    criteria: list[CriterionView]
    vetoes: list[VetoedView] = described(en="Negative conditions that hold", zh="成立的否决条件")


class InputsView(Output):
    """The figures that went in; months say how many of the twelve are known."""

    deposit_avg_12m: MoneyBody
    deposit_months: int
    loan_outstanding: MoneyBody
    loan_known: bool
    repayment: str
    card_spend_12m: MoneyBody
    card_months: int
    assets: MoneyBody
    assets_known: bool
    assets_lower_bound: bool


class WindowView(Output):
    """First and last month of a window, both closed."""

    from_month: str
    to_month: str


class StandingView(Output):
    """Where the client stands at one level."""

    level: str
    status: str
    since_on: date
    filed_on: date | None
    decision_id: UUID
    policy_version: str
    criteria: list[str]


class ExceptionView(Output):
    """The client is there by an exception (CR-11): who approved it, and until when."""

    kind: str
    approved_by: str
    approved_at: datetime
    expires_on: date
    explanation: SentenceView


class ExplanationView(Output):
    """Why a client does or does not qualify; asking decides nothing."""

    client_id: UUID
    as_of: date
    cut_off_at: datetime
    window: WindowView
    repayment_window: WindowView
    inputs: InputsView
    card_level_met: str = described(en="Highest card level met now", zh="当前达到的最高卡级别")
    card_undecided: bool
    service_tier_met: str
    tier_undecided: bool
    policies: list[PolicyResultView]
    card_level: str = described(en="Card level on file", zh="档案中的卡级别")
    service_tier: str
    standings: list[StandingView]
    exception: ExceptionView | None
    last_decision_id: UUID | None


def explanation_view(client_id: UUID, found: Explanation) -> ExplanationView:
    """The explanation with its sentences."""
    last = found.last_decision
    return ExplanationView(
        client_id=client_id,
        as_of=found.as_of,
        cut_off_at=found.cut_off_at,
        window=_window(found.as_of, WINDOW_MONTHS),
        repayment_window=_window(found.as_of, REPAYMENT_MONTHS),
        inputs=_inputs(found.metrics),
        card_level_met=found.evaluation.card_level.value,
        card_undecided=found.evaluation.card_undecided,
        service_tier_met=found.evaluation.service_tier.value,
        tier_undecided=found.evaluation.tier_undecided,
        policies=[_result(result, found.as_of) for result in found.evaluation.results],
        card_level=found.row["card_level"],
        service_tier=found.row["service_tier"],
        standings=[_standing(dict(row)) for row in found.standings],
        exception=_exception(found.exception),
        last_decision_id=None if last is None else last["id"],
    )


def _yuan(amount: Decimal) -> MoneyBody:
    return MoneyBody.of(Money.of(f"{amount:.2f}", "CNY"))


def _window(as_of: date, months: int) -> WindowView:
    window = closed_months(as_of, months)
    return WindowView(from_month=f"{window[0]:%Y-%m}", to_month=f"{window[-1]:%Y-%m}")


def _inputs(found: Metrics) -> InputsView:
    return InputsView(
        deposit_avg_12m=_yuan(found.deposit_avg_12m),
        deposit_months=found.deposit_months,
        loan_outstanding=_yuan(found.loan_outstanding),
        loan_known=found.loan_known,
        repayment=found.repayment.value,
        card_spend_12m=_yuan(found.card_spend_12m),
        card_months=found.card_months,
        assets=_yuan(found.assets),
        assets_known=found.assets_known,
        assets_lower_bound=found.assets_lower_bound,
    )


def _result(result: rules.PolicyResult, as_of: date) -> PolicyResultView:
    policy = result.policy
    return PolicyResultView(
        code=policy.code,
        version=policy.version,
        ladder=policy.ladder.value,
        level=policy.level,
        combinator=policy.combinator,
        article=policy.article,
        outcome=result.outcome.value,
        criteria=[_criterion(criterion, as_of) for criterion in result.criteria],
        vetoes=[_vetoed(each) for each in result.vetoed],
    )


def _criterion(result: rules.CriterionResult, as_of: date) -> CriterionView:
    criterion, held = result.criterion, result.held
    of_product = criterion.metric == HOLDS_PRODUCT
    said = {"value": f"{result.value:,.2f}", "bound": f"{criterion.bound:,.2f}"}
    if of_product:
        said["products"] = ", ".join(criterion.products)
        said["day"] = window_day(as_of, criterion.window_months or ON_THE_DAY).isoformat()
    if held is not None:
        said |= {"product": held.product_code, "since": "?" if held.since_on is None else held.since_on.isoformat()}
    text = _HELD if held is not None and result.reason is None else _REASONS[result.reason]
    return CriterionView(
        code=criterion.code,
        metric=criterion.metric,
        value=None if of_product else _yuan(result.value),
        bound=None if of_product else _yuan(criterion.bound),
        products=list(criterion.products),
        held_product=None if held is None else held.product_code,
        held_since_on=None if held is None else held.since_on,
        outcome=result.outcome.value,
        reason=result.reason,
        article=criterion.article,
        rule=SentenceView(zh=criterion.text_zh, en=criterion.text_en),
        explanation=_sentence(text, **said),
    )


def _vetoed(found: Vetoed) -> VetoedView:
    event = found.event
    if event is None:
        explanation = _sentence(_BAD_REPAYMENT)
    else:
        name = _EVENT_NAMES[RiskEventKind(event.kind)]
        said = {"day": event.occurred_on.isoformat(), "months": found.veto.within_months}
        explanation = SentenceView(
            zh=_RISK_EVENT.say(Language.ZH, kind=name.zh, **said), en=_RISK_EVENT.say(Language.EN, kind=name.en, **said)
        )
    return VetoedView(
        kind=found.veto.kind,
        reason=found.reason,
        event_kind=None if event is None else event.kind,
        occurred_on=None if event is None else event.occurred_on,
        article=found.veto.article,
        explanation=explanation,
    )


def _sentence(text: Text, **said: object) -> SentenceView:
    return SentenceView(zh=text.say(Language.ZH, **said), en=text.say(Language.EN, **said))


def _exception(row: Record | None) -> ExceptionView | None:
    if row is None:
        return None
    said = {"by": row["decided_by"], "until": row["expires_on"].isoformat()}
    return ExceptionView(
        kind=row["kind"],
        approved_by=row["decided_by"],
        approved_at=row["decided_at"],
        expires_on=row["expires_on"],
        explanation=SentenceView(zh=_EXCEPTION.say(Language.ZH, **said), en=_EXCEPTION.say(Language.EN, **said)),
    )


def _standing(row: dict[str, Any]) -> StandingView:
    return StandingView(
        level=row["level"],
        status=row["status"],
        since_on=row["since_on"],
        filed_on=row["filed_on"],
        decision_id=row["decision_id"],
        policy_version=row["policy_version"],
        criteria=list(row["criteria"]),
    )
