"""Handing clients over from manager to manager, and the records between posts (CR-43, CR-44, XC-23)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.db import Record
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import NotFound
from chassis.routing import router
from fastapi import Query, Response

from client_registry.domain.hand_overs import HandOverStatus, RefusalReason
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.use_cases.answer_hand_over import answer_hand_over, withdraw_hand_over
from client_registry.use_cases.propose_hand_over import propose_hand_over
from client_registry.use_cases.sign_post_hand_over import sign_post_hand_over
from client_registry.views import clients as client_views
from client_registry.views import hand_overs as views

api = router()
HEADS = (
    "rm_supervisor", "private_banking_supervisor", "wealth_centre_head", "outlet_head", "branch_personal_banking",
)  # fmt: skip
_MANAGERS = tuple(sorted(MANAGER_ROLES))
_PROPOSERS = allow(*_MANAGERS, *HEADS)
_RECEIVERS = allow(*_MANAGERS)
_READERS = allow(*_MANAGERS, *HEADS, "auditor")


class ProposeHandOver(Input):
    """To whom the client goes, and what he should know."""

    to: str = described(
        en="The receiving manager", zh="接收的客户经理", pattern=r"^staff:[A-Za-z0-9_-]{1,32}$"
    )  # fmt: skip
    remarks: str | None = described(
        en="What the receiver should know; kept encrypted", zh="交接说明（加密保存）", default=None, min_length=1,
        max_length=2000,
    )  # fmt: skip


class RefuseHandOver(Input):
    """Why the client is not taken on."""

    reason: RefusalReason = described(en="Reason code", zh="不予接收原因")


class HandOverView(Output):
    """One hand-over of one client."""

    id: UUID
    client_id: UUID
    client_no: str
    service_tier: str
    card_level: str
    from_manager: str = described(en="Responsible until it is accepted", zh="移交人，接收前仍负责该客户")
    to_manager: str
    status: str
    proposed_by: str
    proposed_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    refusal: str | None
    has_remarks: bool
    version: int


class SignatureView(Output):
    """A signature under a record."""

    part: str = described(en="gives or receives", zh="移交方或接收方")
    subject: str
    signed_at: datetime


class PostHandOverView(Output):
    """A record between two posts."""

    id: UUID
    kind: str
    source_id: UUID = described(en="The hand-over or reassignment", zh="对应的移交或批量调整编号")
    unit_path: str
    from_subject: str
    to_subject: str
    made_at: datetime
    clients: int
    work_items: int
    signatures: list[SignatureView]
    remarks: str | None = None
    has_remarks: bool


class PostHandOverItemView(Output):
    """A client or a work item that went over."""

    object_id: UUID
    kind: str
    client_id: UUID


@api.post(
    "/v1/clients/{client_id}/manager-hand-overs",
    status_code=201,
    **operation(
        "proposeManagerHandOver",
        allow=_PROPOSERS,
        en="Offer a client to another manager",
        zh="发起客户移交",
        en_detail="By the present manager, the supervisor or the head. The present manager stays responsible until the "
        "receiver accepts; left unanswered, it goes before the supervisor.",
        zh_detail="由现任客户经理、主管或负责人发起。接收前由现任客户经理继续负责；逾期未接收的，提交主管处理。",
        audience=["branch"],
        example={"to": "staff:BJ0102", "remarks": "客户偏好上午联系"},
    ),
)
async def propose(client_id: UUID, body: ProposeHandOver, call: Call) -> HandOverView:
    await client_views.require_visible(call.tx, client_id, scope=call.scope)
    made = await propose_hand_over(
        call.tx, client_id, to=body.to, remarks=body.remarks, by=call.principal, now=call.now
    )
    return _view(await views.get_hand_over(call.tx, made.id, scope=call.scope))


@api.get(
    "/v1/manager-hand-overs",
    **operation(
        "listManagerHandOvers",
        allow=_READERS,
        en="List hand-overs of clients",
        zh="查询客户移交列表",
        en_detail="To me, from me, proposed by me, or at my places.",
        zh_detail="返回本人接收、移交、发起的，以及本机构范围内的客户移交。",
        audience=["branch"],
    ),
)
async def list_hand_overs(
    call: Call, params: Page, status: Annotated[HandOverStatus | None, Query()] = None
) -> PageOf[HandOverView]:
    key = params.after(UUID)
    rows = await views.list_hand_overs(
        call.tx,
        scope=call.scope,
        status=None if status is None else status.value,
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(rows, params.limit, lambda row: (row["id"],))
    return page([_view(row) for row in kept], cursor)


@api.get(
    "/v1/manager-hand-overs/{hand_over_id}",
    **operation("getManagerHandOver", allow=_READERS, en="Read a hand-over", zh="查看客户移交", audience=["branch"]),
)
async def get_hand_over(hand_over_id: UUID, call: Call, response: Response) -> HandOverView:
    row = await views.get_hand_over(call.tx, hand_over_id, scope=call.scope)
    set_etag(response, row["version"], call.language)
    return _view(row)


@api.post(
    "/v1/manager-hand-overs/{hand_over_id}/acceptances",
    status_code=201,
    **operation(
        "acceptManagerHandOver",
        allow=_RECEIVERS,
        en="Take a client on",
        zh="接收客户",
        en_detail="By the receiver alone. From now on he is responsible; open work about the client is his, and the record "
        "between the posts bears both signatures.",
        zh_detail="仅限接收人本人。接收后由其负责该客户，未办结事项一并转移，并形成双方签署的交接记录。",
        audience=["branch"],
    ),
)
async def accept(hand_over_id: UUID, call: Call) -> HandOverView:
    await answer_hand_over(call.tx, hand_over_id, refusal=None, by=call.principal, now=call.now)
    return _view(await views.get_hand_over(call.tx, hand_over_id, scope=call.scope))


@api.post(
    "/v1/manager-hand-overs/{hand_over_id}/refusals",
    status_code=201,
    **operation(
        "refuseManagerHandOver",
        allow=_RECEIVERS,
        en="Decline a client",
        zh="不予接收客户",
        en_detail="By the receiver alone; the old manager stays.",
        zh_detail="仅限接收人本人；由原客户经理继续负责。",
        audience=["branch"],
        example={"reason": "workload"},
    ),
)
async def refuse(hand_over_id: UUID, body: RefuseHandOver, call: Call) -> HandOverView:
    await answer_hand_over(call.tx, hand_over_id, refusal=body.reason, by=call.principal, now=call.now)
    return _view(await views.get_hand_over(call.tx, hand_over_id, scope=call.scope))


@api.post(
    "/v1/manager-hand-overs/{hand_over_id}/withdrawals",
    status_code=201,
    **operation(
        "withdrawManagerHandOver",
        allow=_PROPOSERS,
        en="Take an offered hand-over back",
        zh="撤回客户移交",
        en_detail="By who proposed it, or by a head of the place; the receiver refuses instead.",
        zh_detail="由发起人或机构负责人撤回；接收人应使用“不予接收”。",
        audience=["branch"],
    ),
)
async def withdraw(hand_over_id: UUID, call: Call) -> HandOverView:
    row = await views.get_hand_over(call.tx, hand_over_id, scope=call.scope)
    if row["proposed_by"] != call.principal.subject and not call.scope.covers(row["home_path"]):
        raise NotFound()
    await withdraw_hand_over(call.tx, hand_over_id, by=call.principal, now=call.now)
    return _view(await views.get_hand_over(call.tx, hand_over_id, scope=call.scope))


@api.get(
    "/v1/post-hand-overs",
    **operation(
        "listPostHandOvers",
        allow=_READERS,
        en="List hand-over records between posts",
        zh="查询岗位交接记录",
        en_detail="For both people, heads of the place, and the auditor; without the remarks.",
        zh_detail="供交接双方、机构负责人及审计查阅；列表不含交接说明。",
        audience=["branch"],
    ),
)
async def list_records(call: Call, params: Page) -> PageOf[PostHandOverView]:
    key = params.after(UUID)
    rows = await views.list_records(
        call.tx, scope=call.scope, after=None if key is None else key[0], size=params.limit + 1
    )
    kept, cursor = cut(rows, params.limit, lambda row: (row["id"],))
    return page([_record(row) for row in kept], cursor)


@api.get(
    "/v1/post-hand-overs/{hand_over_record_id}",
    **operation(
        "getPostHandOver",
        allow=_READERS,
        en="Read a hand-over record",
        zh="查看岗位交接记录",
        en_detail="With its remarks, where there are any: reading them leaves an audit row.",
        zh_detail="含交接说明；查看交接说明将留下审计记录。",
        audience=["branch"],
    ),
)
async def get_record(hand_over_record_id: UUID, call: Call, response: Response) -> PostHandOverView:
    row = await views.get_record(call.tx, hand_over_record_id, scope=call.scope)
    remarks = None
    if row["has_remarks"]:
        await audit.record(
            call.tx, act="post-hand-over.read", by=call.principal, object_type="post-hand-over", object_id=hand_over_record_id,
            at=call.now,
        )  # fmt: skip
        remarks = await views.remarks_of(call.tx, row["source_id"])
    set_etag(response, 1 + len(row["signatures"]), call.language)
    return _record(row, remarks=remarks)


@api.get(
    "/v1/post-hand-overs/{hand_over_record_id}/items",
    **operation(
        "listPostHandOverItems",
        allow=_READERS,
        en="List what was handed over",
        zh="查询交接清单",
        en_detail="Clients, and the registry's open work items about them; the other services move theirs with the client.",
        zh_detail="包括客户及本服务的未办结事项；其他服务的事项随客户一并转移。",
        audience=["branch"],
    ),
)
async def list_items(hand_over_record_id: UUID, call: Call, params: Page) -> PageOf[PostHandOverItemView]:
    await views.get_record(call.tx, hand_over_record_id, scope=call.scope)
    key = params.after(UUID)
    rows = await views.list_items(
        call.tx, hand_over_record_id, after=None if key is None else key[0], size=params.limit + 1
    )
    kept, cursor = cut(rows, params.limit, lambda row: (row["object_id"],))
    return page([PostHandOverItemView(**dict(row)) for row in kept], cursor)


@api.post(
    "/v1/post-hand-overs/{hand_over_record_id}/signatures",
    status_code=201,
    **operation(
        "signPostHandOver",
        allow=_RECEIVERS,
        en="Sign a hand-over record",
        zh="签署岗位交接记录",
        en_detail="By the receiver alone: everything on the list came over. Signed once.",
        zh_detail="仅限接收人本人，确认清单所列事项交接完毕；只签署一次。",
        audience=["branch"],
    ),
)
async def sign(hand_over_record_id: UUID, call: Call) -> PostHandOverView:
    row = await views.get_record(call.tx, hand_over_record_id, scope=call.scope)
    if call.principal.subject != row["to_subject"]:
        raise NotFound()
    await sign_post_hand_over(call.tx, hand_over_record_id, by=call.principal, now=call.now)
    return _record(await views.get_record(call.tx, hand_over_record_id, scope=call.scope))


def _view(row: Record) -> HandOverView:
    return HandOverView(**{name: row[name] for name in HandOverView.model_fields})


def _record(row: Mapping[str, Any], *, remarks: str | None = None) -> PostHandOverView:
    shown = {name: row[name] for name in PostHandOverView.model_fields if name not in ("remarks", "signatures")}
    return PostHandOverView(
        **shown, remarks=remarks, signatures=[SignatureView.model_validate(each) for each in row["signatures"]]
    )
