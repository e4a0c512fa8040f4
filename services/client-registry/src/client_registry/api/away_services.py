"""Service away from home: recorded where it was given, followed up at home, reported to the province (CR-96 to CR-100)."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, MoneyBody, Output, described
from chassis.call import Call
from chassis.etags import set_etag
from chassis.money import Money
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Query, Response
from pydantic import AwareDatetime, Field

from client_registry.api.places import places
from client_registry.api.readers import FILE_READERS, RECOGNISERS
from client_registry.domain.away_services import FOLLOW_UP_CLOCK, REPORT_CLOCK, AwayService
from client_registry.use_cases.follow_up_away_service import follow_up_away_service
from client_registry.use_cases.record_away_service import Done, record_away_service
from client_registry.use_cases.report_away_service import report_away_service
from client_registry.views import away_services as views

api = router()
_HOUR = timedelta(hours=1)
_FUTURE = Text(en="This lies in the future.", zh="时间不能晚于当前。")
_YUAN = Text(en="An amount in CNY above zero.", zh="金额须为大于零的人民币金额。")
_PROVINCE = ("private_banking_department", "private_banking_office", "head_office_personal_banking", "auditor")
_Product = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class RecordAwayService(Input):
    """Who was served (by your own confirmed look-up), where, what was done and how it ended."""

    lookup_id: UUID
    unit_id: UUID
    card_shown: bool
    product_codes: list[_Product] = Field(default=[], max_length=20)
    allocation: MoneyBody | None = described(en="Assets allocated", zh="资产配置金额", default=None)
    process: str = Field(min_length=1, max_length=4000, pattern=r"\S")
    result: str = Field(min_length=1, max_length=4000, pattern=r"\S")
    consulted_manager: str | None = Field(default=None, pattern=r"^staff:[A-Za-z0-9_-]{1,40}$")
    consulted_at: AwareDatetime | None = None
    served_at: AwareDatetime | None = described(en="Now by default", zh="默认为当前时间", default=None)


class FollowUp(Input):
    """What the home manager did about it."""

    text: str = Field(min_length=1, max_length=4000, pattern=r"\S")


class Report(Input):
    """《私人银行客户业务处理情况登记表》: the business, how it was handled, how it ended, remarks."""

    business: str = Field(min_length=1, max_length=500, pattern=r"\S")
    handling: str = Field(min_length=1, max_length=4000, pattern=r"\S")
    result: str = Field(min_length=1, max_length=4000, pattern=r"\S")
    remarks: str | None = Field(default=None, max_length=2000)


class ReportView(Output):
    """The form as handed in."""

    business: str
    handling: str
    result: str
    remarks: str | None = None


class AwayServiceView(Output):
    """A service away from home and its two clocks."""

    id: UUID
    client_id: UUID
    unit_id: UUID
    home_unit_id: UUID
    manager: str | None
    service_tier: str
    card_shown: bool
    product_codes: list[str]
    allocation: MoneyBody | None
    consulted_manager: str | None
    consulted_at: datetime | None
    served_at: datetime
    recorded_by: str
    recorded_at: datetime
    follow_up_due_at: datetime | None
    followed_up_by: str | None
    followed_up_at: datetime | None
    report_due_at: datetime | None
    report_status: str | None
    reported_by: str | None
    reported_at: datetime | None
    report_clock_zh: str | None
    report_clock_en: str | None
    follow_up_clock_zh: str | None
    follow_up_clock_en: str | None
    catalogue_version: int


class AwayFileView(AwayServiceView):
    """The same with what was said and done; every reading is audited."""

    process: str
    result: str
    follow_up: str | None
    report: ReportView | None


@api.post(
    "/v1/away-services",
    status_code=201,
    **operation(
        "recordAwayService",
        allow=allow(*RECOGNISERS, nationwide=True),
        en="Record a service away from home",
        zh="登记异地服务",
        en_detail="By any unit, nationwide, for a client it recognised. The home manager gets the feedback; for a private-"
        "banking client the report to the province falls due 24 hours after the service (CR-99, CR-100).",
        zh_detail="全国任一机构可为已识别的客户登记，结果反馈归属客户经理；私人银行客户须在服务后24小时内向省行私行部报送（CR-99、CR-100）。",
        audience=["branch"],
        example={
            "lookup_id": "019a9c7e-0000-7000-8000-0000000000c1", "unit_id": "019a9c7e-0000-7000-8000-0000000000b1",
            "card_shown": True, "product_codes": ["deposit"], "process": "协助办理大额取款", "result": "已办结",
        },
    ),
)  # fmt: skip
async def record(body: RecordAwayService, call: Call) -> AwayServiceView:
    served_at = body.served_at or call.now
    late = [
        FieldError(f"/{name}", "value.in-the-future", _FUTURE)
        for name, value in (("served_at", served_at), ("consulted_at", body.consulted_at))
        if value is not None and value > call.now
    ]
    money = None if body.allocation is None else body.allocation.money()
    if money is not None and (money.currency != "CNY" or money.amount <= 0):
        late.append(FieldError("/allocation", "value.out-of-range", _YUAN))
    if late:
        raise Invalid(late)
    done = Done(
        lookup_id=body.lookup_id,
        unit_id=body.unit_id,
        card_shown=body.card_shown,
        product_codes=tuple(body.product_codes),
        allocation=None if money is None else money.amount,
        process=body.process,
        result=body.result,
        consulted_manager=body.consulted_manager,
        consulted_at=body.consulted_at,
        served_at=served_at,
    )
    service = await record_away_service(call.tx, done, places=places(call), by=call.principal, now=call.now)
    return AwayServiceView.model_validate(_view(service, call.now))


@api.get(
    "/v1/away-services",
    **operation(
        "listAwayServices",
        allow=allow(*FILE_READERS),
        en="Services away from home",
        zh="异地服务列表",
        en_detail="Of your own clients, and those that your units gave.",
        zh_detail="本人客户在异地接受的服务，以及本机构为异地客户提供的服务。",
        audience=["branch"],
    ),
)
async def list_services(call: Call, paging: Page, client_id: UUID | None = None) -> PageOf[AwayServiceView]:
    after = paging.after(UUID)
    rows = await views.list_services(
        call.tx, scope=call.scope, client_id=client_id, after=None if after is None else after[0], size=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row.id,))
    return page([AwayServiceView.model_validate(_view(row, call.now)) for row in kept], cursor)


@api.get(
    "/v1/away-services/{away_service_id}",
    **operation(
        "getAwayService",
        allow=allow(*FILE_READERS),
        en="One service away from home, with what was done",
        zh="异地服务详情",
        audience=["branch"],
    ),
)
async def get(away_service_id: UUID, call: Call, response: Response) -> AwayFileView:
    found = await views.get_service(call.tx, away_service_id, scope=call.scope)
    await audit.record(
        call.tx, act="away-service.read", by=call.principal, object_type="away-service", object_id=away_service_id,
        client_id=found.service.client_id, at=call.now,
    )  # fmt: skip
    set_etag(response, found.service.version, call.language.value)
    return AwayFileView.model_validate(
        {
            **_view(found.service, call.now),
            "process": found.process,
            "result": found.result,
            "follow_up": found.follow_up,
            "report": None if found.report is None else json.loads(found.report),
        }
    )


@api.post(
    "/v1/away-services/{away_service_id}/follow-ups",
    status_code=201,
    **operation(
        "followUpAwayService",
        allow=allow(
            "relationship_manager", "private_banker", "corporate_manager", "rm_supervisor", "private_banking_supervisor",
            "wealth_centre_head", "outlet_head",
        ),
        en="Follow up on a service away from home",
        zh="跟进异地服务",
        en_detail="By the client's own manager or who stands above him; the clock stops (CR-99).",
        zh_detail="由归属客户经理或其主管登记跟进情况，登记后停止计时（CR-99）。",
        audience=["branch"],
        example={"text": "已电话回访，客户满意"},
    ),
)  # fmt: skip
async def follow_up(away_service_id: UUID, body: FollowUp, call: Call) -> AwayServiceView:
    await views.require_home(call.tx, away_service_id, scope=call.scope)
    service = await follow_up_away_service(call.tx, away_service_id, text=body.text, by=call.principal, now=call.now)
    return AwayServiceView.model_validate(_view(service, call.now))


@api.post(
    "/v1/away-services/{away_service_id}/reports",
    status_code=201,
    **operation(
        "reportAwayService",
        allow=allow(*[role for role in RECOGNISERS if not role.startswith("call_centre")]),
        en="Hand in the report on a private-banking client",
        zh="报送私人银行客户业务处理情况登记表",
        en_detail="By the unit that received the client, to the provincial private-banking department, within 24 hours; a "
        "late one is taken and marked (CR-100).",
        zh_detail="由接待机构在24小时内向省分行私人银行部报送；逾期报送予以接收并标注（CR-100）。",
        audience=["branch"],
        example={"business": "大额转账", "handling": "核实身份后办理", "result": "已办结"},
    ),
)  # fmt: skip
async def report(away_service_id: UUID, body: Report, call: Call) -> AwayServiceView:
    await views.require_served(call.tx, away_service_id, scope=call.scope)
    text = json.dumps(body.model_dump(), ensure_ascii=False)
    service = await report_away_service(call.tx, away_service_id, text=text, by=call.principal, now=call.now)
    return AwayServiceView.model_validate(_view(service, call.now))


@api.get(
    "/v1/away-service-reports",
    **operation(
        "listAwayServiceReports",
        allow=allow(*_PROVINCE),
        en="Reports on private-banking clients",
        zh="私人银行客户业务处理情况登记表列表",
        en_detail="What the units of the province owe or have handed in: due, overdue, submitted, submitted late (CR-100).",
        zh_detail="辖内机构待报送、逾期、已报送、逾期报送的登记表（CR-100）。",
        audience=["branch"],
    ),
)
async def list_reports(
    call: Call,
    paging: Page,
    status: Annotated[Literal["due", "overdue", "submitted", "submitted_late"] | None, Query()] = None,
) -> PageOf[AwayServiceView]:
    after = paging.after(UUID)
    rows = await views.list_reports(
        call.tx, scope=call.scope, status=status, after=None if after is None else after[0], size=paging.limit + 1,
        now=call.now,
    )  # fmt: skip
    kept, cursor = cut(rows, paging.limit, lambda row: (row.id,))
    return page([AwayServiceView.model_validate(_view(row, call.now)) for row in kept], cursor)


def _view(service: AwayService, now: datetime) -> dict[str, object]:
    names = [name for name in AwayServiceView.model_fields if hasattr(service, name)]
    found: dict[str, object] = {name: getattr(service, name) for name in names}
    found["allocation"] = None if service.allocation is None else MoneyBody.of(Money(service.allocation, "CNY"))
    found["product_codes"] = list(service.product_codes)
    found["report_status"] = service.report_status(now)
    for name, clock, due_at in (
        ("report_clock", REPORT_CLOCK, service.report_due_at),
        ("follow_up_clock", FOLLOW_UP_CLOCK, service.follow_up_due_at),
    ):
        hours = None if due_at is None else (due_at - service.served_at) // _HOUR
        found[f"{name}_zh"] = None if hours is None else clock.zh.format(hours=hours)
        found[f"{name}_en"] = None if hours is None else clock.en.format(hours=hours)
    return found
