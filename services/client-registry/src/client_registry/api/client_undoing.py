"""Undoing an import of clients: what it would take back, asked for by one person, decided by another."""

from datetime import datetime
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response

from client_registry.domain.import_undoing import OF_CLIENTS, UndoReason
from client_registry.use_cases.decide_import_undo import decide_import_undo
from client_registry.use_cases.propose_import_undo import propose_import_undo
from client_registry.views import client_undoing as views
from client_registry.views import imports

api = router()
_STEWARDS = allow("data_steward")
_READERS = allow("data_steward", "auditor")


class KeptBecause(Output):
    """Why a file stays."""

    code: str
    reason: str


class KeptClient(Output):
    """A file that would stay."""

    client_id: UUID
    reasons: list[KeptBecause]


class ClientUndoPreview(Output):
    """What an undoing would take back now."""

    status: str
    clients: int = described(en="Files that would be taken back", zh="将撤回的客户档案数")
    clients_kept: int = described(
        en="Files that stay, because something was done with them since; the figures go all the same",
        zh="导入后已有后续业务而保留的档案数，其导入数据仍会撤回",
    )
    clients_known: int = described(
        en="Files that were there before: only the figures are taken back", zh="导入前已有的档案数，仅撤回导入的数据"
    )
    kept: list[KeptClient] = described(en="The first 200 of those that stay", zh="保留的档案（前 200 条）")
    proposed_by: str | None = described(en="Who has asked for it, where it waits for a decision", zh="待审批时的提出人")


class ProposeClientUndo(Input):
    """Why the import is to be taken back."""

    reason: UndoReason


class ClientUndoDecision(Output):
    """A proposal and what became of it."""

    import_id: UUID
    status: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    operation_id: UUID | None = None


class ClientUndoOutcome(Output):
    """What became of one client when the import was undone."""

    client_id: UUID
    outcome: str = described(
        en="taken_back, kept (with reasons) or figures_withdrawn (the file was there before)",
        zh="taken_back 已撤回；kept 保留并说明原因；figures_withdrawn 原有档案，仅撤回数据",
    )
    reasons: list[KeptBecause]


@api.get(
    "/v1/client-imports/{import_id}/undo",
    **operation(
        "previewClientImportUndo",
        allow=_READERS,
        en="See what undoing an import of clients would take back",
        zh="预览撤销客户导入的影响",
        audience=["branch", "ops"],
    ),
)
async def preview_undo(import_id: UUID, call: Call) -> ClientUndoPreview:
    row = await imports.client_import(call.tx, import_id, call.scope)
    seen = await views.preview(call.tx, import_id, call.language)
    return ClientUndoPreview.model_validate({"status": row["status"], **seen})


@api.get(
    "/v1/client-imports/{import_id}/undo-report",
    **operation(
        "getClientImportUndoReport",
        allow=_READERS,
        en="Read what became of each client of an undone import",
        zh="查看撤销导入后各客户的处理结果",
        audience=["branch", "ops"],
    ),
)
async def get_undo_report(import_id: UUID, call: Call, paging: Page) -> PageOf[ClientUndoOutcome]:
    await imports.client_import(call.tx, import_id, call.scope)
    key = paging.after(UUID)
    rows = await views.outcomes(call.tx, import_id, after=key[0] if key else UUID(int=0), most=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["client_id"],))
    items = [
        ClientUndoOutcome.model_validate({**row, "reasons": views.reasons_said(row["reasons"], call.language)})
        for row in kept
    ]
    return page(items, cursor)


@api.post(
    "/v1/client-imports/{import_id}/undo-proposals",
    status_code=201,
    **operation(
        "proposeClientImportUndo",
        allow=_STEWARDS,
        en="Ask that an import of clients be undone",
        zh="申请撤销客户导入",
        en_detail="Another data steward decides. Files with which something was done since the import stay, whatever the "
        "preview said: each is looked at again when it is taken back.",
        zh_detail="须由另一名数据管理人员审批。导入后已有后续业务的档案予以保留；执行时逐户重新核对，以执行时为准。",
        audience=["branch", "ops"],
        example={"reason": "wrong_file"},
    ),
)
async def propose_undo(import_id: UUID, body: ProposeClientUndo, call: Call) -> ClientUndoDecision:
    await imports.client_import(call.tx, import_id, call.scope)
    proposed = await propose_import_undo(call.tx, OF_CLIENTS, import_id, body.reason, by=call.principal, now=call.now)
    return ClientUndoDecision(
        import_id=import_id, status=proposed.status, proposed_by=proposed.proposed_by,
        proposed_at=proposed.proposed_at, decided_by=None,
    )  # fmt: skip


@api.post(
    "/v1/client-imports/{import_id}/undo-approvals",
    status_code=202,
    **operation(
        "approveClientImportUndo",
        allow=_STEWARDS,
        en="Approve the undoing of an import of clients",
        zh="批准撤销客户导入",
        en_detail="By another person than who asked. Files taken back are emptied like after retention, and the same file may "
        "be imported again; a filed qualification is not reversed, a review opens.",
        zh_detail="审批人不得为提出人。撤回的档案按到期删除方式清空，同一文件可重新导入；已备案的资格不会被撤销，将发起复核。",
        audience=["branch", "ops"],
    ),
)
async def approve_undo(import_id: UUID, call: Call, response: Response) -> ClientUndoDecision:
    return await _decide(import_id, call, response, approved=True)


@api.post(
    "/v1/client-imports/{import_id}/undo-refusals",
    status_code=201,
    **operation(
        "refuseClientImportUndo",
        allow=_STEWARDS,
        en="Refuse the undoing of an import of clients",
        zh="拒绝撤销客户导入",
        audience=["branch", "ops"],
    ),
)
async def refuse_undo(import_id: UUID, call: Call, response: Response) -> ClientUndoDecision:
    return await _decide(import_id, call, response, approved=False)


async def _decide(import_id: UUID, call: Call, response: Response, *, approved: bool) -> ClientUndoDecision:
    await imports.client_import(call.tx, import_id, call.scope)
    decided, started = await decide_import_undo(
        call.tx, OF_CLIENTS, import_id, approved=approved, by=call.principal, now=call.now
    )
    if started is not None:
        response.headers["Location"] = f"/v1/operations/{started.id}"
    return ClientUndoDecision(
        import_id=import_id, status=decided.status, proposed_by=decided.proposed_by,
        proposed_at=decided.proposed_at, decided_by=decided.decided_by,
        operation_id=None if started is None else started.id,
    )  # fmt: skip
