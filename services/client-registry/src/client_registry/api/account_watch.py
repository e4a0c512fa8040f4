"""The client's accounts watched: events as the bank's systems report them, changes against his own months (CR-51)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from chassis.bodies import MoneyBody, Output, described
from chassis.call import Call
from chassis.money import Money
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language, Text

from client_registry.api.explanations import SentenceView
from client_registry.domain.account_watch import CHANGE_TEXT, EVENT_TEXT
from client_registry.views import account_watch as views

api = router()
_READERS = allow(
    "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head",
    "outlet_head", "branch_personal_banking", "private_banking_department", "client_service_section", "auditor",
)  # fmt: skip


class AccountEventView(Output):
    """One event as reported: a kind, a product and days, never an amount."""

    event_id: UUID
    kind: str
    label: SentenceView
    product_code: str | None
    occurred_on: date
    received_at: datetime
    source: str


class AccountChangeView(Output):
    """What one rule found in the last closed month."""

    code: str
    label: SentenceView
    measure: str
    month: str
    value: MoneyBody
    usual: MoneyBody
    percent: int
    asked_at: datetime | None = described(
        en="When the manager was asked to look, if he was", zh="提请客户经理关注的时间，未提请则为空", default=None
    )


class AccountChangesView(Output):
    """All changes that reach a rule's thresholds; none where the client's accounts go their usual way."""

    client_id: UUID
    article: str
    changes: list[AccountChangeView]


@api.get(
    "/v1/clients/{client_id}/account-events",
    **operation(
        "listAccountEvents",
        allow=_READERS,
        en="List what happened on a client's accounts",
        zh="查询客户账户变动",
        en_detail="As the bank's systems report it, the newest first: products opened, matured and closed, large amounts in "
        "and out, dormant accounts.",
        zh_detail="按行内系统报送，由近及远列示：开立、到期、销户、大额转入转出、长期不动户。",
        audience=["front-end", "branch"],
    ),
)
async def list_events(client_id: UUID, call: Call, params: Page) -> PageOf[AccountEventView]:
    key = params.after(date, UUID)
    found = await views.list_events(
        call.tx, client_id, scope=call.scope, before=None if key is None else (key[0], key[1]), size=params.limit + 1,
        by=call.principal, now=call.now,
    )  # fmt: skip
    kept, cursor = cut(found, params.limit, lambda row: (row["occurred_on"], row["id"]))
    return page(
        [
            AccountEventView(
                event_id=row["id"],
                kind=row["kind"],
                label=_said(EVENT_TEXT[row["kind"]]),
                product_code=row["product_code"],
                occurred_on=row["occurred_on"],
                received_at=row["received_at"],
                source=row["source"],
            )
            for row in kept
        ],
        cursor,
    )


@api.get(
    "/v1/clients/{client_id}/account-changes",
    **operation(
        "listAccountChanges",
        allow=_READERS,
        en="List how a client's accounts differ from their usual course",
        zh="查询客户账户异常变化",
        en_detail="Deposits, assets and card spending of the last closed month against the mean of the eleven before it, "
        "where a rule's percentage and amount are both reached.",
        zh_detail="将上一完整月份的存款、资产、刷卡消费与此前十一个月均值比较，列示达到规则阈值的变化。",
        audience=["front-end", "branch"],
    ),
)
async def list_changes(client_id: UUID, call: Call) -> AccountChangesView:
    found = await views.list_changes(call.tx, client_id, scope=call.scope, by=call.principal, now=call.now)
    return AccountChangesView(
        client_id=client_id,
        article=found.article,
        changes=[
            AccountChangeView(
                code=each.code,
                label=_said(CHANGE_TEXT[each.code], percent=str(each.percent)),
                measure=each.measure,
                month=f"{each.month:%Y-%m}",
                value=_yuan(each.value),
                usual=_yuan(each.usual),
                percent=each.percent,
                asked_at=found.raised.get(each.code),
            )
            for each in found.found
        ],
    )


def _said(text: Text, **params: str) -> SentenceView:
    return SentenceView(zh=text.say(Language.ZH, **params), en=text.say(Language.EN, **params))


def _yuan(amount: Decimal) -> MoneyBody:
    return MoneyBody.of(Money.of(f"{amount:.2f}", "CNY"))
