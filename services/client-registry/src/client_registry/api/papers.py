"""Evidence: why a qualification was cancelled, and the papers behind it and behind other records of a client."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.attachments import SIZE_MAX, Attachment
from chassis.bodies import Output
from chassis.call import Call
from chassis.media_types import EXTENSIONS
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import File, Response, UploadFile

from client_registry.use_cases.keep_paper import keep_paper
from client_registry.views import clients as files
from client_registry.views import papers as views

api = router()
_READERS = allow("branch_personal_banking", "head_office_personal_banking", "data_steward", "auditor")
_KEEPERS = allow("branch_personal_banking", "head_office_personal_banking", "data_steward")
_NO_FILE = Text(en="Send the paper as `file`.", zh="请以 file 字段上传文件。")
_NO_PURPOSE = Text(en="Papers are read for a purpose.", zh="查看证明材料须说明用途。")
PaperPurpose = Literal["risk_control", "correction", "audit", "dispute"]
_PAPER_EXAMPLE = {
    "attachment_id": "0199f2c1-6f3e-7a44-9d55-2b8d0c6f1a01", "kind": "revocation", "name": "催收记录.pdf",
    "media_type": "application/pdf", "size": 48213, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "added_by": "staff:BJ0101", "added_at": "2026-11-22T04:00:00Z",
}  # fmt: skip


class PaperView(Output):
    """One paper, without its content; `sha256` is that of the content."""

    attachment_id: UUID
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime


class PapersView(Output):
    """The papers of one record."""

    items: list[PaperView]


class RevocationFileView(Output):
    """One revocation, its reason and its evidence."""

    revocation_id: UUID
    cause: str
    reason: str
    risk_event_id: UUID | None
    decision_id: UUID
    decided_by: str
    decided_at: datetime
    evidence: list[PaperView]


@api.get(
    "/v1/clients/{client_id}/revocations",
    **operation(
        "listRevocations",
        allow=_READERS,
        en="List a client's revocations with their evidence",
        zh="查询客户资格取消记录及证据",
        en_detail="Reading leaves an audit row.",
        zh_detail="查询会留下审计记录。",
        audience=["branch"],
    ),
)
async def list_revocations(client_id: UUID, call: Call, paging: Page) -> PageOf[RevocationFileView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    key = paging.after(UUID)
    found = await views.revocations(
        call.tx, client_id, before=key[0] if key else None, size=paging.limit + 1, by=call.principal, now=call.now
    )
    kept, cursor = cut(found, paging.limit, lambda each: (each.id,))
    items = [
        RevocationFileView(
            revocation_id=each.id,
            cause=each.cause,
            reason=each.reason,
            risk_event_id=each.risk_event_id,
            decision_id=each.decision_id,
            decided_by=each.decided_by,
            decided_at=each.decided_at,
            evidence=[paper_view(paper) for paper in each.evidence],
        )
        for each in kept
    ]
    return page(items, cursor)


@api.post(
    "/v1/clients/{client_id}/records/{record_id}/attachments",
    status_code=201,
    **operation(
        "attachPaper",
        allow=_KEEPERS,
        en="Add evidence to a revocation, a death or a change of identity",
        zh="上传资格取消、死亡登记或身份变更的证明材料",
        en_detail="PDF, JPEG, PNG, DOCX or XLSX up to 10 MiB; the content decides what it is, not its name.",
        zh_detail="支持 PDF、JPEG、PNG、DOCX、XLSX，最大 10 MiB；以文件内容而非文件名判断类型。",
        audience=["branch"],
        upload=True,
        answer_example=_PAPER_EXAMPLE,
    ),
)
async def attach(
    client_id: UUID, record_id: UUID, call: Call, file: Annotated[UploadFile | None, File()] = None
) -> PaperView:
    # A byte more than is taken is enough to know that it is too large.
    content = b"" if file is None else await file.read(SIZE_MAX + 1)
    tx = await call.begin()
    await views.require_record(tx, client_id, record_id, scope=call.scope)
    if file is None:
        raise Invalid([FieldError("/file", "attachment.missing", _NO_FILE)])
    kept = await keep_paper(
        tx, client_id, record_id, name=file.filename or "", media_type=file.content_type, content=content,
        by=call.principal, now=call.now,
    )  # fmt: skip
    return paper_view(kept)


@api.get(
    "/v1/clients/{client_id}/records/{record_id}/attachments",
    **operation(
        "listPapers",
        allow=_READERS,
        en="List the evidence of a record",
        zh="查询证明材料列表",
        audience=["branch"],
    ),
)
async def list_papers(client_id: UUID, record_id: UUID, call: Call) -> PapersView:
    await views.require_record(call.tx, client_id, record_id, scope=call.scope)
    return PapersView(items=[paper_view(paper) for paper in await views.papers_of(call.tx, record_id)])


@api.get(
    "/v1/clients/{client_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in EXTENSIONS}}},
    **operation(
        "downloadPaper",
        allow=_READERS,
        en="Download a paper",
        zh="下载证明材料",
        en_detail="Needs a purpose; reading leaves an audit row.",
        zh_detail="须说明用途，下载会留下审计记录。",
        audience=["branch"],
    ),
)
async def download(client_id: UUID, attachment_id: UUID, call: Call, purpose: PaperPurpose | None = None) -> Response:
    await views.require_paper(call.tx, client_id, attachment_id, scope=call.scope)
    if purpose is None:
        raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
    found, content = await views.paper(call.tx, attachment_id, purpose=purpose, by=call.principal, now=call.now)
    # The name may name a person and would stand in proxies' logs; the type is what the content is.
    name = f"{found.id}.{EXTENSIONS[found.media_type]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=found.media_type, headers=headers)


def paper_view(paper: Attachment) -> PaperView:
    """A paper as it is answered."""
    return PaperView(
        attachment_id=paper.id,
        kind=paper.kind,
        name=paper.name,
        media_type=paper.media_type,
        size=paper.size,
        sha256=paper.sha256,
        added_by=paper.added_by,
        added_at=paper.added_at,
    )
