"""Erasing whose retention is over: lists for the data steward, a second person's yes, requests of clients (PIPL Art. 47)."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.db import Record
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from chassis.validation_texts import field_refusal
from fastapi import Response
from pydantic import Field, model_validator

from client_registry.api.qualification import OperationAccepted
from client_registry.use_cases.ask_for_erasure import answer_erasure_request, ask_for_erasure
from client_registry.use_cases.confirm_erasures import confirm_erasures
from client_registry.use_cases.propose_erasures import propose_erasures, refuse_erasures
from client_registry.views import clients as files
from client_registry.views import retention as views

api = router()
_READERS = allow("data_steward", "head_office_personal_banking", "auditor")
_STEWARDS = allow("data_steward")
_SECONDS = allow("data_steward", "head_office_personal_banking")
_RECEIVERS = allow("relationship_manager", "private_banker", "branch_personal_banking", "data_steward")


class ErasureListView(Output):
    """One list and how many clients stand on it."""

    erasure_list_id: UUID
    unit_path: str
    prepared_on: date
    source: str = described(en="retention or request", zh="保存期满或客户请求")
    policy_version: int
    status: str
    clients: int
    proposed_by: str | None
    confirmed_by: str | None
    operation_id: UUID | None
    finished_at: datetime | None


class ListedClientView(Output):
    """Somebody on a list: number and days, no name."""

    client_id: UUID
    client_no: str
    kinds: list[str]
    due_on: date
    ended_on: date | None
    died_on: date | None
    outcome: str | None = described(
        en="erased, held (a hold or an open case came between), reopened", zh="已删除、保全中、已恢复"
    )


class RefuseErasures(Input):
    """Why the list goes back to its steward."""

    reason: Literal["not-due", "wrong-clients", "hold-expected", "other"]


class ListMoved(Output):
    """Where the list stands now."""

    erasure_list_id: UUID
    status: str


class AskForErasure(Input):
    """How the client asked, and in which words; they are kept sealed."""

    way: Literal["outlet", "phone", "letter", "app", "web"]
    words: str | None = Field(default=None, min_length=1, max_length=2000, pattern=r"\S")


class ErasureRequestView(Output):
    """One request and its answer."""

    erasure_request_id: UUID
    client_id: UUID
    client_no: str
    way: str
    status: str
    received_by: str
    received_at: datetime
    answer_due_on: date
    refusal: str | None
    answered_by: str | None
    answered_at: datetime | None
    list_id: UUID | None


class AnswerErasureRequest(Input):
    """Granted, or refused with the reason that the law or the facts give."""

    decision: Literal["granted", "refused"]
    refusal: Literal["relationship_stands", "retention_by_law", "legal_hold", "open_complaint"] | None = None

    @model_validator(mode="after")
    def _reason(self) -> Self:
        if (self.decision == "refused") == (self.refusal is None):
            raise field_refusal(
                "erasure-request.reason",
                en="A refusal has a reason, and only a refusal.",
                zh="不同意须说明原因，同意则不填原因。",
            )
        return self


@api.get(
    "/v1/erasure-lists",
    **operation(
        "listErasureLists",
        allow=_READERS,
        en="List the lists of what is to be erased",
        zh="查询到期删除清单",
        audience=["branch"],
    ),
)
async def list_lists(paging: Page, call: Call) -> PageOf[ErasureListView]:
    key = paging.after(UUID)
    rows = await views.lists(call.tx, scope=call.scope, after=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    names = [name for name in ErasureListView.model_fields if name != "erasure_list_id"]
    items = [ErasureListView(erasure_list_id=row["id"], **{name: row[name] for name in names}) for row in kept]
    return page(items, cursor)


@api.get(
    "/v1/erasure-lists/{erasure_list_id}/clients",
    **operation(
        "listClientsToErase",
        allow=_READERS,
        en="Who stands on a list",
        zh="查询清单中的客户",
        en_detail="Numbers, kinds of record and days; no names.",
        zh_detail="仅列编号、记录类别与日期，不含姓名。",
        audience=["branch"],
    ),
)
async def list_clients(erasure_list_id: UUID, paging: Page, call: Call) -> PageOf[ListedClientView]:
    await views.one_list(call.tx, erasure_list_id, scope=call.scope)
    key = paging.after(UUID)
    rows = await views.on_list(call.tx, erasure_list_id, after=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["client_id"],))
    return page(
        [ListedClientView(**{name: row[name] for name in ListedClientView.model_fields}) for row in kept], cursor
    )


@api.post(
    "/v1/erasure-lists/{erasure_list_id}/proposals",
    status_code=201,
    **operation(
        "proposeErasures",
        allow=_STEWARDS,
        en="Put a list forward",
        zh="提交删除清单",
        en_detail="Another person confirms it. Who is not to be erased gets a legal hold first.",
        zh_detail="须由另一人确认。不应删除的客户，请先设置法律保全。",
        audience=["branch"],
    ),
)
async def propose(erasure_list_id: UUID, call: Call) -> ListMoved:
    await views.one_list(call.tx, erasure_list_id, scope=call.scope)
    await propose_erasures(call.tx, erasure_list_id, by=call.principal, now=call.now)
    return ListMoved(erasure_list_id=erasure_list_id, status="proposed")


@api.post(
    "/v1/erasure-lists/{erasure_list_id}/confirmations",
    status_code=202,
    **operation(
        "confirmErasures",
        allow=_SECONDS,
        en="Confirm a list; the persons are erased",
        zh="确认删除清单并执行",
        en_detail="By another person than who put it forward. What names a person goes in all services; what proves "
        "decisions stays. Whoever is held or has come back by then stays whole.",
        zh_detail="须由提交人以外的人员确认。各系统中涉及个人的信息均予删除，决策凭证保留；届时仍在保全中或已恢复的客户不予删除。",
        audience=["branch"],
    ),
)
async def confirm(erasure_list_id: UUID, call: Call, response: Response) -> OperationAccepted:
    await views.one_list(call.tx, erasure_list_id, scope=call.scope)
    started = await confirm_erasures(call.tx, erasure_list_id, by=call.principal, now=call.now)
    response.headers["Location"] = f"/v1/operations/{started.id}"
    return OperationAccepted(
        operation_id=started.id, kind=started.kind, status=started.status, created_at=started.created_at
    )


@api.post(
    "/v1/erasure-lists/{erasure_list_id}/refusals",
    status_code=201,
    **operation(
        "refuseErasures",
        allow=_SECONDS,
        en="Send a list back",
        zh="退回删除清单",
        audience=["branch"],
        example={"reason": "hold-expected"},
    ),
)
async def refuse(erasure_list_id: UUID, body: RefuseErasures, call: Call) -> ListMoved:
    await views.one_list(call.tx, erasure_list_id, scope=call.scope)
    await refuse_erasures(call.tx, erasure_list_id, reason=body.reason, by=call.principal, now=call.now)
    return ListMoved(erasure_list_id=erasure_list_id, status="prepared")


@api.post(
    "/v1/clients/{client_id}/erasure-requests",
    status_code=201,
    **operation(
        "askForErasure",
        allow=_RECEIVERS,
        en="Record that a client asks to be erased",
        zh="登记客户删除请求",
        en_detail="The data steward answers by the day in the answer; a refusal has its reason.",
        zh_detail="由数据管理岗在期限内答复；不同意的须说明原因。",
        audience=["branch"],
        example={"way": "letter", "words": "请删除我的个人信息"},
    ),
)
async def ask(client_id: UUID, body: AskForErasure, call: Call) -> ErasureRequestView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    request_id, _ = await ask_for_erasure(
        call.tx, client_id, way=body.way, words=body.words, by=call.principal, now=call.now
    )
    return _request(await views.request(call.tx, request_id, scope=call.scope))


@api.get(
    "/v1/erasure-requests",
    **operation(
        "listErasureRequests", allow=_READERS, en="List clients' requests", zh="查询客户删除请求", audience=["branch"]
    ),
)
async def list_requests(
    paging: Page, call: Call, status: Literal["open", "granted", "refused"] | None = None
) -> PageOf[ErasureRequestView]:
    key = paging.after(UUID)
    rows = await views.requests(
        call.tx, scope=call.scope, status=status, after=key[0] if key else None, size=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_request(row) for row in kept], cursor)


@api.post(
    "/v1/erasure-requests/{erasure_request_id}/answers",
    status_code=201,
    **operation(
        "answerErasureRequest",
        allow=_STEWARDS,
        en="Answer a client's request",
        zh="答复客户删除请求",
        en_detail="Granted only where the relationship has ended and neither a hold nor an open case stands against it; "
        "then a list with this client alone waits for its second person.",
        zh_detail="仅在关系已终止且无保全、无未结案件时可同意；同意后生成单独清单，仍须双人确认。",
        audience=["branch"],
        example={"decision": "refused", "refusal": "relationship_stands"},
    ),
)
async def answer(erasure_request_id: UUID, body: AnswerErasureRequest, call: Call) -> ErasureRequestView:
    await views.request(call.tx, erasure_request_id, scope=call.scope)
    await answer_erasure_request(call.tx, erasure_request_id, refusal=body.refusal, by=call.principal, now=call.now)
    return _request(await views.request(call.tx, erasure_request_id, scope=call.scope))


def _request(row: Record) -> ErasureRequestView:
    names = [name for name in ErasureRequestView.model_fields if name != "erasure_request_id"]
    return ErasureRequestView(erasure_request_id=row["id"], **{name: row[name] for name in names})
