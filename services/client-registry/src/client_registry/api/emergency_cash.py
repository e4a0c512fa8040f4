"""Emergency cash away from home (CR-91): asked for by one person, released by another, every step on record."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Input, MoneyBody, Output, described
from chassis.call import Call
from chassis.money import Money
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Query

from client_registry.api.places import places
from client_registry.api.readers import FILE_READERS, RECOGNISERS
from client_registry.domain.emergency_cash import CashReason, CashRequest, CashStatus
from client_registry.use_cases.decide_emergency_cash import decide_emergency_cash
from client_registry.use_cases.request_emergency_cash import request_emergency_cash
from client_registry.views import emergency_cash as views

api = router()
_RELEASERS = allow("outlet_head", "outlet_deputy", "wealth_centre_head")
_YUAN = Text(en="An amount in CNY above zero, in whole fen.", zh="金额须为大于零的人民币金额，精确到分。")


class RequestEmergencyCash(Input):
    """The recognised client, the paying unit, why and how much."""

    lookup_id: UUID = described(en="A confirmed look-up of yours", zh="本人已核实的识别编号")
    unit_id: UUID = described(en="The unit that pays", zh="付款机构")
    reason: CashReason
    amount: MoneyBody


class RefuseEmergencyCash(Input):
    """Why it is refused."""

    reason: Literal["identity_doubtful", "card_not_reported", "no_need", "other"]


class EmergencyCashView(Output):
    """One request and what became of it."""

    id: UUID
    client_id: UUID
    unit_id: UUID
    reason: CashReason
    amount: MoneyBody
    status: CashStatus
    decision_id: UUID
    catalogue_version: int
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refusal: str | None


@api.post(
    "/v1/emergency-cash-requests",
    status_code=201,
    **operation(
        "requestEmergencyCash",
        allow=allow(*RECOGNISERS, nationwide=True),
        en="Ask for emergency cash",
        zh="申请紧急现金援助",
        en_detail="For a recognised client whose card was lost or stolen away from home; within the limits of one event and "
        "of the period. Another person releases it (CR-91).",
        zh_detail="客户在异地遗失或被盗卡片时，可在单次及累计限额内申请，须由另一人员批准付款（CR-91）。",
        audience=["branch", "call-centre"],
        example={
            "lookup_id": "019a9c7e-0000-7000-8000-0000000000c1", "unit_id": "019a9c7e-0000-7000-8000-0000000000b1",
            "reason": "card_lost", "amount": {"amount": "3000.00", "currency": "CNY"},
        },
    ),
)  # fmt: skip
async def request(body: RequestEmergencyCash, call: Call) -> EmergencyCashView:
    money = body.amount.money()
    if money.currency != "CNY" or money.amount <= 0 or money.amount != round(money.amount, 2):
        raise Invalid([FieldError("/amount", "value.out-of-range", _YUAN)])
    made = await request_emergency_cash(
        call.tx,
        lookup_id=body.lookup_id,
        unit_id=body.unit_id,
        reason=body.reason,
        amount=money.amount,
        places=places(call),
        by=call.principal,
        now=call.now,
    )
    return _view(made)


@api.post(
    "/v1/emergency-cash-requests/{cash_request_id}/releases",
    status_code=201,
    **operation(
        "releaseEmergencyCash",
        allow=_RELEASERS,
        en="Release emergency cash",
        zh="批准紧急现金援助付款",
        en_detail="By another person of the paying unit, while the request is open; the home manager is told.",
        zh_detail="由付款机构的另一人员在有效期内批准，并告知归属客户经理。",
        audience=["branch"],
    ),
)
async def release(cash_request_id: UUID, call: Call) -> EmergencyCashView:
    await views.require_payer(call.tx, cash_request_id, scope=call.scope)
    return _view(await decide_emergency_cash(call.tx, cash_request_id, refusal=None, by=call.principal, now=call.now))


@api.post(
    "/v1/emergency-cash-requests/{cash_request_id}/refusals",
    status_code=201,
    **operation(
        "refuseEmergencyCash",
        allow=_RELEASERS,
        en="Refuse emergency cash",
        zh="拒绝紧急现金援助",
        audience=["branch"],
        example={"reason": "identity_doubtful"},
    ),
)
async def refuse(cash_request_id: UUID, body: RefuseEmergencyCash, call: Call) -> EmergencyCashView:
    await views.require_payer(call.tx, cash_request_id, scope=call.scope)
    return _view(
        await decide_emergency_cash(call.tx, cash_request_id, refusal=body.reason, by=call.principal, now=call.now)
    )


@api.get(
    "/v1/emergency-cash-requests",
    **operation(
        "listEmergencyCashRequests",
        allow=allow(*FILE_READERS),
        en="The log of emergency cash",
        zh="紧急现金援助登记簿",
        en_detail="Of the units and the clients in your scope.",
        zh_detail="本机构付款及本人客户的申请记录。",
        audience=["branch"],
    ),
)
async def list_requests(
    call: Call, paging: Page, status: Annotated[CashStatus | None, Query()] = None
) -> PageOf[EmergencyCashView]:
    after = paging.after(UUID)
    rows = await views.list_requests(
        call.tx, scope=call.scope, status=None if status is None else status.value,
        after=None if after is None else after[0], size=paging.limit + 1,
    )  # fmt: skip
    kept, cursor = cut(rows, paging.limit, lambda row: (row.id,))
    return page([_view(row) for row in kept], cursor)


def _view(made: CashRequest) -> EmergencyCashView:
    values = {name: getattr(made, name) for name in EmergencyCashView.model_fields if name != "amount"}
    return EmergencyCashView(**values, amount=MoneyBody.of(Money(made.amount, "CNY")))
