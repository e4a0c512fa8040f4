"""The registration form as an Excel workbook: download the template, hand a filled one in (CR-40, CR-45, CR-53 to CR-74)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call
from chassis.media_types import XLSX
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid, TooLarge
from chassis.routing import router
from chassis.texts import Text
from fastapi import File, Form, Response, UploadFile

from client_registry.api.clients import Purpose, known_to
from client_registry.api.readers import FILE_READERS
from client_registry.api.registration_forms import audit_reveal
from client_registry.api.second_entries import WAITS, accepted
from client_registry.domain.form_workbook_reading import SIZE_MAX
from client_registry.domain.registration_form import WRITERS, Source
from client_registry.domain.second_entries import PendingEntry
from client_registry.use_cases.fill_from_workbook import fill_from_workbook
from client_registry.use_cases.register_from_workbook import (
    KIND,
    KnownFromWorkbook,
    UploadedWorkbook,
    register_from_workbook,
)
from client_registry.views import clients as files
from client_registry.views import papers
from client_registry.views import registration_forms as views
from client_registry.views.form_workbook_document import form_workbook

api = router()
_OPENERS = allow(
    "relationship_manager", "private_banker", "open_counter_teller", "branch_personal_banking", "data_steward",
    "corporate_manager",
)  # fmt: skip
_WRITERS = allow(*WRITERS)
_READERS = allow(*FILE_READERS)
_NO_FILE = Text(en="Send the workbook as `file`.", zh="请以 file 字段上传工作簿。")
_EN = (
    "The whole sheet is checked first: each fault is named with its cell (`/file/C14`), what is expected, in "
    "the reader's language, and nothing is half done. Fields that the policy names are entered twice in the sheet. The "
    "workbook is kept sealed with who handed it in."
)
_ZH = (
    "先检查整张表：逐条指出单元格（如 /file/C14）及应填内容，任一错误则不做任何登记。"
    "政策规定的栏目须在表中双重录入。工作簿连同上传人加密存档。"
)


class RegisteredFromWorkbook(Output):
    """The new file and the workbook kept with it."""

    client_id: UUID
    client_no: str
    attachment_id: UUID


class FilledFromWorkbookView(Output):
    """What came of a workbook; `unchanged` recorded nothing."""

    client_id: UUID
    status: Literal["filled", "unchanged"]
    version: int
    changed: list[str] = described(en="The fields that changed", zh="发生变更的栏目")
    attachment_id: UUID | None


class WorkbookView(Output):
    """One workbook that was handed in for a client."""

    attachment_id: UUID
    name: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime


class WorkbooksView(Output):
    """The workbooks of a client, the oldest first."""

    items: list[WorkbookView]


@api.get(
    "/v1/registration-form-template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    **operation(
        "downloadRegistrationFormTemplate",
        allow=_READERS,
        en="Download the registration form as an empty Excel template",
        zh="下载客户登记表 Excel 空白模板",
        en_detail="Bilingual lines in the form's order, drop-downs from the reference data that holds now, text cells for "
        "long numbers, the five contact ways with their order, and hidden keys by which it is read back.",
        zh_detail="双语栏目按登记表顺序排列，下拉选项取自现行参考数据，长号码为文本格式，含五种联系方式及优先顺序，并带有回读所需的隐藏键。",
        audience=["branch"],
    ),
)
async def template(call: Call) -> Response:
    return _file(await form_workbook(call.tx), "registration-form")


@api.get(
    "/v1/clients/{client_id}/registration-form/workbook",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    **operation(
        "downloadRegistrationFormWorkbook",
        allow=_READERS,
        en="Download a client's registration form as an Excel workbook",
        zh="下载客户登记表 Excel 工作簿（已填写）",
        en_detail="Filled with what is on file, unmasked: needs a `purpose` and leaves an audit row. Uploaded unchanged it "
        "changes nothing.",
        zh_detail="按档案内容填写，不脱敏；须说明 purpose 并留下审计记录。原样上传不产生任何变更。",
        audience=["branch"],
    ),
)
async def workbook(client_id: UUID, call: Call, purpose: Purpose | None = None) -> Response:
    await audit_reveal(call, client_id, purpose, "registration-form.downloaded")
    form = await views.get_form(call.tx, client_id, scope=call.scope, open_=True)
    return _file(await form_workbook(call.tx, form), form.file.client_no)


@api.post(
    "/v1/registration-form-uploads",
    status_code=201,
    response_model=RegisteredFromWorkbook,
    responses=WAITS,
    **operation(
        "registerFromWorkbook",
        allow=_OPENERS,
        en="Open a client file from a filled-in template",
        zh="上传登记表模板登记新客户",
        audience=["branch"],
        upload=True,
        en_detail=_EN,
        zh_detail=_ZH,
    ),
)
async def register(
    call: Call, file: Annotated[UploadFile, File()], home_unit_id: Annotated[UUID, Form()]
) -> RegisteredFromWorkbook | Response:
    sent = await _sent(file)
    tx = await call.begin()
    grants = call.policy.grants_of(call.principal, call.now)
    try:
        done = await register_from_workbook(
            tx, sent, home_unit_id=home_unit_id, by=call.principal, grants=grants, now=call.now
        )
    except KnownFromWorkbook as found:
        raise await known_to(call, found.kind, found.number, found.known) from None
    if isinstance(done, PendingEntry):
        return accepted(done)
    return RegisteredFromWorkbook(
        client_id=done.client.client_id, client_no=done.client.client_no, attachment_id=done.attachment_id
    )


@api.post(
    "/v1/clients/{client_id}/registration-form/uploads",
    status_code=201,
    response_model=FilledFromWorkbookView,
    responses=WAITS,
    **operation(
        "fillFromWorkbook",
        allow=_WRITERS,
        en="Fill in a client's form from a workbook",
        zh="上传工作簿填写客户登记表",
        audience=["branch"],
        upload=True,
        en_detail=_EN,
        zh_detail=_ZH,
    ),
)
async def fill(
    client_id: UUID,
    call: Call,
    file: Annotated[UploadFile | None, File()] = None,
    source: Annotated[Source, Form()] = Source.BUSINESS_HANDLING,
) -> FilledFromWorkbookView | Response:
    sent = None if file is None else await _sent(file)
    tx = await call.begin()
    row = await files.require_visible(tx, client_id, scope=call.scope)
    if sent is None:
        raise Invalid([FieldError("/file", "attachment.missing", _NO_FILE)])
    grants = call.policy.grants_of(call.principal, call.now)
    roles = await views.roles_at(tx, row, subject=call.principal.subject, grants=grants)
    done = await fill_from_workbook(
        tx, client_id, sent, source=source, roles=roles, by=call.principal, grants=grants, now=call.now
    )  # fmt: skip
    if isinstance(done, PendingEntry):
        return accepted(done)
    return FilledFromWorkbookView(
        client_id=client_id, status="filled" if done.changed else "unchanged", version=done.version,
        changed=list(done.changed), attachment_id=done.attachment_id,
    )  # fmt: skip


@api.get(
    "/v1/clients/{client_id}/registration-form/uploads",
    **operation(
        "listRegistrationFormUploads",
        allow=_READERS,
        en="List the workbooks handed in for a client",
        zh="查询客户登记表上传记录",
        audience=["branch"],
    ),
)
async def uploads(client_id: UUID, call: Call) -> WorkbooksView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    kept = [each for each in await papers.papers_of(call.tx, client_id) if each.kind == KIND]
    return WorkbooksView(
        items=[
            WorkbookView(
                attachment_id=each.id, name=each.name, size=each.size, sha256=each.sha256, added_by=each.added_by,
                added_at=each.added_at,
            )
            for each in kept
        ]
    )  # fmt: skip


async def _sent(file: UploadFile) -> UploadedWorkbook:
    # A byte more than is taken is enough to know that it is too large.
    content = await file.read(SIZE_MAX + 1)
    if len(content) > SIZE_MAX:
        raise TooLarge(limit_kib=SIZE_MAX // 1024)
    return UploadedWorkbook(
        name=file.filename or "registration-form.xlsx", media_type=file.content_type, content=content
    )


def _file(content: bytes, name: str) -> Response:
    # The business number names the file: personal data stands in no header.
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=XLSX, headers=headers)
