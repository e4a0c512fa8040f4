"""Needs that clients state at an outlet: queue priority and the ten minutes (CR-26, CR-101)."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from pydantic import AwareDatetime

from client_registry.api.places import places
from client_registry.api.readers import RECOGNISERS
from client_registry.domain.service_requests import CLOCK, Need, ServiceRequest
from client_registry.use_cases.respond_to_service_request import respond_to_service_request
from client_registry.use_cases.take_service_request import take_service_request
from client_registry.views import service_requests as views

api = router()
_MINUTE = timedelta(minutes=1)
_STATED = Text(
    en="The need was stated within the last hour, and not in the future.", zh="提出时间须在最近一小时内，且不晚于当前。"
)
_OUTLET = allow(*[role for role in RECOGNISERS if not role.startswith("call_centre")])


class TakeServiceRequest(Input):
    """The recognised client, where he is, what for, and when he said so."""

    lookup_id: UUID = described(en="A confirmed look-up of yours", zh="本人已核实的识别编号")
    unit_id: UUID
    need: Need
    stated_at: AwareDatetime | None = described(en="Now by default", zh="默认为当前时间", default=None)


class ServiceRequestView(Output):
    """One need in the queue, its priority (1 first), its clock and why."""

    id: UUID
    client_id: UUID
    unit_id: UUID
    need: Need
    priority: int
    service_tier: str
    card_level: str
    stated_at: datetime
    due_at: datetime | None
    late: bool
    clock_zh: str | None
    clock_en: str | None
    taken_by: str
    responded_by: str | None
    responded_at: datetime | None
    escalated_at: datetime | None
    catalogue_version: int


@api.post(
    "/v1/service-requests",
    status_code=201,
    **operation(
        "takeServiceRequest",
        allow=allow(*RECOGNISERS, nationwide=True),
        en="Take a client's need",
        zh="登记客户服务需求",
        en_detail="At any outlet, whichever outlet keeps the client. Private, wealth and corporate VIP clients come first and "
        "are responded to within ten minutes (CR-26, CR-101).",
        zh_detail="不论客户归属，任一网点均可登记。私人银行、财富、公司贵宾客户优先，10分钟内响应（CR-26、CR-101）。",
        audience=["branch", "call-centre"],
        example={
            "lookup_id": "019a9c7e-0000-7000-8000-0000000000c1", "unit_id": "019a9c7e-0000-7000-8000-0000000000b1",
            "need": "counter",
        },
    ),
)  # fmt: skip
async def take(body: TakeServiceRequest, call: Call) -> ServiceRequestView:
    stated_at = body.stated_at or call.now
    if not call.now - 60 * _MINUTE <= stated_at <= call.now:
        raise Invalid([FieldError("/stated_at", "value.out-of-range", _STATED)])
    taken = await take_service_request(
        call.tx,
        lookup_id=body.lookup_id,
        unit_id=body.unit_id,
        need=body.need,
        stated_at=stated_at,
        places=places(call),
        by=call.principal,
        now=call.now,
    )
    return _view(taken, call.now)


@api.get(
    "/v1/service-requests",
    **operation(
        "listServiceRequests",
        allow=_OUTLET,
        en="The queue",
        zh="待响应需求队列",
        en_detail="Open needs of your units by priority, then by time.",
        zh_detail="本机构待响应需求，按优先级和提出时间排序。",
        audience=["branch"],
    ),
)
async def queue(call: Call, paging: Page, unit_id: UUID | None = None) -> PageOf[ServiceRequestView]:
    after = paging.after(int, datetime, UUID)
    rows = await views.queue(
        call.tx, scope=call.scope, unit_id=unit_id, after=None if after is None else (after[0], after[1], after[2]),
        size=paging.limit + 1,
    )  # fmt: skip
    kept, cursor = cut(rows, paging.limit, lambda row: (row.priority, row.stated_at, row.id))
    return page([_view(row, call.now) for row in kept], cursor)


@api.post(
    "/v1/service-requests/{service_request_id}/responses",
    status_code=201,
    **operation(
        "respondToServiceRequest",
        allow=_OUTLET,
        en="Respond to a client's need",
        zh="响应客户需求",
        en_detail="Whoever turns to the client says so; the clock stops (CR-101).",
        zh_detail="接待人员响应客户时登记，停止计时（CR-101）。",
        audience=["branch"],
    ),
)
async def respond(service_request_id: UUID, call: Call) -> ServiceRequestView:
    await views.require_visible(call.tx, service_request_id, scope=call.scope)
    done = await respond_to_service_request(call.tx, service_request_id, by=call.principal, now=call.now)
    return _view(done, call.now)


def _view(request: ServiceRequest, now: datetime) -> ServiceRequestView:
    minutes = None if request.due_at is None else (request.due_at - request.stated_at) // _MINUTE
    names = [name for name in ServiceRequestView.model_fields if hasattr(request, name)]
    return ServiceRequestView(
        **{name: getattr(request, name) for name in names},
        late=request.is_late(now),
        clock_zh=None if minutes is None else CLOCK.zh.format(minutes=minutes),
        clock_en=None if minutes is None else CLOCK.en.format(minutes=minutes),
    )
