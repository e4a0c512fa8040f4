"""`/v1/work-items`: what rules ask the caller to do, taken on, handed over, done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import overdue, work_items
from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.operation_docs import Audience, operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow_any_staff
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from chassis.work_items import WorkItem

_AUDIENCE: tuple[Audience, ...] = ("front-end", "call-centre", "branch")
_MINE = allow_any_staff()
_NOBODY = Text(en="Name a person or a role.", zh="请指定人员或岗位。")
_NO_PLACE = Text(en="A role at a unit needs the unit's path too.", zh="指定机构岗位时须同时提供机构路径。")
_EXAMPLE = {
    "id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11",
    "kind": "notify-client",
    "rule": "CR-14",
    "text": "membership.invite",
    "summary": "Invite the client to join",
    "client_id": "019a9c7e-0000-7000-8000-000000000001",
    "subject_id": "019a9c7e-0000-7000-8000-000000000001",
    "owner": "staff:100234",
    "owner_role": None,
    "unit_id": None,
    "unit_path": None,
    "due_at": "2026-11-25T16:00:00Z",
    "status": "open",
    "created_at": "2026-11-22T01:00:00Z",
    "acknowledged_at": None,
    "handed_over_at": None,
    "completed_at": None,
    "result": None,
}


class WorkItemView(Output):
    """One work item as its owner sees it."""

    id: UUID
    kind: str
    rule: str = described(en="The requirement that asks for it", zh="依据的规则编号")
    text: str = described(en="Code of the sentence", zh="说明文本代码")
    summary: str | None = described(en="The sentence itself", zh="说明文本")
    client_id: UUID | None
    subject_id: UUID = described(en="The case, card, client or plan it is about", zh="所涉案件、卡片、客户或计划")
    owner: str | None
    owner_role: str | None
    unit_id: UUID | None
    unit_path: str | None
    due_at: datetime | None
    status: Literal["open", "acknowledged", "done"]
    created_at: datetime
    acknowledged_at: datetime | None
    handed_over_at: datetime | None
    completed_at: datetime | None
    result: str | None


class HandOver(Input):
    """To whom an item goes: a person, or a role, at a unit or anywhere."""

    owner: str | None = described(
        en="staff:<number>", zh="staff:<工号>", default=None, pattern=r"^staff:[0-9A-Za-z]{1,32}$"
    )
    owner_role: str | None = described(en="A role", zh="岗位", default=None, pattern=r"^[a-z_]{1,64}$")
    unit_id: UUID | None = None
    unit_path: str | None = described(
        en="The unit's path", zh="机构路径", default=None, pattern=r"^/([^/]+/)+$", max_length=200
    )


class Completion(Input):
    """What came of it, as a code."""

    result: str = described(en="Result code", zh="结果代码", pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=80)


def work_items_router(texts: Mapping[str, Text] | None = None) -> APIRouter:
    """The caller's work items; `texts` are the sentences behind the items' text codes."""
    api = router()
    sentences = {overdue.KIND: overdue.TEXT, **(texts or {})}

    def view(item: WorkItem, call: CallContext) -> WorkItemView:
        sentence = sentences.get(item.text)
        shown = {name: getattr(item, name) for name in WorkItemView.model_fields if name != "summary"}
        return WorkItemView(**shown, summary=sentence.say(call.language) if sentence else None)

    @api.get(
        "/v1/work-items",
        **operation(
            "listWorkItems",
            allow=_MINE,
            en="List my work items",
            zh="查询我的工作事项",
            en_detail="Unfinished items given to me by name, or to a role that I hold at that place; oldest first.",
            zh_detail="分配给本人，或分配给本人在该机构所任岗位的未办结事项，按时间先后排列。",
            audience=_AUDIENCE,
            answer_example={"items": [_EXAMPLE], "next_cursor": None},
        ),
    )
    async def list_work_items(
        page_: Page, call: Call, client_id: Annotated[UUID | None, Query()] = None
    ) -> PageOf[WorkItemView]:
        after = page_.after(UUID)
        found = await work_items.list_mine(
            call.tx, call.principal, limit=page_.limit + 1, after=after[0] if after else None, client_id=client_id,
            now=call.now,
        )  # fmt: skip
        kept, cursor = cut(found, page_.limit, lambda item: (item.id,))
        return page([view(item, call) for item in kept], cursor)

    @api.post(
        "/v1/work-items/{item_id}/acknowledgements",
        **operation(
            "acknowledgeWorkItem",
            allow=_MINE,
            en="Take a work item on",
            zh="受理工作事项",
            en_detail="From now on it is mine by name.",
            zh_detail="受理后该事项归本人办理。",
            audience=_AUDIENCE,
            answer_example={**_EXAMPLE, "status": "acknowledged"},
        ),
    )
    async def acknowledge_work_item(item_id: UUID, call: Call) -> WorkItemView:
        return view(await work_items.acknowledge(call.tx, item_id, by=call.principal, now=call.now), call)

    @api.post(
        "/v1/work-items/{item_id}/hand-overs",
        **operation(
            "handOverWorkItem",
            allow=_MINE,
            en="Hand a work item over",
            zh="转交工作事项",
            audience=_AUDIENCE,
            example={"owner": "staff:100235"},
            answer_example={**_EXAMPLE, "owner": "staff:100235"},
        ),
    )
    async def hand_over_work_item(item_id: UUID, body: HandOver, call: Call) -> WorkItemView:
        if body.owner is None and body.owner_role is None:
            raise Invalid([FieldError("/owner", "work-item.nobody", _NOBODY)])
        if body.owner is None and body.unit_id is not None and body.unit_path is None:
            raise Invalid([FieldError("/unit_path", "work-item.no-place", _NO_PLACE)])
        handed = await work_items.hand_over(
            call.tx,
            item_id,
            by=call.principal,
            now=call.now,
            owner=body.owner,
            owner_role=body.owner_role,
            unit_id=body.unit_id,
            unit_path=body.unit_path,
        )
        return view(handed, call)

    @api.post(
        "/v1/work-items/{item_id}/completions",
        **operation(
            "completeWorkItem",
            allow=_MINE,
            en="Report a work item done",
            zh="办结工作事项",
            audience=_AUDIENCE,
            example={"result": "client-reached"},
            answer_example={**_EXAMPLE, "status": "done", "result": "client-reached"},
        ),
    )
    async def complete_work_item(item_id: UUID, body: Completion, call: Call) -> WorkItemView:
        done = await work_items.complete(call.tx, item_id, by=call.principal, result=body.result, now=call.now)
        return view(done, call)

    return api
