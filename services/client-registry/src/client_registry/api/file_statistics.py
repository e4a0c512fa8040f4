"""Statistics of client files by unit (CR-41)."""

from dataclasses import asdict
from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router

from client_registry.api.clients import path_of
from client_registry.views.file_statistics import file_statistics

api = router()
_READERS = allow(
    "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head",
    "outlet_head", "outlet_deputy", "branch_personal_banking", "private_banking_department", "private_banking_office",
    "head_office_personal_banking", "client_service_section", "data_steward", "auditor",
)  # fmt: skip


class FileStatisticsView(Output):
    """The files that one unit keeps."""

    unit_id: UUID
    code: str
    name_zh: str
    name_en: str
    files: int
    complete: int = described(en="At least as complete as the policy asks", zh="完整度达到政策要求的档案数")
    stale: int = described(
        en="With a field that was not confirmed in time or is doubted", zh="含逾期未核实或存疑栏目的档案数"
    )
    score: str | None = described(en="Average completeness in percent", zh="平均完整度（%）")
    by_tier: dict[str, int]
    by_card_level: dict[str, int]
    by_value_class: dict[str, int] = described(en="“none”: never classified", zh="none 表示尚未分类")
    by_risk_class: dict[str, int]


@api.get(
    "/v1/client-file-statistics",
    **operation(
        "getFileStatistics",
        allow=_READERS,
        en="Count client files by unit",
        zh="按机构统计客户档案",
        en_detail="Files in your scope by the unit that keeps them: tiers, card levels, classes, completeness, staleness.",
        zh_detail="按归属机构统计您权限范围内的客户档案：服务层级、卡级别、价值与风险分类、完整度及时效。",
        audience=["front-end", "branch"],
    ),
)
async def get_statistics(call: Call, params: Page, unit_id: UUID | None = None) -> PageOf[FileStatisticsView]:
    key = params.after(UUID)
    found = await file_statistics(
        call.tx, scope=call.scope, unit_path=await path_of(call, unit_id), after=None if key is None else key[0],
        size=params.limit + 1, now=call.now,
    )  # fmt: skip
    kept, cursor = cut(found, params.limit, lambda each: (each.unit_id,))
    items = [
        FileStatisticsView.model_validate({**asdict(each), "score": None if each.score is None else str(each.score)})
        for each in kept
    ]
    return page(items, cursor)
