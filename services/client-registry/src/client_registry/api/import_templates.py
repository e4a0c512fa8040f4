"""Templates of imports to download; a file made from one imports without a mapping profile."""

from typing import Annotated, Literal

from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Query, Response

from client_registry.domain.imports.figure_tables import Part
from client_registry.views import import_templates as views

api = router()
_READERS = allow("data_steward", "branch_personal_banking", "auditor")
Form = Annotated[Literal["xlsx", "csv"], Query(alias="format")]


@api.get(
    "/v1/client-import-template",
    response_class=Response,
    responses={200: {"content": {views.XLSX: {}, "text/csv": {}}}},
    **operation(
        "downloadClientImportTemplate",
        allow=_READERS,
        en="Download the template of a client book",
        zh="下载客户导入模板",
        en_detail="Headings and instructions in your language. A file made from it imports without a profile.",
        zh_detail="表头与填写说明使用您的语言；用该模板填写的文件导入时无须映射配置。",
        audience=["branch", "ops"],
    ),
)
async def client_import_template(call: Call, form: Form = "xlsx") -> Response:
    content = views.client_template(call.language, as_csv=form == "csv")
    return _file(content, f"client-import.{form}", form)


@api.get(
    "/v1/figure-import-template",
    response_class=Response,
    responses={200: {"content": {views.XLSX: {}, "text/csv": {}}}},
    **operation(
        "downloadFigureImportTemplate",
        allow=_READERS,
        en="Download the template of month-end figures",
        zh="下载月度数据导入模板",
        en_detail="xlsx holds all three tables and the instructions; csv one of them: figures, loans or holdings.",
        zh_detail="xlsx 含全部三张表及填写说明；csv 为其中一张：figures、loans 或 holdings。",
        audience=["branch", "ops"],
    ),
)
async def figure_import_template(call: Call, form: Form = "xlsx", part: Part = Part.FIGURES) -> Response:
    content = views.figure_template(call.language, part, as_csv=form == "csv")
    return _file(content, f"{part.value}-import.{form}", form)


def _file(content: bytes, name: str, form: str) -> Response:
    media_type = "text/csv; charset=utf-8" if form == "csv" else views.XLSX
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
