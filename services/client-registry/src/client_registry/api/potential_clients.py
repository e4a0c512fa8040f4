"""Potential clients (潜力客户; CR-24, CR-52): record, follow up, make a client, end."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Response
from pydantic import Field

from client_registry.api.client_bodies import ConsentBody, IdentityBody, RegisteredView
from client_registry.api.clients import Purpose
from client_registry.api.readers import FILE_READERS
from client_registry.domain.clients import ClientKnown, OutsideYourUnit
from client_registry.domain.potential_clients import PotentialIsClient, PotentialStatus, one_of
from client_registry.domain.registration_form import Source
from client_registry.use_cases.convert_potential_client import Missing, convert_potential_client
from client_registry.use_cases.follow_up_potential_client import close_potential_client, follow_up_potential_client
from client_registry.use_cases.record_potential_client import Recording, record_potential_client
from client_registry.views import clients as files
from client_registry.views import organisation
from client_registry.views import potential_clients as views

api = router()
_KEEPERS = allow(
    "relationship_manager", "private_banker", "corporate_manager", "wealth_centre_head", "branch_personal_banking",
    "data_steward",
)  # fmt: skip
_READERS = allow(*FILE_READERS)
_NO_UNIT = Text(en="There is no such unit.", zh="机构不存在。")
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")
_NO_OWNER = Text(en="Name the manager who follows up.", zh="请指定跟进的客户经理。")
_TEXT = Field(default=None, min_length=1, max_length=500, pattern=r"\S")
_EXAMPLE = {
    "name": "赵六", "phone": "13912345678", "hobbies": ["travel"], "needs": "子女留学金融服务", "referral_source":
    "client_referral", "next_step": "电话约见", "next_on": "2026-12-01", "consented_on": "2026-11-20",
    "unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "source": "active_contact",
}  # fmt: skip


class RecordPotentialClient(Input):
    """A person (`name`, `consented_on`) or a client (`client_id`). Codes: `GET /v1/reference-data/hobby`, `referral_source`."""

    unit_id: UUID
    owner: str | None = described(
        en="The manager who follows up; whoever records by default", zh="跟进的客户经理，默认为登记人", default=None,
        pattern=r"^staff:[A-Za-z0-9_-]{1,32}$",
    )  # fmt: skip
    client_id: UUID | None = None
    name: str | None = Field(default=None, min_length=1, max_length=120, pattern=r"\S")
    phone: str | None = Field(default=None, min_length=3, max_length=32)
    identity: IdentityBody | None = None
    confirm_identity_number: str | None = described(
        en="The identity number entered again", zh="再次录入的证件号码", default=None, max_length=32
    )
    hobbies: list[str] = Field(default_factory=list, max_length=20)
    needs: str | None = _TEXT
    referral_source: str = Field(max_length=64)
    referred_by: str | None = _TEXT
    next_step: str | None = _TEXT
    next_on: date | None = None
    consented_on: date | None = described(
        en="When the person allowed to be on file", zh="本人同意登记的日期", default=None
    )
    shared_phone: bool = described(
        en="The phone is another client's too, and this is another person", zh="电话与他人共用，确认并非同一人",
        default=False,
    )  # fmt: skip
    source: Source = described(en="Where this is known from", zh="信息来源")


class FollowUpPotentialClient(Input):
    """What is done next, and when."""

    next_step: str = Field(min_length=1, max_length=500, pattern=r"\S")
    next_on: date


class ClosePotentialClient(Input):
    """Why nobody follows up any more."""

    because: Literal["not_interested", "consent_withdrawn", "unreachable", "recorded_in_error"]


class ConvertPotentialClient(Input):
    """What the record does not know; `identity` only where none was recorded."""

    identity: IdentityBody | None = None
    confirm_identity_number: str | None = described(
        en="The identity number entered again", zh="再次录入的证件号码", default=None, max_length=32
    )
    sex: Literal["female", "male"] | None = None
    birth_on: date | None = None
    consents: ConsentBody


class PotentialClientView(Output):
    """A record; what is about the person masked unless `masked` is false, and gone when the record has ended."""

    potential_id: UUID
    unit_id: UUID
    owner: str
    client_id: UUID | None
    status: str
    ended_because: str | None
    name: str | None
    phone: str | None
    identity_type: str | None
    identity_number: str | None
    hobbies: list[str]
    needs: str | None
    referral_source: str
    referred_by: str | None
    next_step: str | None
    next_on: date | None
    consented_on: date | None
    source: str
    collector: str
    collected_at: datetime
    forget_on: date = described(en="Forgotten on that day if untouched", zh="如无跟进将于该日清除")
    version: int
    masked: bool


@api.post(
    "/v1/potential-clients",
    status_code=201,
    **operation(
        "recordPotentialClient",
        allow=_KEEPERS,
        en="Record a potential client",
        zh="登记潜力客户",
        en_detail="A person with his consent, or a client to be developed. A document or phone of a client is refused, and the "
        "client named only to who sees that file. Forgotten after the policy's months without a follow-up.",
        zh_detail="登记经本人同意的非客户人员，或标记现有客户。证件或电话已属于客户时予以拒绝，仅向有权限者说明对应客户。"
        "超过规定期限未跟进的信息自动清除。",
        audience=["front-end", "branch"],
        example=_EXAMPLE,
    ),
)
async def record(body: RecordPotentialClient, call: Call) -> PotentialClientView:
    if (body.client_id is None) == (body.name is None):
        raise one_of()
    unit = await organisation.find_unit(call.tx, body.unit_id)
    if unit is None or not unit["active"]:
        raise Invalid([FieldError("/unit_id", "unit.unknown", _NO_UNIT)])
    grants = call.policy.grants_of(call.principal, call.now)
    if not any(unit["path"].startswith(grant.unit_path) for grant in grants):
        raise OutsideYourUnit()
    owner = body.owner or (call.principal.subject if any(grant.reach == "own" for grant in grants) else None)
    if owner is None:
        raise Invalid([FieldError("/owner", "field.missing", _NO_OWNER)])
    if body.client_id is not None:
        await files.require_visible(call.tx, body.client_id, scope=call.scope)
    else:
        await views.refuse_clients(
            call.tx, kind=None if body.identity is None else body.identity.type,
            number=None if body.identity is None else body.identity.number,
            phone=None if body.shared_phone else body.phone, scope=call.scope,
        )  # fmt: skip
    given = Recording(
        unit_id=body.unit_id, unit_path=unit["path"], owner=owner, client_id=body.client_id,
        name=None if body.name is None else body.name.strip(), phone=body.phone,
        identity_type=None if body.identity is None else body.identity.type,
        identity_number=None if body.identity is None else body.identity.number,
        identity_number_again=body.confirm_identity_number, hobbies=tuple(body.hobbies), needs=body.needs,
        referral_source=body.referral_source, referred_by=body.referred_by, next_step=body.next_step,
        next_on=body.next_on, consented_on=body.consented_on, source=body.source,
    )  # fmt: skip
    potential_id = await record_potential_client(call.tx, given, by=call.principal, now=call.now)
    return PotentialClientView.model_validate(await views.get_potential(call.tx, potential_id, scope=call.scope))


@api.get(
    "/v1/potential-clients",
    **operation(
        "listPotentialClients",
        allow=_READERS,
        en="List potential clients",
        zh="查询潜力客户列表",
        en_detail="Records in your scope, masked; open ones by default.",
        zh_detail="返回您权限范围内的记录（脱敏），默认仅列出跟进中的记录。",
        audience=["front-end", "branch"],
    ),
)
async def list_(
    call: Call, paging: Page, status: PotentialStatus = PotentialStatus.OPEN
) -> PageOf[PotentialClientView]:
    key = paging.after(UUID)
    found = await views.list_potentials(
        call.tx, scope=call.scope, status=status.value, after=None if key is None else key[0], size=paging.limit + 1
    )
    kept, cursor = cut(found, paging.limit, lambda each: (each.potential_id,))
    return page([PotentialClientView.model_validate(each) for each in kept], cursor)


@api.get(
    "/v1/potential-clients/{potential_id}",
    **operation(
        "getPotentialClient",
        allow=_READERS,
        en="Read a potential client",
        zh="查看潜力客户",
        en_detail="Masked by default. `unmasked=true` needs a `purpose` and leaves an audit row.",
        zh_detail="默认脱敏；unmasked=true 须说明 purpose 并留下审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def get(
    potential_id: UUID, call: Call, response: Response, unmasked: bool = False, purpose: Purpose | None = None
) -> PotentialClientView:
    found = await views.get_potential(call.tx, potential_id, scope=call.scope)
    if unmasked:
        if purpose is None:
            raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
        await audit.record(
            call.tx, act="potential-client.revealed", by=call.principal, object_type="potential-client",
            object_id=potential_id, client_id=found.client_id, purpose=purpose, at=call.now,
        )  # fmt: skip
        found = await views.get_potential(call.tx, potential_id, scope=call.scope, masked=False)
    set_etag(response, found.version, "masked" if found.masked else "open", call.language)
    return PotentialClientView.model_validate(found)


@api.post(
    "/v1/potential-clients/{potential_id}/follow-ups",
    status_code=201,
    **operation(
        "followUpPotentialClient",
        allow=_KEEPERS,
        en="Say what is done next about a potential client",
        zh="登记潜力客户跟进计划",
        audience=["front-end", "branch"],
        example={"next_step": "邀请参加客户活动", "next_on": "2026-12-10"},
    ),
)
async def follow_up(potential_id: UUID, body: FollowUpPotentialClient, call: Call) -> PotentialClientView:
    await views.get_potential(call.tx, potential_id, scope=call.scope)
    await follow_up_potential_client(
        call.tx, potential_id, next_step=body.next_step, next_on=body.next_on, by=call.principal, now=call.now
    )
    return PotentialClientView.model_validate(await views.get_potential(call.tx, potential_id, scope=call.scope))


@api.post(
    "/v1/potential-clients/{potential_id}/closures",
    status_code=201,
    **operation(
        "closePotentialClient",
        allow=_KEEPERS,
        en="End a potential client's record",
        zh="结束潜力客户记录",
        en_detail="Everything about the person is gone from it at once.",
        zh_detail="记录中的个人信息立即清除。",
        audience=["front-end", "branch"],
        example={"because": "not_interested"},
    ),
)
async def close(potential_id: UUID, body: ClosePotentialClient, call: Call) -> PotentialClientView:
    await views.get_potential(call.tx, potential_id, scope=call.scope)
    await close_potential_client(call.tx, potential_id, because=body.because, by=call.principal, now=call.now)
    return PotentialClientView.model_validate(await views.get_potential(call.tx, potential_id, scope=call.scope))


@api.post(
    "/v1/potential-clients/{potential_id}/conversions",
    status_code=201,
    **operation(
        "convertPotentialClient",
        allow=allow("relationship_manager", "private_banker", "corporate_manager", "branch_personal_banking", "data_steward"),
        en="Make a client of a potential one",
        zh="潜力客户转为正式客户",
        en_detail="Opens the file with what was recorded: name, phone, document, hobbies, needs, manager.",
        zh_detail="以已登记的姓名、电话、证件、爱好、需求及跟进经理建立客户档案，无须重复录入。",
        audience=["front-end", "branch"],
        example={
            "identity": {"type": "resident_id", "number": "110101198001010010"},
            "confirm_identity_number": "110101198001010010", "sex": "male",
            "consents": {"marketing": True, "events": False, "notice_version": "2026-01"},
        },
    ),
)  # fmt: skip
async def convert(potential_id: UUID, body: ConvertPotentialClient, call: Call) -> RegisteredView:
    await views.get_potential(call.tx, potential_id, scope=call.scope)
    missing = Missing(
        identity_type=None if body.identity is None else body.identity.type,
        identity_number=None if body.identity is None else body.identity.number,
        identity_number_again=body.confirm_identity_number, sex=body.sex, birth_on=body.birth_on,
        marketing=body.consents.marketing, events=body.consents.events, wished_interval=body.consents.wished_interval,
        notice_version=body.consents.notice_version,
    )  # fmt: skip
    grants = call.policy.grants_of(call.principal, call.now)
    try:
        done = await convert_potential_client(
            call.tx, potential_id, missing, by=call.principal, grants=grants, now=call.now
        )
    except ClientKnown:
        raise PotentialIsClient() from None
    return RegisteredView(client_id=done.client_id, client_no=done.client_no)
