"""Month-end figures of clients on file, taken in as files: upload, follow, read what was refused, send it again."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language
from fastapi import File, Form, Query, Response, UploadFile

from client_registry.api.imports import closed_month
from client_registry.use_cases.receive_client_import import ImportOrder
from client_registry.use_cases.receive_figure_import import receive_figure_import
from client_registry.views import imports as views

api = router()
_IMPORTERS = allow("data_steward", "branch_personal_banking")
_READERS = allow("data_steward", "branch_personal_banking", "auditor")
_CONTENT = "figures"
_SOURCE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
_EXAMPLE = {
    "figure_import_id": "0199f2c1-6f3e-7a44-9d55-2b8d0c6f1a01",
    "operation_id": "0199f2c1-6f40-7c0e-8f11-5a1e4d7b9c02",
    "status": "received",
}


class FigureImportAccepted(Output):
    """The upload is in; the operation says how far the work is."""

    figure_import_id: UUID
    operation_id: UUID
    status: str


class FigureImportView(Output):
    """An import of figures as it stands."""

    figure_import_id: UUID
    operation_id: UUID | None
    profile: str
    source: str = described(en="The system whose figures these are", zh="来源系统")
    mode: str
    validate_only: bool
    month: str = described(en="The month of rows that name none", zh="未注明月份的行所属月份")
    status: str
    rows_total: int
    rows_invalid: int
    rows_new: int = described(en="Clients' months said for the first time", zh="首次报送的客户月份数")
    rows_corrected: int = described(en="Clients' months said anew", zh="更正的客户月份数")
    clients_changed: int
    created_at: datetime
    finished_at: datetime | None


class RefusedFigure(Output):
    """One thing that is wrong with one row, in both languages."""

    file: str
    sheet: str | None
    row: int
    column: str
    code: str
    reason_en: str
    reason_zh: str


@api.post(
    "/v1/figure-imports",
    status_code=202,
    **operation(
        "importFigures",
        allow=_IMPORTERS,
        en="Import month-end figures",
        zh="导入月度数据",
        en_detail="`files` are CSV (UTF-8, UTF-16 or GB18030, gzip or not) or xlsx with the headings of the template, or any "
        "headings with a `profile` (TOML). Rows name their client by client number, identity number or the bank's own "
        "customer number, and a closed month; `month` is that of rows that name none, the last closed one by default. "
        "`source` names the delivering system: what it said about a month before is corrected, the same again changes "
        "nothing. `mode` whole keeps nothing unless every row is valid; good_rows leaves out those that are not. "
        "`validate_only` stops after checking. Clients whose figures changed are evaluated again.",
        zh_detail="`files` 为使用模板表头的 CSV（UTF-8、UTF-16 或 GB18030，可 gzip 压缩）或 xlsx；"
        "表头不同时须附 `profile`（TOML）。各行以客户号、证件号码或行内客户号指明客户，并注明已结束的月份；"
        "`month` 为未注明月份的行所属月份，默认上一个已结束的月份。"
        "`source` 为来源系统：其此前报送的同月数据将被更正，重复报送不产生变化。`mode` 为 whole 时任一行无效则全部不导入，"
        "good_rows 时只导入有效行；`validate_only` 只校验。数据有变化的客户将重新评定。",
        audience=["branch", "ops"],
        upload=True,
        answer_example=_EXAMPLE,
    ),
)
async def import_figures(
    call: Call,
    response: Response,
    files: Annotated[list[UploadFile], File(min_length=1, max_length=20)],
    profile: Annotated[UploadFile | None, File()] = None,
    source: Annotated[str | None, Form(pattern=_SOURCE)] = None,
    month: Annotated[str | None, Form()] = None,
    mode: Annotated[Literal["whole", "good_rows"], Form()] = "whole",
    validate_only: Annotated[bool, Form()] = False,
) -> FigureImportAccepted:
    order = ImportOrder(
        mode=mode,
        validate_only=validate_only,
        as_of=closed_month(month, business_day(call.now), pointer="/month"),
        scope_paths=call.scope.paths,
        unit_path=min(grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)),
    )
    tx = await call.begin()
    import_id, started = await receive_figure_import(
        tx, profile, files, order, source=source, by=call.principal, now=call.now
    )
    response.headers["Location"] = f"/v1/operations/{started.id}"
    return FigureImportAccepted(figure_import_id=import_id, operation_id=started.id, status="received")


@api.get(
    "/v1/figure-imports",
    **operation(
        "listFigureImports",
        allow=_READERS,
        en="List imports of figures",
        zh="查询月度数据导入批次",
        audience=["branch", "ops"],
    ),
)
async def list_figure_imports(call: Call, paging: Page) -> PageOf[FigureImportView]:
    key = paging.after(UUID)
    rows = await views.client_imports_of(
        call.tx, call.scope, before=key[0] if key else None, most=paging.limit + 1, content=_CONTENT
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_view(dict(row)) for row in kept], cursor)


@api.get(
    "/v1/figure-imports/{figure_import_id}",
    **operation(
        "getFigureImport",
        allow=_READERS,
        en="See one import of figures",
        zh="查看月度数据导入批次",
        audience=["branch", "ops"],
    ),
)
async def get_figure_import(figure_import_id: UUID, call: Call) -> FigureImportView:
    return _view(dict(await views.client_import(call.tx, figure_import_id, call.scope, content=_CONTENT)))


@api.get(
    "/v1/figure-imports/{figure_import_id}/report",
    **operation(
        "getFigureImportReport",
        allow=_READERS,
        en="Read what was refused of an import of figures",
        zh="查看月度数据导入报告",
        en_detail="Each finding names file, sheet, row and column, what is expected and why, in both languages.",
        zh_detail="逐条列出文件、工作表、行、列及中英文原因。",
        audience=["branch", "ops"],
    ),
)
async def get_figure_import_report(figure_import_id: UUID, call: Call, paging: Page) -> PageOf[RefusedFigure]:
    await views.client_import(call.tx, figure_import_id, call.scope, content=_CONTENT)
    key = paging.after(int)
    rows = await views.findings(call.tx, figure_import_id, after=key[0] if key else 0, most=paging.limit + 1)
    kept, cursor = cut(rows, paging.limit, lambda row: (row["finding_no"],))
    items = [
        RefusedFigure(
            file=row["file"],
            sheet=row["sheet"],
            row=row["row_no"],
            column=row["column_name"],
            code=row["code"],
            reason_en=views.reason(row, Language.EN),
            reason_zh=views.reason(row, Language.ZH),
        )
        for row in kept
    ]
    return page(items, cursor)


@api.get(
    "/v1/figure-imports/{figure_import_id}/refused-rows",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
    **operation(
        "downloadRefusedFigures",
        allow=_IMPORTERS,
        en="Download the refused rows to put them right",
        zh="下载未通过的行以便更正",
        en_detail="The refused rows of one `file` as they came, below their header, with the reasons in a last column; put "
        "right, the file can be imported. Kept for thirty days; reading leaves an audit row.",
        zh_detail="某一 `file` 中未通过的行，保留原表头，末列为原因；更正后可直接再次导入。保留三十天，下载会留下审计记录。",
        audience=["branch", "ops"],
    ),
)
async def download_refused_figures(
    figure_import_id: UUID, call: Call, file: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    await views.client_import(call.tx, figure_import_id, call.scope, content=_CONTENT)
    name = file if file is not None else await views.first_file(call.tx, figure_import_id)
    text = await views.rejected_file(
        call.tx, figure_import_id, file=name, by=call.principal, language=call.language, now=call.now
    )
    headers = {"Content-Disposition": f'attachment; filename="refused-{figure_import_id}.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _view(row: dict[str, object]) -> FigureImportView:
    counts = {"rows_new": 0, "rows_corrected": 0, "clients_changed": 0}
    given = row["counts"] if isinstance(row["counts"], dict) else {}
    return FigureImportView.model_validate(
        {**row, **counts, **given, "figure_import_id": row["id"], "profile": row["profile_name"],
         "month": str(row["as_of"])[:7]}
    )  # fmt: skip
