"""Units and staff for people; what a caller may do, for the gateway alone."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call, CallContext
from chassis.clock import SHANGHAI, business_day
from chassis.days import Day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow, allow_systems
from chassis.refusals import NotFound
from chassis.routing import router
from fastapi import Query

from client_registry.api.readers import STAFF_ROLES
from client_registry.views import organisation as views
from client_registry.views import units as tree

api = router()
internal = router(internal=True)
_STAFF = allow(*STAFF_ROLES)


class UnitView(Output):
    """A unit of the tree."""

    id: UUID
    parent_id: UUID | None
    kind: str = described(en="What the unit is", zh="机构类别")
    code: str
    path: str = described(en="Place in the tree", zh="机构路径")
    name_zh: str
    name_en: str
    branch_code: str | None
    active: bool
    service_institution: str | None = described(
        en="Level among the service institutions", zh="服务机构类别", default=None
    )
    merged_into_id: UUID | None = described(en="The unit that took it over", zh="并入的机构", default=None)


class PostingView(Output):
    """Somebody at a post."""

    posting_id: UUID
    staff_id: UUID
    staff_no: str
    subject: str = described(en="How other answers name this person", zh="人员标识")
    name: str
    unit_id: UUID
    unit_code: str
    role: str
    reach: str = described(en="own clients, or unit and below", zh="本人客户，或本机构及下级")
    from_on: date
    until_on: date | None


class GrantView(Output):
    """One role at one place."""

    role: str
    unit_path: str
    reach: str
    until: datetime | None


class PrincipalView(Output):
    """Who somebody is to the bank."""

    subject: str
    grants: list[GrantView]


@api.get(
    "/v1/units",
    **operation(
        "listUnits",
        allow=_STAFF,
        en="List units",
        zh="查询机构",
        en_detail="The units at and below your places, and those above them. `as_of` answers the tree as it was at the end "
        "of that day; `lacks_manager` only units without a full-time client manager of their level today.",
        zh_detail="返回您任职机构及其下级，以及其上级机构。as_of 返回该日日终的机构树；"
        "lacks_manager 仅返回当前本级没有专职客户经理的机构。",
        audience=["front-end", "branch", "ops"],
    ),
)
async def list_units(
    call: Call, params: Page, as_of: Day | None = None, lacks_manager: bool = False
) -> PageOf[UnitView]:
    key = params.after(str)
    after = None if key is None else key[0]
    if as_of is not None:
        rows = await tree.units_as_of(
            call.tx, at=end_of(as_of), paths=places_of(call), after=after, size=params.limit + 1
        )
    else:
        rows = await views.list_units(
            call.tx, paths=places_of(call), lacks_manager=lacks_manager, day=business_day(call.now), after=after,
            size=params.limit + 1,
        )  # fmt: skip
    kept, cursor = cut(rows, params.limit, lambda row: (row["path"],))
    return page([UnitView.model_validate(dict(row)) for row in kept], cursor)


@api.get(
    "/v1/staff",
    **operation(
        "listStaff",
        allow=_STAFF,
        en="List staff by post",
        zh="按岗位查询人员",
        en_detail="Valid postings at and below your places; narrow by role or unit.",
        zh_detail="返回您任职机构及下级的有效任职，可按岗位或机构筛选。",
        audience=["front-end", "branch"],
    ),
)
async def list_staff(
    call: Call,
    params: Page,
    role: Annotated[str | None, Query(max_length=64)] = None,
    unit_code: Annotated[str | None, Query(max_length=64)] = None,
) -> PageOf[PostingView]:
    key = params.after(UUID)
    people = await views.list_staff(
        call.tx,
        paths=places_of(call),
        role=role,
        unit_code=unit_code,
        day=business_day(call.now),
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(people, params.limit, lambda person: (person.posting_id,))
    return page([PostingView.model_validate(person) for person in kept], cursor)


@internal.get(
    "/internal/principals/{subject}",
    **operation(
        "getPrincipal",
        allow=allow_systems("gateway"),
        en="What a caller may do",
        zh="查询调用者权限",
        en_detail="Valid postings and running delegations as grants; a revoked posting is gone at once.",
        zh_detail="返回有效任职与在办授权；撤销的任职立即失效。",
        audience=["ops"],
    ),
)
async def get_principal(subject: str, call: Call) -> PrincipalView:
    kind, _, name = subject.partition(":")
    if kind == "client":
        path = await _home_of(call, name)
        grants = [GrantView(role="client", unit_path=path, reach="own", until=None)]
    elif kind == "staff":
        found = await views.grants_of(call.tx, subject, day=business_day(call.now), now=call.now)
        grants = [
            GrantView(role=grant.role, unit_path=grant.unit_path, reach=grant.reach, until=grant.until)
            for grant in found
        ]
    else:
        raise NotFound()
    if not grants:
        raise NotFound()
    return PrincipalView(subject=subject, grants=grants)


async def _home_of(call: CallContext, name: str) -> str:
    try:
        client_id = UUID(name)
    except ValueError:
        raise NotFound() from None
    path = await views.home_path_of_client(call.tx, client_id)
    if path is None:
        raise NotFound()
    return path


def end_of(day: date) -> datetime:
    """The first instant that is no longer that business day."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI) + timedelta(days=1)


def places_of(call: CallContext) -> list[str]:
    """Where the caller works, whatever the reach over clients is."""
    return sorted({grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)})
