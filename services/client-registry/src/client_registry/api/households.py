"""Households of clients (CR-48): open one, who is in it, who leaves, whose relations count from whom."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.routing import router
from chassis.texts import Text
from fastapi import Response
from pydantic import Field

from client_registry.api.clients import Purpose
from client_registry.api.readers import FILE_READERS
from client_registry.domain import households as rules
from client_registry.domain.registration_form import Source
from client_registry.use_cases.add_household_member import Person, add_household_member
from client_registry.use_cases.end_household_member import end_household_member
from client_registry.use_cases.name_household_head import name_household_contact, name_household_head
from client_registry.use_cases.open_household import open_household
from client_registry.views import clients as files
from client_registry.views import households as views

api = router()
FAMILY_KEEPERS = allow(
    "relationship_manager", "private_banker", "wealth_centre_head", "branch_personal_banking", "data_steward"
)
_READERS = allow(*FILE_READERS)
_ONE = Text(en="Name either a client or a person.", zh="请填写客户编号或非客户人员之一。")
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")
_PERSON_EXAMPLE = {
    "person": {
        "file_of": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "name": "李小红", "phone": "13812345678",
        "consent": "client_for_family", "purpose": "family_care",
    },
    "relation": "spouse", "from_on": "2026-11-20", "source": "active_contact",
}  # fmt: skip


class OpenHousehold(Input):
    """The client whom the relations are counted from."""

    client_id: UUID
    from_on: date
    source: Source = described(en="Where this is known from", zh="信息来源")


class PersonBody(Input):
    """A person who is no client: in whose file he stands, who allowed it and what for."""

    file_of: UUID = described(en="The client in whose file the person stands", zh="登记于哪位客户档案")
    name: str = Field(min_length=1, max_length=120, pattern=r"\S")
    phone: str | None = Field(default=None, min_length=3, max_length=32)
    consent: rules.Consent = described(en="Who allowed it", zh="同意方")
    purpose: rules.HouseholdPurpose = described(en="What it is kept for", zh="使用目的")


class AddHouseholdMember(Input):
    """A client (`client_id`) or a person who is none (`person`). Relations: `GET /v1/reference-data/household_relation`."""

    client_id: UUID | None = None
    person: PersonBody | None = None
    relation: str = described(en="Relation to the head of the household", zh="与户主关系", max_length=64)
    from_on: date
    source: Source = described(en="Where this is known from", zh="信息来源")


class EndHouseholdMember(Input):
    """Until when, and why."""

    until_on: date
    because: Literal["moved_out", "divorced", "died", "correction"]


class RelationBody(Input):
    """A member's relation to the new head."""

    member_id: UUID
    relation: str = Field(max_length=64)


class NameHouseholdHead(Input):
    """The new head, and everybody else's relation to him."""

    member_id: UUID
    relations: list[RelationBody] = Field(max_length=rules.MOST)


class NameHouseholdContact(Input):
    """Whom one turns to."""

    member_id: UUID


class HouseholdMemberView(Output):
    """One member. Client and number stand only where the caller sees that client's file."""

    member_id: UUID
    kind: str
    client_id: UUID | None
    client_no: str | None
    in_scope: bool
    relation: str | None
    name: str
    phone: str | None
    consent: str | None
    purpose: str | None
    source: str
    collector: str | None
    collected_at: datetime
    verified_at: datetime | None
    from_on: date
    until_on: date | None
    left_because: str | None


class HouseholdView(Output):
    """A household with its present and former members; names masked unless `masked` is false."""

    household_id: UUID
    head_id: UUID
    contact_id: UUID | None
    opened_on: date
    closed_on: date | None
    version: int
    masked: bool
    members: list[HouseholdMemberView]


@api.post(
    "/v1/households",
    status_code=201,
    **operation(
        "openHousehold",
        allow=FAMILY_KEEPERS,
        en="Open a household",
        zh="建立家庭档案",
        en_detail="With its head: every relation is counted from this client. A client is in one household at a time.",
        zh_detail="以户主建立，家庭关系均以户主为准；一位客户同一时间只属于一个家庭。",
        audience=["front-end", "branch"],
        example={
            "client_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "from_on": "2026-11-20", "source": "active_contact",
        },
    ),
)  # fmt: skip
async def open_(body: OpenHousehold, call: Call) -> HouseholdView:
    await files.require_visible(call.tx, body.client_id, scope=call.scope)
    household_id = await open_household(
        call.tx, body.client_id, from_on=body.from_on, source=body.source, by=call.principal, now=call.now
    )
    return await _answer(call, household_id)


@api.get(
    "/v1/households/{household_id}",
    **operation(
        "getHousehold",
        allow=_READERS,
        en="Read a household",
        zh="查看家庭档案",
        en_detail="Visible where one of its clients is in your scope; members of other units stay masked. `unmasked=true` "
        "needs a `purpose` and leaves an audit row.",
        zh_detail="权限范围内有家庭成员客户时可查看，其他机构的成员始终脱敏；unmasked=true 须说明 purpose 并留下审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def get(
    household_id: UUID, call: Call, response: Response, unmasked: bool = False, purpose: Purpose | None = None
) -> HouseholdView:
    household = await views.get_household(call.tx, household_id, scope=call.scope)
    if unmasked:
        if purpose is None:
            raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
        for client_id in sorted(household.seen_clients):
            await audit.record(
                call.tx, act="household.revealed", by=call.principal, object_type="household", object_id=household_id,
                client_id=client_id, purpose=purpose, at=call.now,
            )  # fmt: skip
        household = await views.get_household(call.tx, household_id, scope=call.scope, masked=False)
    set_etag(response, household.version, "open" if unmasked else "masked", call.language)
    return HouseholdView.model_validate(household)


@api.get(
    "/v1/clients/{client_id}/household",
    **operation(
        "getHouseholdOfClient",
        allow=_READERS,
        en="The household a client is in",
        zh="查看客户所属家庭",
        audience=["front-end", "branch"],
    ),
)
async def of_client(client_id: UUID, call: Call, response: Response) -> HouseholdView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    household = await views.household_of_client(call.tx, client_id, scope=call.scope)
    set_etag(response, household.version, "masked", call.language)
    return HouseholdView.model_validate(household)


@api.post(
    "/v1/households/{household_id}/members",
    status_code=201,
    **operation(
        "addHouseholdMember",
        allow=FAMILY_KEEPERS,
        en="Add a member to a household",
        zh="添加家庭成员",
        en_detail="A client whose file you see, or a person who is no client, in the file of a client of this household.",
        zh_detail="可添加您权限范围内的客户，或登记于本家庭某客户档案下的非客户人员。",
        audience=["front-end", "branch"],
        example=_PERSON_EXAMPLE,
    ),
)
async def add(household_id: UUID, body: AddHouseholdMember, call: Call) -> HouseholdView:
    household = await views.get_household(call.tx, household_id, scope=call.scope)
    if (body.client_id is None) == (body.person is None):
        raise Invalid([FieldError("/client_id", "household.one-of", _ONE)])
    who: UUID | Person
    if body.person is not None:
        given = body.person
        who = Person(
            file_of=given.file_of, name=given.name.strip(), phone=given.phone, consent=given.consent,
            purpose=given.purpose,
        )  # fmt: skip
        present = {each.client_id for each in household.members if each.kind == "client" and each.until_on is None}
        if given.file_of not in present:
            raise NotFound()
    else:
        assert body.client_id is not None
        who = body.client_id
        await files.require_visible(call.tx, who, scope=call.scope)
    await add_household_member(
        call.tx, household_id, who=who, relation=body.relation, from_on=body.from_on, source=body.source,
        by=call.principal, now=call.now,
    )  # fmt: skip
    return await _answer(call, household_id)


@api.post(
    "/v1/households/{household_id}/members/{member_id}/departures",
    status_code=201,
    **operation(
        "endHouseholdMember",
        allow=FAMILY_KEEPERS,
        en="A member leaves a household",
        zh="家庭成员退出",
        en_detail="The head leaves last, or after another head was named. Without a client a household is closed.",
        zh_detail="户主须最后退出，或先变更户主；家庭中不再有客户时档案关闭。",
        audience=["front-end", "branch"],
        example={"until_on": "2026-11-20", "because": "moved_out"},
    ),
)
async def leave(household_id: UUID, member_id: UUID, body: EndHouseholdMember, call: Call) -> HouseholdView:
    household = await views.get_household(call.tx, household_id, scope=call.scope)
    if household.file_of(member_id) is None:
        raise NotFound()
    await end_household_member(
        call.tx, household_id, member_id, until_on=body.until_on, because=rules.Leaving(body.because),
        by=call.principal, now=call.now,
    )  # fmt: skip
    return await _answer(call, household_id)


@api.post(
    "/v1/households/{household_id}/heads",
    status_code=201,
    **operation(
        "nameHouseholdHead",
        allow=FAMILY_KEEPERS,
        en="Name another head of a household",
        zh="变更户主",
        en_detail="States everybody else's relation to the new head.",
        zh_detail="须同时填写其他成员与新户主的关系。",
        audience=["front-end", "branch"],
        example={"member_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "relations": []},
    ),
)
async def head(household_id: UUID, body: NameHouseholdHead, call: Call) -> HouseholdView:
    household = await views.get_household(call.tx, household_id, scope=call.scope)
    _require_member(household, body.member_id)
    relations = {each.member_id: each.relation for each in body.relations}
    await name_household_head(call.tx, household_id, body.member_id, relations, by=call.principal, now=call.now)
    return await _answer(call, household_id)


@api.post(
    "/v1/households/{household_id}/contacts",
    status_code=201,
    **operation(
        "nameHouseholdContact",
        allow=FAMILY_KEEPERS,
        en="Name whom to turn to in a household",
        zh="指定家庭联系人",
        audience=["front-end", "branch"],
        example={"member_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"},
    ),
)
async def contact(household_id: UUID, body: NameHouseholdContact, call: Call) -> HouseholdView:
    household = await views.get_household(call.tx, household_id, scope=call.scope)
    _require_member(household, body.member_id)
    await name_household_contact(call.tx, household_id, body.member_id, by=call.principal, now=call.now)
    return await _answer(call, household_id)


def _require_member(household: views.HouseholdView, member_id: UUID) -> None:
    if all(each.member_id != member_id for each in household.members):
        raise NotFound()


async def _answer(call: CallContext, household_id: UUID) -> HouseholdView:
    return HouseholdView.model_validate(await views.get_household(call.tx, household_id, scope=call.scope))
