"""Staff and their posts: added, posted from a day on, ended, given another role (XC-7, XC-8, XC-20, CR-43)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.etags import require_match, set_etag
from chassis.ids import new_id
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response
from pydantic import StringConstraints

from client_registry.domain.organisation import Posting
from client_registry.domain.postings import STAFF_NO, Reach
from client_registry.use_cases.add_staff import add_staff
from client_registry.use_cases.change_role import change_role
from client_registry.use_cases.change_staff import change_staff
from client_registry.use_cases.end_posting import end_posting
from client_registry.use_cases.find_posting_in_scope import find_posting_in_scope
from client_registry.use_cases.post_staff import post_staff
from client_registry.views import staff as views

api = router()
_KEEPERS = allow("data_steward", "head_office_personal_banking")
_READERS = allow(
    "data_steward", "head_office_personal_banking", "auditor", "wealth_centre_head", "outlet_head", "outlet_deputy",
    "rm_supervisor", "private_banking_supervisor", "branch_personal_banking",
)  # fmt: skip
_ID = "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"
_POSTING_EXAMPLE = {
    "unit_id": _ID,
    "role": "relationship_manager",
    "reach": "own",
    "from_on": "2026-12-01",
    "until_on": None,
}
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 -]{2,31}$")]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]


class PostingBody(Input):
    """A post from a day on."""

    unit_id: UUID
    role: Role
    reach: Reach = described(en="own clients, or unit and below", zh="本人客户，或本机构及下级")
    from_on: date | None = described(en="First day; today where left out", zh="起始日，缺省为今日", default=None)
    until_on: date | None = described(en="Last day that counts", zh="最后任职日", default=None)
    full_time: bool = True

    def posting(self, staff_id: UUID, *, today: date) -> Posting:
        """The posting that is asked for."""
        return Posting(
            id=new_id(), staff_id=staff_id, subject="", unit_id=self.unit_id, role=self.role, reach=self.reach,
            from_on=self.from_on or today, until_on=self.until_on, full_time=self.full_time,
        )  # fmt: skip


class AddStaff(Input):
    """A new person with a first post."""

    staff_no: str = described(en="Staff number", zh="工号", pattern=STAFF_NO)
    name: Name
    work_phone: Phone | None = None
    posting: PostingBody


class ChangeStaff(Input):
    """Name and work phone as they are to be."""

    name: Name
    work_phone: Phone | None


class EndPosting(Input):
    """The last day that counts; yesterday ends it at once."""

    until_on: date = described(en="Last day that counts; yesterday ends it at once", zh="最后任职日；填昨日即刻生效")


class ChangeRole(Input):
    """Another role at the same unit."""

    role: Role
    reach: Reach
    from_on: date | None = described(en="First day; today where left out", zh="起始日，缺省为今日", default=None)
    full_time: bool = True


class PostingOfPerson(Output):
    """One post of a person."""

    posting_id: UUID
    unit_id: UUID
    unit_code: str
    role: str
    reach: str
    full_time: bool
    from_on: date
    until_on: date | None


class PersonView(Output):
    """Somebody of the staff with all posts."""

    staff_id: UUID
    staff_no: str
    subject: str
    name: str
    work_phone: str | None
    active: bool
    version: int
    postings: list[PostingOfPerson]


class PostingChanged(Output):
    """The post, and the person's version after it."""

    posting_id: UUID
    staff_id: UUID
    version: int


@api.post(
    "/v1/staff",
    status_code=201,
    **operation(
        "addStaff",
        allow=_KEEPERS,
        en="Add a person to the staff",
        zh="新增人员",
        en_detail="With a first post at one of your places.",
        zh_detail="须同时在您任职机构及其下级设置首个岗位。",
        audience=["branch", "ops"],
        example={"staff_no": "BJ0107", "name": "王小明", "work_phone": "010-66001234", "posting": _POSTING_EXAMPLE},
    ),
)
async def add(body: AddStaff, call: Call, response: Response) -> PostingChanged:
    first = body.posting.posting(new_id(), today=business_day(call.now))
    version = await add_staff(
        call.tx, first, staff_no=body.staff_no, name=body.name, work_phone=body.work_phone, by=call.principal,
        scope=call.scope, now=call.now,
    )  # fmt: skip
    set_etag(response, version)
    return PostingChanged(posting_id=first.id, staff_id=first.staff_id, version=version)


@api.get(
    "/v1/staff/{staff_id}",
    **operation(
        "getStaff",
        allow=_READERS,
        en="Read a person of the staff",
        zh="查看人员",
        en_detail="With every post, past and to come.",
        zh_detail="含历任、现任及待任岗位。",
        audience=["branch", "ops"],
    ),
)
async def get(staff_id: UUID, call: Call, response: Response) -> PersonView:
    person = await views.get_person(call.tx, staff_id, scope=call.scope)
    set_etag(response, person.version)
    return PersonView(
        staff_id=person.id, staff_no=person.staff_no, subject=person.subject, name=person.name,
        work_phone=person.work_phone, active=person.active, version=person.version,
        postings=[PostingOfPerson.model_validate(views.posting_of(row)) for row in person.postings],
    )  # fmt: skip


@api.patch(
    "/v1/staff/{staff_id}",
    **operation(
        "changeStaff",
        allow=_KEEPERS,
        en="Change a person's name or work phone",
        zh="变更人员姓名或办公电话",
        en_detail="Needs If-Match with the ETag last read.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag。",
        audience=["branch", "ops"],
        if_match=True,
        example={"name": "王小明", "work_phone": "010-66001234"},
    ),
)
async def change(staff_id: UUID, body: ChangeStaff, call: Call, response: Response) -> PersonView:
    person = await views.get_person(call.tx, staff_id, scope=call.scope)
    require_match(call.request, person.version)
    await change_staff(
        call.tx, staff_id, name=body.name, work_phone=body.work_phone, version=person.version, by=call.principal,
        now=call.now,
    )  # fmt: skip
    return await get(staff_id=staff_id, call=call, response=response)


@api.post(
    "/v1/staff/{staff_id}/postings",
    status_code=201,
    **operation(
        "postStaff",
        allow=_KEEPERS,
        en="Give a person a post",
        zh="人员任职",
        en_detail="Needs If-Match. A post of a later day begins by itself.",
        zh_detail="须提供 If-Match。起始日为将来的任职到期自动生效。",
        audience=["branch", "ops"],
        if_match=True,
        example=_POSTING_EXAMPLE,
    ),
)
async def post(staff_id: UUID, body: PostingBody, call: Call, response: Response) -> PostingChanged:
    person = await views.get_person(call.tx, staff_id, scope=call.scope)
    require_match(call.request, person.version)
    wanted = body.posting(staff_id, today=business_day(call.now))
    version = await post_staff(call.tx, wanted, by=call.principal, scope=call.scope, now=call.now)
    set_etag(response, version)
    return PostingChanged(posting_id=wanted.id, staff_id=staff_id, version=version)


@api.post(
    "/v1/postings/{posting_id}/endings",
    status_code=201,
    **operation(
        "endPosting",
        allow=_KEEPERS,
        en="End a posting",
        zh="结束任职",
        en_detail="Needs If-Match with the person's ETag. The rights stop with the last day; delegations of it end too.",
        zh_detail="须提供人员的 ETag（If-Match）。权限随最后任职日终止，该岗位的代理同时结束。",
        audience=["branch", "ops"],
        if_match=True,
        example={"until_on": "2026-11-30"},
    ),
)
async def end(posting_id: UUID, body: EndPosting, call: Call, response: Response) -> PostingChanged:
    posting, person = await find_posting_in_scope(call.tx, posting_id, by=call.principal, scope=call.scope)
    require_match(call.request, person.version)
    version = await end_posting(call.tx, posting, person, until_on=body.until_on, by=call.principal, now=call.now)
    set_etag(response, version)
    return PostingChanged(posting_id=posting.id, staff_id=person.id, version=version)


@api.post(
    "/v1/postings/{posting_id}/role-changes",
    status_code=201,
    **operation(
        "changeRole",
        allow=_KEEPERS,
        en="Give a posted person another role",
        zh="调整岗位",
        en_detail="Needs If-Match with the person's ETag. The old post ends the day before the new one begins.",
        zh_detail="须提供人员的 ETag（If-Match）。原任职于新任职起始日前一日结束。",
        audience=["branch", "ops"],
        if_match=True,
        example={"role": "rm_supervisor", "reach": "unit", "from_on": "2026-12-01"},
    ),
)
async def change_post(posting_id: UUID, body: ChangeRole, call: Call, response: Response) -> PostingChanged:
    posting, person = await find_posting_in_scope(call.tx, posting_id, by=call.principal, scope=call.scope)
    require_match(call.request, person.version)
    new = Posting(
        id=new_id(), staff_id=person.id, subject=person.subject, unit_id=posting.unit_id, role=body.role,
        reach=body.reach, from_on=body.from_on or business_day(call.now), until_on=None, full_time=body.full_time,
    )  # fmt: skip
    version = await change_role(call.tx, posting, person, new=new, by=call.principal, scope=call.scope, now=call.now)
    set_etag(response, version)
    return PostingChanged(posting_id=new.id, staff_id=person.id, version=version)
