"""Units: opened, renamed, moved, merged, closed; who answers for them; what they were (XC-1, XC-2, XC-3, XC-7, CR-27)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import NotFound
from chassis.routing import router
from fastapi import Response
from pydantic import StringConstraints

from client_registry.api.organisation import UnitView, places_of
from client_registry.api.readers import STAFF_ROLES
from client_registry.domain.organisation import ServiceInstitution, UnitKind
from client_registry.domain.units import CODE, LETTERS
from client_registry.use_cases.close_unit import close_unit
from client_registry.use_cases.find_own_unit import find_own_unit
from client_registry.use_cases.move_unit import move_unit
from client_registry.use_cases.open_unit import open_unit
from client_registry.use_cases.rename_unit import rename_unit
from client_registry.use_cases.start_merger import start_merger
from client_registry.views import units as views

api = router()
_READERS = allow(*(role for role in STAFF_ROLES if role != "operator"))
_KEEPERS = allow("data_steward", "head_office_personal_banking")
_ID = "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class OpenUnit(Input):
    """A new unit."""

    parent_id: UUID = described(en="The unit directly above", zh="上级机构")
    kind: UnitKind
    code: str = described(en="Code, unique in the bank", zh="机构代码，全行唯一", pattern=CODE)
    name_zh: Name
    name_en: Name
    branch_code: str | None = described(
        en="Two letters, for a first-level branch only", zh="两位字母代码，仅一级分行", default=None, pattern=LETTERS
    )
    service_institution: ServiceInstitution | None = None
    reason: Reason


class RenameUnit(Input):
    """The unit's names and its place among the service institutions, as they are to be."""

    name_zh: Name
    name_en: Name
    service_institution: ServiceInstitution | None = None
    reason: Reason


class MoveUnit(Input):
    """Where the unit goes, with everything below it."""

    parent_id: UUID = described(en="The new unit above", zh="新的上级机构")
    reason: Reason


class MergeUnit(Input):
    """Which unit takes it over."""

    into_unit_id: UUID = described(en="The unit that takes it over", zh="并入的机构")
    reason: Reason


class CloseUnit(Input):
    """Why the unit is closed."""

    reason: Reason


class ResponsibleView(Output):
    """Somebody who answers for the unit."""

    staff_id: UUID
    subject: str
    name: str
    role: str
    from_on: date


class UnitInFull(UnitView):
    """A unit with the people who answer for it."""

    version: int
    first_responsible: list[ResponsibleView] = described(en="Head: first responsible person", zh="负责人：第一责任人")
    directly_responsible: list[ResponsibleView] = described(
        en="Deputy: directly responsible person", zh="副职：直接责任人"
    )
    client_managers: int = described(en="Full-time client managers of this level", zh="本级专职客户经理人数")


class UnitThen(Output):
    """What a unit was for a time."""

    version: int
    parent_id: UUID | None
    kind: str
    code: str
    path: str
    name_zh: str
    name_en: str
    branch_code: str | None
    service_institution: str | None
    merged_into_id: UUID | None
    active: bool
    from_at: datetime
    until_at: datetime | None
    changed_by: str
    cause: str
    reason: str | None


class UnitsMoved(Output):
    """The unit at its new place."""

    unit: UnitView
    moved: int = described(en="Units that moved, those below counted", zh="随同调整的机构数（含下级）")


class MergerAccepted(Output):
    """The merger is queued; the operation says how far it is."""

    operation_id: UUID


@api.post(
    "/v1/units",
    status_code=201,
    **operation(
        "openUnit",
        allow=_KEEPERS,
        en="Open a unit",
        zh="新设机构",
        en_detail="Below a unit of your place; first-level branches by head office only.",
        zh_detail="须在您任职机构及其下级新设；一级分行仅限总行办理。",
        audience=["branch", "ops"],
        example={
            "parent_id": _ID, "kind": "outlet", "code": "BJ-01-O3", "name_zh": "朝阳第三支行",
            "name_en": "Chaoyang Outlet 3", "reason": "京银监复〔2026〕12号",
        },
    ),
)  # fmt: skip
async def open_a_unit(body: OpenUnit, call: Call, response: Response) -> UnitView:
    unit = await open_unit(
        call.tx, parent_id=body.parent_id, kind=body.kind, code=body.code, name_zh=body.name_zh, name_en=body.name_en,
        branch_code=body.branch_code, service_institution=body.service_institution, reason=body.reason,
        by=call.principal, scope=call.scope, now=call.now,
    )  # fmt: skip
    set_etag(response, unit.version)
    return UnitView.model_validate(unit)


@api.get(
    "/v1/units/{unit_id}",
    **operation(
        "getUnit",
        allow=_READERS,
        en="Read a unit",
        zh="查看机构",
        en_detail="With its first and directly responsible persons and its full-time client managers.",
        zh_detail="含第一责任人、直接责任人及专职客户经理人数。",
        audience=["front-end", "branch", "ops"],
    ),
)
async def get_unit(unit_id: UUID, call: Call, response: Response) -> UnitInFull:
    row = await views.get_unit(call.tx, unit_id, paths=places_of(call))
    if row is None:
        raise NotFound()
    today = business_day(call.now)
    first, directly = await views.responsible_for(call.tx, unit_id, day=today)
    set_etag(response, row["version"])
    return UnitInFull(
        **UnitView.model_validate(dict(row)).model_dump(),
        version=row["version"],
        first_responsible=[ResponsibleView.model_validate(person) for person in first],
        directly_responsible=[ResponsibleView.model_validate(person) for person in directly],
        client_managers=await views.count_managers(call.tx, unit_id, day=today),
    )


@api.get(
    "/v1/units/{unit_id}/history",
    **operation(
        "listUnitHistory",
        allow=_READERS,
        en="What a unit was",
        zh="查询机构沿革",
        en_detail="From when to when, changed by whom and why; the newest first.",
        zh_detail="各时段的机构信息及变更人、变更原因，由新到旧。",
        audience=["branch", "ops"],
    ),
)
async def list_history(unit_id: UUID, call: Call, params: Page) -> PageOf[UnitThen]:
    if await views.get_unit(call.tx, unit_id, paths=places_of(call)) is None:
        raise NotFound()
    key = params.after(int)
    rows = await views.history_of(call.tx, unit_id, before=None if key is None else key[0], size=params.limit + 1)
    kept, cursor = cut(rows, params.limit, lambda row: (row["version"],))
    return page([UnitThen.model_validate(dict(row)) for row in kept], cursor)


@api.patch(
    "/v1/units/{unit_id}",
    **operation(
        "renameUnit",
        allow=_KEEPERS,
        en="Rename a unit",
        zh="变更机构名称",
        en_detail="Needs If-Match with the ETag last read. The names it bore stay in its history.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag；原名称保留在机构沿革中。",
        audience=["branch", "ops"],
        if_match=True,
        example={"name_zh": "朝阳财富中心", "name_en": "Chaoyang Wealth Centre", "reason": "更名"},
    ),
)
async def rename(unit_id: UUID, body: RenameUnit, call: Call, response: Response) -> UnitView:
    unit = await find_own_unit(call.tx, unit_id, scope=call.scope)
    require_match(call.request, unit.version)
    renamed = await rename_unit(
        call.tx, unit, name_zh=body.name_zh, name_en=body.name_en, service_institution=body.service_institution,
        reason=body.reason, by=call.principal, now=call.now,
    )  # fmt: skip
    set_etag(response, renamed.version)
    return UnitView.model_validate(renamed)


@api.post(
    "/v1/units/{unit_id}/moves",
    status_code=201,
    **operation(
        "moveUnit",
        allow=_KEEPERS,
        en="Move a unit with everything below it",
        zh="调整机构隶属关系",
        en_detail="Needs If-Match. Rights, lists and work follow the new place at once, in other services within seconds.",
        zh_detail="须提供 If-Match；权限、列表与工作事项即时随新隶属关系生效，其他服务数秒内同步。",
        audience=["branch", "ops"],
        if_match=True,
        example={"parent_id": _ID, "reason": "网点划转"},
    ),
)
async def move(unit_id: UUID, body: MoveUnit, call: Call, response: Response) -> UnitsMoved:
    unit = await find_own_unit(call.tx, unit_id, scope=call.scope)
    require_match(call.request, unit.version)
    moved = await move_unit(
        call.tx, unit, parent_id=body.parent_id, reason=body.reason, by=call.principal, scope=call.scope, now=call.now
    )
    set_etag(response, moved[0].version)
    return UnitsMoved(unit=UnitView.model_validate(moved[0]), moved=len(moved))


@api.post(
    "/v1/units/{unit_id}/mergers",
    status_code=202,
    **operation(
        "mergeUnit",
        allow=_KEEPERS,
        en="Merge a unit into another",
        zh="机构合并",
        en_detail="Needs If-Match. Clients, staff, policies and units below go over in ranges; then the unit is closed and "
        "stands below the other, its history with it. Follow the operation.",
        zh_detail="须提供 If-Match。客户、人员、政策及下级机构分批划转，完成后本机构撤销并列于并入机构之下，沿革保留。"
        "进度见所返回的 operation。",
        audience=["branch", "ops"],
        if_match=True,
        example={"into_unit_id": _ID, "reason": "网点整合"},
    ),
)
async def merge(unit_id: UUID, body: MergeUnit, call: Call) -> MergerAccepted:
    unit = await find_own_unit(call.tx, unit_id, scope=call.scope)
    require_match(call.request, unit.version)
    started = await start_merger(
        call.tx, unit, into_unit_id=body.into_unit_id, reason=body.reason, by=call.principal, scope=call.scope,
        now=call.now,
    )  # fmt: skip
    return MergerAccepted(operation_id=started.id)


@api.post(
    "/v1/units/{unit_id}/closures",
    status_code=201,
    **operation(
        "closeUnit",
        allow=_KEEPERS,
        en="Close a unit",
        zh="撤销机构",
        en_detail="Needs If-Match. Refused while it keeps clients, staff or open units below it.",
        zh_detail="须提供 If-Match。仍有客户、人员或下级机构时不得撤销。",
        audience=["branch", "ops"],
        if_match=True,
        example={"reason": "网点撤销"},
    ),
)
async def close(unit_id: UUID, body: CloseUnit, call: Call, response: Response) -> UnitView:
    unit = await find_own_unit(call.tx, unit_id, scope=call.scope)
    require_match(call.request, unit.version)
    closed = await close_unit(call.tx, unit, reason=body.reason, by=call.principal, now=call.now)
    set_etag(response, closed.version)
    return UnitView.model_validate(closed)
