"""How much is missing, to which standard, until when (A5, CR-16)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.bodies import MoneyBody, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.money import Money
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language, Text

from client_registry.api.explanations import SentenceView
from client_registry.api.readers import QUALIFICATION_READERS
from client_registry.domain import policies as rules
from client_registry.domain.shortfalls import Missing
from client_registry.domain.vetoes import REASONS, VetoKind
from client_registry.views import shortfall as views

api = router()
_SENTENCES = {
    rules.BELOW_BOUND: Text(
        en="RMB {missing} more ({percent} %) would meet this standard of {bound}.",
        zh="再增加人民币 {missing} 元（差 {percent}%）即可达到 {bound} 元的标准。",
    ),
    rules.FIGURES_MISSING: Text(
        en="By the figures delivered so far RMB {missing} ({percent} %) is missing to {bound}; some months are not delivered.",
        zh="按目前已有数据，距 {bound} 元的标准尚差人民币 {missing} 元（{percent}%），部分月份数据未到。",
    ),
    rules.REPAYMENT_NOT_CLEAN: Text(
        en="The balance suffices, but loans must be repaid well for this standard.",
        zh="贷款余额已达标，但须还款情况良好、无不良记录。",
    ),
    rules.REPAYMENT_UNKNOWN: Text(
        en="The balance suffices; a repayment record is still to be delivered.", zh="贷款余额已达标，尚待还款记录。"
    ),
    rules.PRODUCT_NOT_HELD: Text(en="None of the products of this standard is held.", zh="未持有本标准所列产品。"),
    REASONS[VetoKind.BAD_REPAYMENT]: Text(
        en="A bad repayment record stands against this standard.", zh="存在还款不良记录，本标准予以否决。"
    ),
    REASONS[VetoKind.RISK_EVENT]: Text(
        en="A risk event stands against this standard.", zh="存在风险事件，本标准予以否决。"
    ),
}


class MissingView(Output):
    """One criterion that is not met."""

    criterion: str
    metric: str
    value: MoneyBody | None = described(en="Null where nothing is counted in money", zh="非金额条件为空")
    bound: MoneyBody | None
    missing: MoneyBody | None
    missing_percent: int
    reason: str
    article: str
    explanation: SentenceView


class StandardView(Output):
    """One standard; an empty list says that it is met."""

    ladder: str
    level: str
    met: bool
    missing: list[MissingView]


class ForeseenView(Output):
    """A fall that was foreseen: why, when, in how many days."""

    cause: str
    falls_on: date
    days_left: int


class ShortfallView(Output):
    """What the client has, what is missing to each standard, what will fall when."""

    client_id: UUID
    as_of: date
    card_level: str
    service_tier: str
    standards: list[StandardView]
    foreseen: list[ForeseenView]


@api.get(
    "/v1/clients/{client_id}/shortfall",
    **operation(
        "explainShortfall",
        allow=allow("client", *QUALIFICATION_READERS),
        en="What is missing to each standard",
        zh="查询达标差额",
        en_detail="Criterion by criterion, the nearest first, with falls of a level that were foreseen.",
        zh_detail="逐项列示距各级标准的差额（由近及远），并列示已预警的降级。",
        audience=["front-end", "branch"],
    ),
)
async def explain_shortfall(client_id: UUID, call: Call) -> ShortfallView:
    today = business_day(call.now)
    found = await views.shortfalls_of(call.tx, client_id, scope=call.scope, today=today, now=call.now)
    return ShortfallView(
        client_id=client_id,
        as_of=found.as_of,
        card_level=found.row["card_level"],
        service_tier=found.row["service_tier"],
        standards=[
            StandardView(
                ladder=each.ladder,
                level=each.level,
                met=each.met,
                missing=[_missing(missing) for missing in each.missing],
            )
            for each in found.standards
        ],
        foreseen=[
            ForeseenView(cause=row["cause"], falls_on=row["falls_on"], days_left=(row["falls_on"] - today).days)
            for row in found.foreseen
        ],
    )


def sentence_of(found: Missing) -> SentenceView:
    """What is missing in words."""
    said = {"missing": f"{found.missing:,.2f}", "bound": f"{found.bound:,.2f}", "percent": str(found.missing_percent)}
    text = _SENTENCES[found.reason]
    return SentenceView(zh=text.say(Language.ZH, **said), en=text.say(Language.EN, **said))


def _missing(found: Missing) -> MissingView:
    return MissingView(
        criterion=found.criterion,
        metric=found.metric,
        value=_yuan(found.value) if found.in_yuan else None,
        bound=_yuan(found.bound) if found.in_yuan else None,
        missing=_yuan(found.missing) if found.in_yuan else None,
        missing_percent=found.missing_percent,
        reason=found.reason,
        article=found.article,
        explanation=sentence_of(found),
    )


def _yuan(amount: Decimal) -> MoneyBody:
    return MoneyBody.of(Money.of(f"{amount:.2f}", "CNY"))
