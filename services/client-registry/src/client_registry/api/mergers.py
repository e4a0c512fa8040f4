"""Files that may be one person's: the queue, and merging by two people, with a way back."""

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

from client_registry.domain.contact_ways import Way
from client_registry.domain.mergers import ContactChoice, Side
from client_registry.use_cases.dismiss_duplicate import dismiss_duplicate
from client_registry.use_cases.merge_clients import merge_clients
from client_registry.use_cases.propose_merger import propose_merger
from client_registry.use_cases.refuse_merger import refuse_merger
from client_registry.use_cases.reverse_merger import reverse_merger
from client_registry.views import clients as files
from client_registry.views import mergers as views

api = router()
_STEWARDS = allow("data_steward", "branch_personal_banking", "head_office_personal_banking")
_READERS = allow("data_steward", "branch_personal_banking", "head_office_personal_banking", "auditor")
_DECIDERS = allow("branch_personal_banking", "head_office_personal_banking")
_ID = "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"


class MergerReason(Input):
    """Why; it is kept sealed."""

    reason: str = Field(min_length=1, max_length=2000, pattern=r"\S")


class RefuseMerger(Input):
    """Why the two files stay two."""

    reason: Literal["different-people", "wrong-survivor", "not-proved", "other"]


class Choice(Input):
    """Which file's value of a contact way the survivor keeps."""

    way: Way
    of: Side


class ProposeMerger(MergerReason):
    """Which file stays, which goes into it, and the contact ways in the client's order."""

    surviving_client_id: UUID
    merged_client_id: UUID
    contacts: list[Choice] = described(
        en="In the client's order; without any, the survivor's ways and behind them what only the other file has",
        zh="按客户意愿排序；不填则保留存续档案的联系方式，并补充另一档案独有的方式",
        default_factory=list,
        max_length=5,
    )


class PairFileView(Output):
    """One of two files, masked."""

    client_id: UUID
    client_no: str
    name: str
    home_code: str
    manager: str | None


class PairView(Output):
    """Two files that may be one person's; `agreeing` says which fields do."""

    candidate_id: UUID
    files: list[PairFileView]
    agreeing: list[str]
    found_at: datetime


class DismissalView(Output):
    """The pair is settled."""

    candidate_id: UUID
    status: str


class MergerView(Output):
    """A merger as it stands."""

    merger_id: UUID
    surviving: PairFileView
    merged: PairFileView
    status: str
    reason: str
    contacts: list[dict[str, str]]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reversible_until: date | None
    reversed_by: str | None
    reversed_at: datetime | None


@api.get(
    "/v1/duplicate-candidates",
    **operation(
        "listDuplicateCandidates",
        allow=_READERS,
        en="List files that may be one person's",
        zh="查询疑似重复客户档案",
        en_detail="Open pairs of which both files are in your scope, masked, with the fields that agree.",
        zh_detail="仅返回两份档案均在您权限范围内的待处理记录（脱敏），并列出一致字段。",
        audience=["branch"],
    ),
)
async def list_candidates(call: Call, paging: Page) -> PageOf[PairView]:
    key = paging.after(UUID)
    found = await views.list_pairs(call.tx, scope=call.scope, after=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(found, paging.limit, lambda pair: (pair.id,))
    items = [
        PairView(
            candidate_id=pair.id,
            files=[PairFileView.model_validate(file) for file in pair.files],
            agreeing=pair.agreeing,
            found_at=pair.found_at,
        )
        for pair in kept
    ]
    return page(items, cursor)


@api.post(
    "/v1/duplicate-candidates/{candidate_id}/dismissals",
    status_code=201,
    **operation(
        "dismissDuplicate",
        allow=_STEWARDS,
        en="Two people after all",
        zh="排除疑似重复",
        audience=["branch"],
        example={"reason": "同名同生日，经核实为两人"},
    ),
)
async def dismiss(candidate_id: UUID, body: MergerReason, call: Call) -> DismissalView:
    await views.require_pair(call.tx, candidate_id, scope=call.scope)
    await dismiss_duplicate(call.tx, candidate_id, reason=body.reason, by=call.principal, now=call.now)
    return DismissalView(candidate_id=candidate_id, status="dismissed")


@api.post(
    "/v1/client-mergers",
    status_code=201,
    **operation(
        "proposeMerger",
        allow=_STEWARDS,
        en="Propose to merge two files",
        zh="提交合并客户档案",
        en_detail="Both files must be in your scope. Another person decides; a change of either file overtakes the proposal.",
        zh_detail="两份档案均须在您权限范围内。须由另一人审批；任一档案变更后须重新提交。",
        audience=["branch"],
        example={"surviving_client_id": _ID, "merged_client_id": _ID, "reason": "同一客户重复建档"},
    ),
)
async def propose(body: ProposeMerger, call: Call) -> MergerView:
    for client_id in (body.surviving_client_id, body.merged_client_id):
        await files.require_open(call.tx, client_id, scope=call.scope)
    merger_id = await propose_merger(
        call.tx,
        surviving=body.surviving_client_id,
        merged=body.merged_client_id,
        contacts=[ContactChoice(way=choice.way, of=choice.of) for choice in body.contacts],
        reason=body.reason,
        by=call.principal,
        now=call.now,
    )
    return _view(await views.get_merger(call.tx, merger_id, scope=call.scope))


@api.get(
    "/v1/client-mergers",
    **operation("listMergers", allow=_READERS, en="List mergers of files", zh="查询档案合并记录", audience=["branch"]),
)
async def list_mergers(call: Call, paging: Page) -> PageOf[MergerView]:
    key = paging.after(UUID)
    found = await views.list_mergers(call.tx, scope=call.scope, before=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(found, paging.limit, lambda merger: (merger.id,))
    return page([_view(merger) for merger in kept], cursor)


@api.get(
    "/v1/client-mergers/{merger_id}",
    **operation("getMerger", allow=_READERS, en="See one merger", zh="查看档案合并", audience=["branch"]),
)
async def get_merger(merger_id: UUID, call: Call) -> MergerView:
    return _view(await views.get_merger(call.tx, merger_id, scope=call.scope))


@api.post(
    "/v1/client-mergers/{merger_id}/approvals",
    status_code=201,
    **operation(
        "approveMerger",
        allow=_DECIDERS,
        en="Merge two files",
        zh="审批并执行档案合并",
        en_detail="By another person than the proposer. Everything moves to the survivor; the other file points to it.",
        zh_detail="须由提交人以外的人员审批。全部信息并入存续档案，另一档案仅作指引。",
        audience=["branch"],
    ),
)
async def approve(merger_id: UUID, call: Call) -> MergerView:
    await views.get_merger(call.tx, merger_id, scope=call.scope)
    await merge_clients(call.tx, merger_id, by=call.principal, now=call.now)
    return _view(await views.get_merger(call.tx, merger_id, scope=call.scope))


@api.post(
    "/v1/client-mergers/{merger_id}/refusals",
    status_code=201,
    **operation(
        "refuseMerger",
        allow=_DECIDERS,
        en="Refuse a merger",
        zh="驳回档案合并",
        audience=["branch"],
        example={"reason": "different-people"},
    ),
)
async def refuse(merger_id: UUID, body: RefuseMerger, call: Call) -> MergerView:
    await views.get_merger(call.tx, merger_id, scope=call.scope)
    await refuse_merger(call.tx, merger_id, reason=body.reason, by=call.principal, now=call.now)
    return _view(await views.get_merger(call.tx, merger_id, scope=call.scope))


@api.post(
    "/v1/client-mergers/{merger_id}/reversals",
    status_code=201,
    **operation(
        "reverseMerger",
        allow=_DECIDERS,
        en="Take a merger back",
        zh="撤销档案合并",
        en_detail="Within the policy's window; what was changed on the survivor since stays there.",
        zh_detail="须在政策规定期限内办理；合并后在存续档案上的变更予以保留。",
        audience=["branch"],
    ),
)
async def reverse(merger_id: UUID, call: Call) -> MergerView:
    await views.get_merger(call.tx, merger_id, scope=call.scope)
    await reverse_merger(call.tx, merger_id, by=call.principal, now=call.now)
    return _view(await views.get_merger(call.tx, merger_id, scope=call.scope))


def _view(merger: views.Merger) -> MergerView:
    return MergerView(
        merger_id=merger.id,
        surviving=PairFileView.model_validate(merger.surviving),
        merged=PairFileView.model_validate(merger.merged),
        status=merger.status,
        reason=merger.reason,
        contacts=merger.contacts,
        proposed_by=merger.proposed_by,
        proposed_at=merger.proposed_at,
        decided_by=merger.decided_by,
        decided_at=merger.decided_at,
        reversible_until=merger.reversible_until,
        reversed_by=merger.reversed_by,
        reversed_at=merger.reversed_at,
    )
