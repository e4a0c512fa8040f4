"""The registration form of a client (CCB Annex 2): read it, fill it in, see what changed."""

from uuid import UUID

from chassis import audit
from chassis.call import Call, CallContext
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Response

from client_registry.api.clients import Purpose
from client_registry.api.readers import FILE_READERS
from client_registry.api.registration_form_bodies import (
    ChangeView,
    FillRegistrationForm,
    RegistrationFormView,
    form_view,
)
from client_registry.api.second_entries import WAITS, accepted
from client_registry.domain.registration_form import WRITERS
from client_registry.domain.second_entries import PendingEntry
from client_registry.use_cases.enter_form import enter_form
from client_registry.views import clients as files
from client_registry.views import registration_forms as views
from client_registry.views.registration_form_document import registration_form_document

api = router()
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SELF_OR_READERS = allow("client", *FILE_READERS)
_READERS = allow(*FILE_READERS)
_WRITERS = allow(*WRITERS)
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")
_EXAMPLE = {
    "source": "business_handling",
    "form_on": "2026-11-20",
    "address": "北京市西城区金融大街1号",
    "postcode": "100033",
    "marital_status": "married_with_children",
    "monthly_income": "from_30000_to_50000",
    "hobbies": ["travel", "other"],
    "hobbies_other": "围棋",
    "fund_uses": ["savings", "securities_funds"],
}


@api.get(
    "/v1/clients/{client_id}/registration-form",
    **operation(
        "getRegistrationForm",
        allow=_SELF_OR_READERS,
        en="Read the registration form",
        zh="查看客户登记表",
        en_detail="Masked by default. `unmasked=true` needs a `purpose` and leaves an audit row. The form carries the "
        "source of each field.",
        zh_detail="默认脱敏；unmasked=true 须同时说明 purpose，并留下审计记录。返回内容含每个栏目的信息来源。",
        audience=["front-end", "branch"],
    ),
)
async def get_registration_form(
    client_id: UUID, call: Call, response: Response, unmasked: bool = False, purpose: Purpose | None = None
) -> RegistrationFormView:
    if unmasked:
        await audit_reveal(call, client_id, purpose, "registration-form.revealed")
    form = await views.get_form(call.tx, client_id, scope=call.scope, open_=unmasked)
    set_etag(response, form.version, form.file.version, "open" if unmasked else "masked", call.language)
    return form_view(form)


@api.put(
    "/v1/clients/{client_id}/registration-form",
    response_model=RegistrationFormView,
    responses=WAITS,
    **operation(
        "fillRegistrationForm",
        allow=_WRITERS,
        en="Fill in the registration form",
        zh="填写客户登记表",
        en_detail="Needs If-Match with the ETag last read (version 0 where none was filled in). A field left out stays as it "
        "is, null clears it. Tellers fill in the survey; each opinion belongs to its own role. Fields named by the policy "
        "are entered twice when they change (`confirm_mobile`), or by a second person: then 202. An unknown code is "
        "refused with the allowed ones named.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag（未填写过的版本为0）。未提交的栏目保持不变，提交 null 即清空。"
        "柜员填写调查部分，各项意见只能由相应岗位填写。"
        "政策规定的栏目变更时须双重录入（如 confirm_mobile）；要求双人复录时返回202。未知代码予以拒绝并列出可选代码。",
        audience=["front-end", "branch"],
        if_match=True,
        example=_EXAMPLE,
    ),
)
async def put_registration_form(
    client_id: UUID, body: FillRegistrationForm, call: Call, response: Response
) -> RegistrationFormView | Response:
    file = await files.require_open(call.tx, client_id, scope=call.scope)
    version = await views.form_version(call.tx, client_id)
    require_match(call.request, version)
    grants = call.policy.grants_of(call.principal, call.now)
    roles = await views.roles_at(call.tx, file, subject=call.principal.subject, grants=grants)
    done = await enter_form(
        call.tx, client_id, body.filled(), roles=roles, expected_version=version, by=call.principal, grants=grants,
        now=call.now,
    )  # fmt: skip
    if isinstance(done, PendingEntry):
        return accepted(done)
    form = await views.get_form(call.tx, client_id, scope=call.scope, open_=False)
    set_etag(response, form.version, form.file.version, "masked", call.language)
    return form_view(form)


@api.get(
    "/v1/clients/{client_id}/registration-form/document",
    response_class=Response,
    responses={200: {"content": {DOCX: {}}}},
    **operation(
        "downloadRegistrationForm",
        allow=_READERS,
        en="Download the filled-in form as a Word document",
        zh="下载已填写的客户登记表（Word）",
        en_detail="The bank's form with its Chinese labels and ticked boxes, unmasked: needs a `purpose` and leaves an audit "
        "row.",
        zh_detail="按登记表格式生成，含中文栏目与勾选框；内容不脱敏，须说明 purpose 并留下审计记录。",
        audience=["branch"],
    ),
)
async def download_registration_form(client_id: UUID, call: Call, purpose: Purpose | None = None) -> Response:
    await audit_reveal(call, client_id, purpose, "registration-form.downloaded")
    form = await views.get_form(call.tx, client_id, scope=call.scope, open_=True)
    content = await registration_form_document(call.tx, form)
    # The business number names the file: personal data stands in no header.
    headers = {"Content-Disposition": f'attachment; filename="{form.file.client_no}.docx"'}
    return Response(content, media_type=DOCX, headers=headers)


@api.get(
    "/v1/clients/{client_id}/changes",
    **operation(
        "listClientChanges",
        allow=_READERS,
        en="List changes of a client's information",
        zh="查询客户信息变更记录",
        en_detail="Which field, when, by whom and from which source, the latest first; from and to masked unless "
        "`unmasked=true` with a `purpose`, which is audited.",
        zh_detail="按时间倒序列出变更的栏目、时间、经办人及来源；变更前后的内容默认脱敏，"
        "unmasked=true 须说明 purpose 并留审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def list_client_changes(
    client_id: UUID, call: Call, paging: Page, unmasked: bool = False, purpose: Purpose | None = None
) -> PageOf[ChangeView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    if unmasked:
        await audit_reveal(call, client_id, purpose, "client-changes.revealed")
    key = paging.after(UUID)
    found = await views.list_changes(
        call.tx, client_id, before=None if key is None else key[0], size=paging.limit + 1, open_=unmasked
    )
    kept, cursor = cut(found, paging.limit, lambda change: (change.id,))
    items = [
        ChangeView(
            change_id=change.id,
            field=change.field,
            group=change.group,
            before=change.before,
            after=change.after,
            source=change.source,
            changed_by=change.changed_by,
            changed_at=change.changed_at,
        )
        for change in kept
    ]
    return page(items, cursor)


async def audit_reveal(call: CallContext, client_id: UUID, purpose: str | None, act: str) -> None:
    """The row is written before anything is shown (XC-15, XC-17)."""
    await files.require_visible(call.tx, client_id, scope=call.scope)
    if purpose is None:
        raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
    await audit.record(
        call.tx, act=act, by=call.principal, object_type="client", object_id=client_id, client_id=client_id,
        purpose=purpose, at=call.now,
    )  # fmt: skip
