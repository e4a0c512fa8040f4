"""Undoing an import of figures: what it would take back, asked for by one person, decided by another."""

from datetime import datetime
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response

from client_registry.domain.import_undoing import OF_FIGURES, UndoReason
from client_registry.use_cases.decide_import_undo import decide_import_undo
from client_registry.use_cases.propose_import_undo import propose_import_undo
from client_registry.views import figure_undoing as views
from client_registry.views import imports

api = router()
_STEWARDS = allow("data_steward")
_READERS = allow("data_steward", "auditor")
_CONTENT = "figures"


class FiledQualification(Output):
    """A filed qualification whose figures are among these."""

    client_id: UUID
    level: str


class UndoPreview(Output):
    """What an undoing would take back now."""

    status: str
    clients: int
    statements: int = described(en="Clients' months that would be withdrawn", zh="将撤回的客户月份数")
    corrected_since: int = described(
        en="Of these, months that the same source has corrected since: the correction stays",
        zh="其中来源系统此后已更正的月份数，更正数据保留",
    )
    first_month: str | None
    last_month: str | None
    filed_total_shown: int
    filed: list[FiledQualification] = described(
        en="Filed qualifications that are not reversed: a review opens for each (the first 200)",
        zh="已备案的资格不会被撤销，将逐一发起复核（前 200 条）",
    )
    proposed_by: str | None = described(en="Who has asked for it, where it waits for a decision", zh="待审批时的提出人")


class ProposeUndo(Input):
    """Why the import is to be taken back."""

    reason: UndoReason


class UndoDecision(Output):
    """A proposal and what became of it."""

    figure_import_id: UUID
    status: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    operation_id: UUID | None = None


@api.get(
    "/v1/figure-imports/{figure_import_id}/undo",
    **operation(
        "previewFigureImportUndo",
        allow=_READERS,
        en="See what undoing an import of figures would take back",
        zh="预览撤销月度数据导入的影响",
        audience=["branch", "ops"],
    ),
)
async def preview_undo(figure_import_id: UUID, call: Call) -> UndoPreview:
    row = await imports.client_import(call.tx, figure_import_id, call.scope, content=_CONTENT)
    seen = await views.preview(call.tx, figure_import_id)
    return UndoPreview.model_validate({"status": row["status"], **seen})


@api.post(
    "/v1/figure-imports/{figure_import_id}/undo-proposals",
    status_code=201,
    **operation(
        "proposeFigureImportUndo",
        allow=_STEWARDS,
        en="Ask that an import of figures be undone",
        zh="申请撤销月度数据导入",
        en_detail="Another data steward decides. Nothing is deleted: the figures stand no more from the moment of undoing on, "
        "what was known before can still be asked for.",
        zh_detail="须由另一名数据管理人员审批。数据不会删除：自撤销时起不再有效，此前的认定依据仍可追溯。",
        audience=["branch", "ops"],
        example={"reason": "wrong_month"},
    ),
)
async def propose_undo(figure_import_id: UUID, body: ProposeUndo, call: Call) -> UndoDecision:
    await imports.client_import(call.tx, figure_import_id, call.scope, content=_CONTENT)
    proposed = await propose_import_undo(
        call.tx, OF_FIGURES, figure_import_id, body.reason, by=call.principal, now=call.now
    )
    return UndoDecision(
        figure_import_id=figure_import_id, status=proposed.status, proposed_by=proposed.proposed_by,
        proposed_at=proposed.proposed_at, decided_by=None,
    )  # fmt: skip


@api.post(
    "/v1/figure-imports/{figure_import_id}/undo-approvals",
    status_code=202,
    **operation(
        "approveFigureImportUndo",
        allow=_STEWARDS,
        en="Approve the undoing of an import of figures",
        zh="批准撤销月度数据导入",
        en_detail="By another person than who asked. The clients concerned are evaluated again; a filed qualification is not "
        "reversed, a review opens.",
        zh_detail="审批人不得为提出人。相关客户将重新评定；已备案的资格不会被撤销，将发起复核。",
        audience=["branch", "ops"],
    ),
)
async def approve_undo(figure_import_id: UUID, call: Call, response: Response) -> UndoDecision:
    return await _decide(figure_import_id, call, response, approved=True)


@api.post(
    "/v1/figure-imports/{figure_import_id}/undo-refusals",
    status_code=201,
    **operation(
        "refuseFigureImportUndo",
        allow=_STEWARDS,
        en="Refuse the undoing of an import of figures",
        zh="拒绝撤销月度数据导入",
        audience=["branch", "ops"],
    ),
)
async def refuse_undo(figure_import_id: UUID, call: Call, response: Response) -> UndoDecision:
    return await _decide(figure_import_id, call, response, approved=False)


async def _decide(figure_import_id: UUID, call: Call, response: Response, *, approved: bool) -> UndoDecision:
    await imports.client_import(call.tx, figure_import_id, call.scope, content=_CONTENT)
    decided, started = await decide_import_undo(
        call.tx, OF_FIGURES, figure_import_id, approved=approved, by=call.principal, now=call.now
    )
    if started is not None:
        response.headers["Location"] = f"/v1/operations/{started.id}"
    return UndoDecision(
        figure_import_id=figure_import_id, status=decided.status, proposed_by=decided.proposed_by,
        proposed_at=decided.proposed_at, decided_by=decided.decided_by,
        operation_id=None if started is None else started.id,
    )  # fmt: skip
