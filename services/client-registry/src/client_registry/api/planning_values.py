"""Planning values: how often clients are contacted, what a manager can carry, what a card costs (EN-1 to EN-6, CS-2)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from chassis.bodies import Input, MoneyBody, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from chassis.validation_texts import field_refusal
from fastapi import Response
from pydantic import AfterValidator, Field

from client_registry.api.simulation_bodies import NormsView, norms_view, yuan
from client_registry.domain.simulations import Assumptions
from client_registry.use_cases.change_planning_values import change_planning_values, lock_planning_values
from client_registry.views import planning

api = router()
_READERS = allow(
    "policy_author", "policy_approver", "branch_personal_banking", "head_office_personal_banking", "auditor"
)
_CHANGERS = allow("head_office_personal_banking")
_PAST = Text(en="Planning values count from today on at the earliest.", zh="规划参数最早自当日起生效。")
_EXAMPLE = {
    "contacts_a_year": {"ge_8m": 52, "2m_8m": 26, "below": 4, "unknown": 4},
    "contacts_a_year_by_value": {"high": 52, "mid": 12, "low": 4},
    "card_unit_prices": {"branch": {"amount": "1.15", "currency": "CNY"},
                         "head_office": {"amount": "1.15", "currency": "CNY"}},
    "clients_a_manager": 300, "contacts_a_week_a_manager": 60, "valid_from": "2026-12-01",
    "article": "EN-18",
}  # fmt: skip


def _price(price: MoneyBody) -> MoneyBody:
    amount = Decimal(price.amount)
    if price.currency != "CNY" or amount < 0 or amount != round(amount, 2):
        raise field_refusal("card-price.form", en="A price in yuan and whole fen.", zh="单价须为人民币，精确到分。")
    return price


_Bands = Literal["ge_8m", "2m_8m", "below", "unknown"]
_Values = Literal["high", "mid", "low"]
_Cards = Literal["branch", "head_office"]
_Contacts = Annotated[int, Field(ge=0, le=366)]
_Price = Annotated[MoneyBody, AfterValidator(_price)]


class AssumptionsBody(Input):
    """Planning values that differ from the bank's own (`GET /v1/planning-values`)."""

    contacts_a_year: dict[_Bands, _Contacts] | None = described(
        en="By asset band (EN-1, EN-2, EN-6)", zh="各资产层级每年联系次数", default=None
    )
    contacts_a_year_by_value: dict[_Values, _Contacts] | None = described(
        en="By value class (EN-4, EN-5, EN-6); of both the stricter counts for a manager",
        zh="各价值分类每年联系次数，与资产层级从严", default=None,
    )  # fmt: skip
    card_unit_prices: dict[_Cards, _Price] | None = described(
        en="Price of one card by level (CS-2)", zh="各级别卡片单价", default=None
    )
    clients_a_manager: int | None = described(
        en="Served clients one manager can carry (EN-18)",
        zh="每名客户经理服务客户数上限",
        default=None,
        ge=1,
        le=100_000,
    )
    contacts_a_week_a_manager: int | None = described(
        en="Contacts a week one manager can carry (EN-18)",
        zh="每名客户经理每周联系次数上限",
        default=None,
        ge=1,
        le=10_000,
    )

    def over(self, own: Assumptions) -> Assumptions:
        """The bank's own values with these in their place."""
        by_band = {str(band): number for band, number in (self.contacts_a_year or {}).items()}
        by_value = {str(each): number for each, number in (self.contacts_a_year_by_value or {}).items()}
        prices = {str(level): Decimal(price.amount) for level, price in (self.card_unit_prices or {}).items()}
        a_week = self.contacts_a_week_a_manager
        return replace(
            own,
            contacts_a_year={**own.contacts_a_year, **by_band},
            contacts_a_year_by_value={**own.contacts_a_year_by_value, **by_value},
            card_unit_prices={**own.card_unit_prices, **prices},
            clients_a_manager=self.clients_a_manager or own.clients_a_manager,
            contacts_a_week_a_manager=own.contacts_a_week_a_manager if a_week is None else Decimal(a_week),
        )


class PlanningValuesBody(AssumptionsBody):
    """What changes, from when, and what it rests on; what is not given stays."""

    valid_from: date
    article: str = described(en="What it rests on", zh="依据", min_length=1, max_length=200)


class PlanningValuesView(Output):
    """The values that count today; a norm that is null is to be set by the bank."""

    version: int
    newest_version: int
    valid_from: date
    article: str
    contacts_a_year: dict[str, int]
    contacts_a_year_by_value: dict[str, int]
    card_unit_prices: dict[str, MoneyBody]
    norms: NormsView


@api.get(
    "/v1/planning-values",
    **operation(
        "getPlanningValues",
        allow=_READERS,
        en="What simulations plan with",
        zh="查询规划参数",
        en_detail="Contacts a year, card prices, and what one manager can carry; the documents name no number for the last.",
        zh_detail="返回每年联系次数、卡片单价及客户经理工作量标准；制度未规定工作量标准，由银行设定。",
        audience=["branch"],
    ),
)
async def get_values(call: Call, response: Response) -> PlanningValuesView:
    found = await planning.values_on(call.tx, business_day(call.now))
    set_etag(response, found.newest)
    return _view(found)


@api.put(
    "/v1/planning-values",
    **operation(
        "changePlanningValues",
        allow=_CHANGERS,
        en="Change what simulations plan with",
        zh="修改规划参数",
        en_detail="A new version from a day on; simulations that were made keep their values.",
        zh_detail="生成自指定日期起生效的新版本；已完成的模拟保留原参数。",
        audience=["branch"],
        if_match=True,
        example=_EXAMPLE,
    ),
)
async def change_values(body: PlanningValuesBody, call: Call, response: Response) -> PlanningValuesView:
    newest = await lock_planning_values(call.tx)
    require_match(call.request, newest)
    today = business_day(call.now)
    if body.valid_from < today:
        raise Invalid([FieldError("/valid_from", "planning-values.past", _PAST)])
    own = await planning.values_on(call.tx, body.valid_from)
    version = await change_planning_values(
        call.tx, newest, body.over(own.values), valid_from=body.valid_from, article=body.article, by=call.principal,
        now=call.now,
    )  # fmt: skip
    set_etag(response, version)
    return _view(await planning.values_on(call.tx, today))


def _view(found: planning.PlanningValues) -> PlanningValuesView:
    values = found.values
    return PlanningValuesView(
        version=found.version,
        newest_version=found.newest,
        valid_from=found.valid_from,
        article=found.article,
        contacts_a_year=dict(values.contacts_a_year),
        contacts_a_year_by_value=dict(values.contacts_a_year_by_value),
        card_unit_prices={level: yuan(price) for level, price in values.card_unit_prices.items()},
        norms=norms_view(values),
    )
