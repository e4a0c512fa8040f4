"""Importing units, staff and postings from CSV and xlsx, and what was wrong with the files (XC-1, XC-8)."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call
from chassis.media_types import XLSX
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import File, Form, Response, UploadFile

from client_registry.domain.organisation_sheets import FILE_MAX, FINDINGS_KEPT
from client_registry.use_cases.import_organisation import import_organisation
from client_registry.views import organisation_imports as views
from client_registry.views.organisation_template import organisation_template

api = router()
_KEEPERS = allow("data_steward", "head_office_personal_banking")
_READERS = allow("data_steward", "head_office_personal_banking", "auditor")


class FindingOfSheet(Output):
    """One thing that is wrong with one row, in both languages."""

    file: str
    sheet: str | None
    row: int
    column: str
    code: str
    reason_en: str
    reason_zh: str


class OrganisationImported(Output):
    """What came of an import."""

    organisation_import_id: UUID
    status: Literal["applied", "checked", "refused"] = described(
        en="refused: nothing was applied", zh="refused 表示未导入任何数据"
    )
    counts: dict[str, int] = described(en="How much was new or different", zh="新增或变更的数量")
    findings: list[FindingOfSheet] = described(en="The first 1,000", zh="前 1,000 条")
    findings_total: int


class OrganisationImportView(OrganisationImported):
    """An import as it is on record."""

    started_by: str
    validate_only: bool
    created_at: datetime


@api.post(
    "/v1/organisation-imports",
    status_code=201,
    **operation(
        "importOrganisation",
        allow=_KEEPERS,
        en="Import units, staff and postings",
        zh="导入机构、人员与任职",
        en_detail="`files` are CSV (UTF-8 or GB18030), one for each of units, staff and postings, or xlsx with such sheets. "
        "All or nothing; `validate_only` tries without applying. The same files again change nothing; what the files do not "
        "name stays.",
        zh_detail="`files` 为 CSV（UTF-8 或 GB18030，机构、人员、任职各一个）或含相应工作表的 xlsx。任一行无效则全部不导入；"
        "validate_only 只校验。重复导入不会产生变化；文件未列出的机构和人员保持不变。",
        audience=["branch", "ops"],
        upload=True,
    ),
)
async def take_in(
    call: Call,
    files: Annotated[list[UploadFile], File(min_length=1, max_length=10)],
    validate_only: Annotated[bool, Form()] = False,
) -> OrganisationImported:
    tx = await call.begin()
    # A byte more than is taken tells a file that is too large.
    read = [((file.filename or "")[-200:], await file.read(FILE_MAX + 1)) for file in files]
    came = await import_organisation(
        tx, read, validate_only=validate_only, by=call.principal, scope=call.scope,
        unit_path=min(grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)), now=call.now,
    )  # fmt: skip
    return OrganisationImported(
        organisation_import_id=came.id, status=came.status, counts=came.counts,
        findings=[FindingOfSheet.model_validate(asdict(each)) for each in came.findings[:FINDINGS_KEPT]],
        findings_total=len(came.findings),
    )  # fmt: skip


@api.get(
    "/v1/organisation-import-template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    **operation(
        "downloadOrganisationTemplate",
        allow=_KEEPERS,
        en="Download the template for units, staff and postings",
        zh="下载机构、人员与任职导入模板",
        en_detail="A workbook with a sheet each for units, staff and postings, in your language: text cells and drop-downs.",
        zh_detail="含机构、人员、任职三张工作表，按读者语言显示；均为文本格式，代码列有下拉选项。",
        audience=["branch", "ops"],
    ),
)
async def template(call: Call) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="organisation.xlsx"', "X-Content-Type-Options": "nosniff"}
    return Response(organisation_template(call.language), media_type=XLSX, headers=headers)


@api.get(
    "/v1/organisation-imports/{organisation_import_id}",
    **operation(
        "getOrganisationImport",
        allow=_READERS,
        en="Read an import of the organisation",
        zh="查看机构导入批次",
        en_detail="Each finding names file, sheet, row and column, with its reason in both languages.",
        zh_detail="逐条列出文件、工作表、行、列及中英文原因。",
        audience=["branch", "ops"],
    ),
)
async def get_import(organisation_import_id: UUID, call: Call) -> OrganisationImportView:
    row = dict(await views.get_import(call.tx, organisation_import_id, scope=call.scope))
    return OrganisationImportView.model_validate({**row, "organisation_import_id": row["id"]})
