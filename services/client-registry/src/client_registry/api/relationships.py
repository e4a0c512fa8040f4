"""The end of a client's relationship with the bank, and its reopening within retention."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from pydantic import Field

from client_registry.domain.relationships import EndEvidence, RelationshipEnd
from client_registry.use_cases.end_relationship import end_relationship
from client_registry.use_cases.reopen_relationship import reopen_relationship
from client_registry.views import clients as files
from client_registry.views import retention as views

api = router()
_REPORTERS = allow("relationship_manager", "private_banker", "branch_personal_banking", "data_steward")
_READERS = allow("branch_personal_banking", "head_office_personal_banking", "data_steward", "auditor")


class EndRelationship(Input):
    """Since when, why, and by what it is known; the paper itself is added with attachPaper."""

    ended_on: date = described(en="The last day; retention counts from it", zh="关系终止日，保存期自此起算")
    cause: RelationshipEnd
    evidence: Literal["closing_form", "letter", "court"] = described(en="By what it is known", zh="依据")
    reason: str | None = Field(default=None, min_length=1, max_length=2000, pattern=r"\S")


class ReopenRelationship(Input):
    """From when on the client is one again."""

    reopened_on: date


class EndingRecordView(Output):
    """One end of a relationship, and its reopening where there was one."""

    ending_id: UUID
    client_id: UUID
    cause: str
    evidence: str
    ended_on: date
    reported_by: str
    reported_at: datetime
    reopened_on: date | None
    reopened_by: str | None


class ReopenedView(Output):
    """The file goes on from that day."""

    client_id: UUID
    reopened_on: date


class EndedView(Output):
    """The record, to which papers may be added."""

    ending_id: UUID
    client_id: UUID
    ended_on: date


@api.post(
    "/v1/clients/{client_id}/relationship-endings",
    status_code=201,
    **operation(
        "endRelationship",
        allow=_REPORTERS,
        en="Record that a client has left the bank",
        zh="登记客户关系终止",
        en_detail="Membership, consents and open work end at once; the file is only read from then on and is erased when "
        "its retention is over. Reopening, legal holds, evidence and requests for erasure stay possible.",
        zh_detail="会员资格、授权及未结待办即时终止；档案此后仅供查阅，保存期满后删除。仍可恢复档案、设置法律保全、补充证明材料及受理删除请求。",
        audience=["branch"],
        example={"ended_on": "2026-11-20", "cause": "client_left", "evidence": "closing_form"},
    ),
)
async def end(client_id: UUID, body: EndRelationship, call: Call) -> EndedView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    ending_id = await end_relationship(
        call.tx,
        client_id,
        cause=body.cause,
        evidence=EndEvidence(body.evidence),
        ended_on=body.ended_on,
        reason=body.reason,
        by=call.principal,
        now=call.now,
    )
    return EndedView(ending_id=ending_id, client_id=client_id, ended_on=body.ended_on)


@api.get(
    "/v1/clients/{client_id}/relationship-endings",
    **operation(
        "listRelationshipEndings",
        allow=_READERS,
        en="List when a client left and came back",
        zh="查询客户关系终止与恢复记录",
        audience=["branch"],
    ),
)
async def list_endings(client_id: UUID, paging: Page, call: Call) -> PageOf[EndingRecordView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    key = paging.after(UUID)
    rows = await views.endings(call.tx, client_id, after=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    names = [name for name in EndingRecordView.model_fields if name != "ending_id"]
    items = [EndingRecordView(ending_id=row["id"], **{name: row[name] for name in names}) for row in kept]
    return page(items, cursor)


@api.post(
    "/v1/clients/{client_id}/reopenings",
    status_code=201,
    **operation(
        "reopenRelationship",
        allow=_REPORTERS,
        en="Reopen the file of a client who has come back",
        zh="恢复重新建立关系的客户档案",
        en_detail="Within retention: the file of then goes on. Membership and consents are given anew.",
        zh_detail="仅限保存期内，原档案继续使用；会员资格与授权须重新办理。",
        audience=["branch"],
        example={"reopened_on": "2026-11-22"},
    ),
)
async def reopen(client_id: UUID, body: ReopenRelationship, call: Call) -> ReopenedView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    await reopen_relationship(call.tx, client_id, reopened_on=body.reopened_on, by=call.principal, now=call.now)
    return ReopenedView(client_id=client_id, reopened_on=body.reopened_on)
