"""Important client information reported upward (CR-46): report, read, acknowledge."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from pydantic import Field

from client_registry.api.clients import Purpose
from client_registry.domain.upward_reports import ReportKind
from client_registry.use_cases.acknowledge_report import acknowledge_report
from client_registry.use_cases.remind_of_hand_over import DECIDERS
from client_registry.use_cases.report_upward import report_upward
from client_registry.views import clients as files
from client_registry.views import upward_reports as views

api = router()
_REPORTERS = ("relationship_manager", "private_banker", "corporate_manager")
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")


class ReportUpward(Input):
    """What the supervisor must know, and what it is about."""

    kind: ReportKind = described(
        en="risk; dissatisfaction; leaving (the client may go elsewhere); major_need; life_event; large_movement; other",
        zh="risk 风险；dissatisfaction 不满；leaving 流失；major_need 重大需求；life_event 重大变故；"
        "large_movement 大额变动；other 其他",
    )
    text: str = Field(min_length=1, max_length=1_000, pattern=r"\S")


class MadeReportView(Output):
    """The report that was made."""

    report_id: UUID


class UpwardReportView(Output):
    """One report: to the holders of which post it went, and who took note; `text` is null while it is masked."""

    report_id: UUID
    client_id: UUID
    kind: str
    text: str | None
    reported_by: str
    reported_at: datetime
    to_role: str
    to_unit_id: UUID
    acknowledged_by: str | None
    acknowledged_at: datetime | None


class AcknowledgedView(Output):
    """Who took note, and when."""

    report_id: UUID
    acknowledged_by: str
    acknowledged_at: datetime


@api.post(
    "/v1/clients/{client_id}/upward-reports",
    status_code=201,
    **operation(
        "reportUpward",
        allow=allow(*_REPORTERS),
        en="Report important client information upward",
        zh="上报重要客户信息",
        en_detail="Goes at once before the nearest supervisor or head at or above the client's unit.",
        zh_detail="即时报送至客户所属机构或其上级最近的主管、负责人。",
        audience=["front-end", "branch"],
        example={"kind": "leaving", "text": "客户表示拟将大部分资产转往他行"},
    ),
)
async def report(client_id: UUID, body: ReportUpward, call: Call) -> MadeReportView:
    await files.require_open(call.tx, client_id, scope=call.scope)
    report_id = await report_upward(call.tx, client_id, body.kind, body.text, by=call.principal, now=call.now)
    return MadeReportView(report_id=report_id)


@api.get(
    "/v1/clients/{client_id}/upward-reports",
    **operation(
        "listUpwardReports",
        allow=allow(*_REPORTERS, *DECIDERS, "auditor"),
        en="List what was reported upward about a client",
        zh="查询客户重要信息上报记录",
        en_detail="The newest first, without the words. `unmasked=true` needs a `purpose` and leaves an audit row.",
        zh_detail="由近及远，默认不含正文；unmasked=true 须说明 purpose 并留下审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def list_(
    client_id: UUID, call: Call, paging: Page, unmasked: bool = False, purpose: Purpose | None = None
) -> PageOf[UpwardReportView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    if unmasked:
        if purpose is None:
            raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
        await audit.record(
            call.tx, act="upward-reports.revealed", by=call.principal, object_type="client", object_id=client_id,
            client_id=client_id, purpose=purpose, at=call.now,
        )  # fmt: skip
    key = paging.after(UUID)
    found = await views.reports_of(
        call.tx, client_id, before=None if key is None else key[0], size=paging.limit + 1, open_=unmasked
    )
    kept, cursor = cut(found, paging.limit, lambda each: (each.report_id,))
    return page([UpwardReportView.model_validate(each) for each in kept], cursor)


@api.post(
    "/v1/clients/{client_id}/upward-reports/{report_id}/acknowledgements",
    status_code=201,
    **operation(
        "acknowledgeUpwardReport",
        allow=allow(*DECIDERS),
        en="Acknowledge a report",
        zh="签收上报信息",
        en_detail="Whom it was reported to, once; never the reporter.",
        zh_detail="由被报送人签收一次，报送人本人不得签收。",
        audience=["front-end", "branch"],
    ),
)
async def acknowledge(client_id: UUID, report_id: UUID, call: Call) -> AcknowledgedView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    await acknowledge_report(call.tx, client_id, report_id, by=call.principal, now=call.now)
    return AcknowledgedView(report_id=report_id, acknowledged_by=call.principal.subject, acknowledged_at=call.now)
