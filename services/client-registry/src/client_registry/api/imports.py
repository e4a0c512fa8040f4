"""Client imports: upload files with a mapping profile, follow the work, read the report."""

import re
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Output
from chassis.call import Call
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import File, Form, Response, UploadFile

from client_registry.domain.imports.months import moved
from client_registry.use_cases.receive_client_import import ImportOrder, receive_client_import
from client_registry.views import imports as views

api = router()
_IMPORTERS = allow("data_steward", "branch_personal_banking")
_READERS = allow("data_steward", "branch_personal_banking", "auditor")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_AS_OF = Text(en="This must be a closed month like 2026-10.", zh="须为已结束的月份，如 2026-10。")
_EXAMPLE = {
    "import_id": "0199f2c1-6f3e-7a44-9d55-2b8d0c6f1a01",
    "operation_id": "0199f2c1-6f40-7c0e-8f11-5a1e4d7b9c02",
    "status": "received",
}


class ImportAccepted(Output):
    """The upload is in; the operation says how far the work is."""

    import_id: UUID
    operation_id: UUID
    status: str


class ClientImportView(Output):
    """An import as it stands."""

    import_id: UUID
    operation_id: UUID | None
    profile: str
    mode: str
    validate_only: bool
    as_of: str
    status: str
    rows_total: int
    rows_invalid: int
    clients_created: int
    clients_known: int
    created_at: datetime
    finished_at: datetime | None


class FindingView(Output):
    """One thing that is wrong with one row."""

    file: str
    sheet: str | None
    row: int
    column: str
    code: str
    reason: str


@api.post(
    "/v1/client-imports",
    status_code=202,
    **operation(
        "importClients",
        allow=_IMPORTERS,
        en="Import clients with a mapping profile",
        zh="按映射配置导入客户",
        en_detail="`files` are CSV (UTF-8, UTF-16 or GB18030, gzip or not) or xlsx; `profile` (TOML) says which column is "
        "which field, without it they bear the template's "
        "headings. Every row is checked before any is applied. `mode` whole applies nothing unless every row is valid; "
        "good_rows leaves out those that are not. `validate_only` stops after checking. `as_of` is the month in which "
        "the twelve months of figures end, the last closed one by default. The same files again change nothing.",
        zh_detail="`files` 为 CSV（UTF-8、UTF-16 或 GB18030，可 gzip 压缩）或 xlsx；`profile`（TOML）说明各列对应的字段，"
        "未附时须使用模板表头。"
        "先逐行校验，再导入。`mode` 为 whole 时任一行无效则全部不导入，good_rows 时只导入有效行；`validate_only` 只校验。"
        "`as_of` 为十二个"
        "月数据的截止月份，默认为上一个已结束的月份。重复导入相同文件不会产生变化。",
        audience=["branch", "ops"],
        upload=True,
        answer_example=_EXAMPLE,
    ),
)
async def import_clients(
    call: Call,
    response: Response,
    files: Annotated[list[UploadFile], File(min_length=1, max_length=20)],
    profile: Annotated[UploadFile | None, File()] = None,
    mode: Annotated[Literal["whole", "good_rows"], Form()] = "whole",
    validate_only: Annotated[bool, Form()] = False,
    as_of: Annotated[str | None, Form()] = None,
) -> ImportAccepted:
    order = ImportOrder(
        mode=mode,
        validate_only=validate_only,
        as_of=closed_month(as_of, business_day(call.now)),
        scope_paths=call.scope.paths,
        unit_path=min(grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)),
    )
    tx = await call.begin()
    import_id, started = await receive_client_import(tx, profile, files, order, by=call.principal, now=call.now)
    response.headers["Location"] = f"/v1/operations/{started.id}"
    return ImportAccepted(import_id=import_id, operation_id=started.id, status="received")


@api.get(
    "/v1/client-imports",
    **operation(
        "listClientImports",
        allow=_READERS,
        en="List client imports",
        zh="查询客户导入批次",
        audience=["branch", "ops"],
    ),
)
async def list_client_imports(call: Call, paging: Page) -> PageOf[ClientImportView]:
    key = paging.after(UUID)
    rows = await views.client_imports_of(call.tx, call.scope, before=key[0] if key else None, most=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_view(dict(row)) for row in kept], cursor)


@api.get(
    "/v1/client-imports/{import_id}",
    **operation(
        "getClientImport",
        allow=_READERS,
        en="See one client import",
        zh="查看客户导入批次",
        audience=["branch", "ops"],
    ),
)
async def get_client_import(import_id: UUID, call: Call) -> ClientImportView:
    return _view(dict(await views.client_import(call.tx, import_id, call.scope)))


@api.get(
    "/v1/client-imports/{import_id}/report",
    **operation(
        "getClientImportReport",
        allow=_READERS,
        en="Read an import's report",
        zh="查看导入报告",
        en_detail="Each finding names file, sheet, row and column, and says the reason in the reader's language.",
        zh_detail="逐条列出文件、工作表、行、列及原因，按读者语言显示。",
        audience=["branch", "ops"],
    ),
)
async def get_client_import_report(import_id: UUID, call: Call, paging: Page) -> PageOf[FindingView]:
    await views.client_import(call.tx, import_id, call.scope)
    key = paging.after(int)
    rows = await views.findings(call.tx, import_id, after=key[0] if key else 0, most=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["finding_no"],))
    items = [
        FindingView(
            file=row["file"],
            sheet=row["sheet"],
            row=row["row_no"],
            column=row["column_name"],
            code=row["code"],
            reason=views.reason(row, call.language),
        )
        for row in kept
    ]
    return page(items, cursor)


@api.get(
    "/v1/client-imports/{import_id}/report-file",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
    **operation(
        "downloadClientImportReport",
        allow=_READERS,
        en="Download an import's report as CSV",
        zh="下载导入报告（CSV）",
        en_detail="At most 50,000 findings, ready for a spreadsheet; no cell can be taken for a formula.",
        zh_detail="最多 50,000 条，可直接用电子表格打开；所有单元格均已防公式注入。",
        audience=["branch", "ops"],
    ),
)
async def download_client_import_report(import_id: UUID, call: Call) -> Response:
    await views.client_import(call.tx, import_id, call.scope)
    text = await views.report_file(call.tx, import_id, call.language)
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id}.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def closed_month(text: str | None, today: date, *, pointer: str = "/as_of") -> date:
    """The first day of the wanted month. Raises Invalid for what is no month, or one that has not ended."""
    last = moved(today.replace(day=1), -1)
    if text is None:
        return last
    if not _MONTH.fullmatch(text) or date(int(text[:4]), int(text[5:]), 1) > last:
        raise Invalid([FieldError(pointer, "import.as-of", _AS_OF)])
    return date(int(text[:4]), int(text[5:]), 1)


def _view(row: dict[str, object]) -> ClientImportView:
    as_of = row["as_of"]
    month = f"{as_of:%Y-%m}" if isinstance(as_of, date) else ""
    return ClientImportView.model_validate(
        {**row, "import_id": row["id"], "profile": row["profile_name"], "as_of": month}
    )
