"""Sharing grants, their withdrawal and use; and a client's own copy of the data."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.ids import new_id
from chassis.json_values import json_ready
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow, allow_any_staff
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.routing import router
from chassis.texts import Text
from pydantic import Field

from client_registry.api.readers import FILE_READERS
from client_registry.domain.sharing import NotTheRecipient, SharedField, SharingGrant, SharingKind, SharingPurpose
from client_registry.use_cases.grant_sharing import grant_sharing, revoke_sharing, use_sharing
from client_registry.views import clients as files
from client_registry.views import organisation
from client_registry.views import sharing as views

api = router()
_GRANTORS = ("wealth_centre_head", "outlet_head", "branch_personal_banking", "head_office_personal_banking")
_READERS = allow("client", *{*FILE_READERS, *_GRANTORS, "auditor"})
_NO_UNIT = Text(en="There is no such unit.", zh="机构不存在。")
_NEEDED_HERE = Text(en="Needed for this kind of sharing.", zh="此类共享须填写该项。")
_EXAMPLE = {
    "kind": "internal",
    "purpose": "risk_control",
    "fields": ["name", "risk"],
    "recipient_role": "branch_personal_banking",
    "recipient_unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11",
    "from_on": "2026-11-23",
    "until_on": "2026-12-31",
}


class GrantSharing(Input):
    """Purpose, scope and period of use (CR-82); for somebody outside the client's authorisation and an agreement too."""

    kind: SharingKind
    purpose: SharingPurpose
    fields: list[SharedField] = Field(min_length=1, max_length=len(SharedField))
    recipient_role: str | None = Field(default=None, pattern=r"^[a-z_]{1,64}$")
    recipient_unit_id: UUID | None = None
    recipient_name: str | None = Field(default=None, min_length=2, max_length=120, pattern=r"\S")
    authorisation: str | None = described(
        en="The client's written authorisation: where it is kept, what it says", zh="客户书面授权的编号及内容",
        default=None, min_length=2, max_length=2000, pattern=r"\S",
    )  # fmt: skip
    authorised_on: date | None = None
    agreement: str | None = described(
        en="The confidentiality agreement with scope and liability, or the legal basis", zh="保密协议（范围与责任）或法律依据",
        default=None, min_length=2, max_length=2000, pattern=r"\S",
    )  # fmt: skip
    agreement_until_on: date | None = None
    from_on: date
    until_on: date


_NEEDED = {
    SharingKind.INTERNAL: ("recipient_role", "recipient_unit_id"),
    SharingKind.EXTERNAL: (
        "recipient_name", "authorisation", "authorised_on", "agreement", "agreement_until_on",
    ),
    SharingKind.LEGAL: ("recipient_name", "agreement"),
}  # fmt: skip


class SharingGrantView(Output):
    """A grant and whether it can be used today."""

    grant_id: UUID
    client_id: UUID
    kind: SharingKind
    purpose: SharingPurpose
    fields: list[SharedField]
    recipient_role: str | None
    recipient_unit_id: UUID | None
    recipient_name: str | None
    authorisation: str | None
    authorised_on: date | None
    agreement: str | None
    agreement_until_on: date | None
    from_on: date
    until_on: date
    granted_by: str
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None
    in_force: bool


_OF_FILE = ("authorisation", "agreement", "granted_by", "granted_at", "revoked_by", "revoked_at")
_OF_GRANT = tuple(name for name in SharingGrantView.model_fields if name not in (*_OF_FILE, "grant_id", "in_force"))


class UseSharing(Input):
    """Which of the granted fields are needed now."""

    fields: list[SharedField] = Field(min_length=1, max_length=len(SharedField))


class SharedDataView(Output):
    """What was shown on a grant, and the number under which the use was written down."""

    use_id: UUID
    client_id: UUID
    purpose: SharingPurpose
    data: dict[str, Any]


class SharingUseView(Output):
    """One use of a grant."""

    use_id: UUID
    used_by: str
    fields: list[SharedField]
    used_at: datetime


class RevokedView(Output):
    """The grant that ended."""

    grant_id: UUID
    revoked_at: datetime


class DataCopyView(Output):
    """Everything the registry keeps about the client."""

    client_id: UUID
    as_of: datetime
    data: dict[str, Any]


@api.post(
    "/v1/clients/{client_id}/sharing-grants",
    status_code=201,
    **operation(
        "grantSharing",
        allow=allow(*_GRANTORS),
        en="Authorise the sharing of a client's data",
        zh="登记信息共享授权",
        en_detail="Purpose, fields and period are stated. Outside the bank: with the client's authorisation and an agreement.",
        zh_detail="须载明目的、范围和使用期限。向行外提供的，须有客户明确授权并签订保密协议。",
        audience=["branch"],
        example=_EXAMPLE,
    ),
)
async def grant(client_id: UUID, body: GrantSharing, call: Call) -> SharingGrantView:
    # What the law asks for is asked of former clients too (XC-24).
    seen = files.require_visible if body.kind == "legal" else files.require_open
    await seen(call.tx, client_id, scope=call.scope)
    missing = [name for name in _NEEDED[body.kind] if getattr(body, name) is None]
    if missing:
        raise Invalid([FieldError(f"/{name}", "sharing.incomplete", _NEEDED_HERE) for name in missing])
    if body.recipient_unit_id is not None and await organisation.find_unit(call.tx, body.recipient_unit_id) is None:
        raise Invalid([FieldError("/recipient_unit_id", "unit.unknown", _NO_UNIT)])
    made = SharingGrant(
        id=new_id(),
        client_id=client_id,
        kind=body.kind,
        purpose=body.purpose,
        fields=tuple(sorted(set(body.fields))),
        recipient_role=body.recipient_role,
        recipient_unit_id=body.recipient_unit_id,
        recipient_name=body.recipient_name,
        authorised_on=body.authorised_on,
        agreement_until_on=body.agreement_until_on,
        from_on=body.from_on,
        until_on=body.until_on,
        revoked=False,
        version=1,
    )
    await grant_sharing(
        call.tx, made, authorisation=body.authorisation, agreement=body.agreement, by=call.principal, now=call.now
    )
    return _grant_view(await views.grant_on_file(call.tx, made.id), today=business_day(call.now))


def _grant_view(found: views.GrantOnFile, *, today: date) -> SharingGrantView:
    parts = {name: getattr(found.grant, name) for name in _OF_GRANT}
    papers = {name: getattr(found, name) for name in _OF_FILE}
    return SharingGrantView(**parts, **papers, grant_id=found.grant.id, in_force=found.grant.is_in_force(today))


@api.get(
    "/v1/clients/{client_id}/sharing-grants",
    **operation(
        "listSharingGrants",
        allow=_READERS,
        en="With whom a client's data may be shared",
        zh="查询信息共享授权",
        audience=["front-end", "branch"],
    ),
)
async def list_grants(client_id: UUID, page_: Page, call: Call) -> PageOf[SharingGrantView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    after = page_.after(UUID)
    today = business_day(call.now)
    found = await views.list_grants(call.tx, client_id, after=after[0] if after else None, size=page_.limit + 1)
    kept, cursor = cut(found, page_.limit, lambda each: (each.grant.id,))
    return page([_grant_view(each, today=today) for each in kept], cursor)


@api.post(
    "/v1/sharing-grants/{grant_id}/revocations",
    status_code=201,
    **operation(
        "revokeSharing",
        allow=allow("client", *_GRANTORS),
        en="Withdraw an authorisation",
        zh="撤回信息共享授权",
        en_detail="By the client or the bank; nothing is shown on it any more from this moment.",
        zh_detail="客户或本行均可撤回，即时生效。",
        audience=["front-end", "branch"],
    ),
)
async def revoke(grant_id: UUID, call: Call) -> RevokedView:
    given = await views.find_grant(call.tx, grant_id)
    await files.require_visible(call.tx, given.client_id, scope=call.scope)
    await revoke_sharing(call.tx, grant_id, by=call.principal, now=call.now)
    return RevokedView(grant_id=grant_id, revoked_at=call.now)


@api.post(
    "/v1/sharing-grants/{grant_id}/uses",
    status_code=201,
    **operation(
        "useSharing",
        allow=allow_any_staff(),
        en="See what was shared",
        zh="使用共享信息",
        en_detail="The use is written down before anything is shown; only granted fields, only while the grant is in force.",
        zh_detail="先登记使用记录，后提供信息；仅限有效期内、授权范围内的信息项。",
        audience=["branch"],
        example={"fields": ["name"]},
    ),
)
async def use(grant_id: UUID, body: UseSharing, call: Call) -> SharedDataView:
    given = await views.find_grant(call.tx, grant_id)
    at_home = await views.is_visible(call.tx, given.client_id, scope=call.scope)
    if given.kind is not SharingKind.INTERNAL and not at_home:
        raise NotFound()
    fields = sorted(set(body.fields))
    try:
        use_id, given = await use_sharing(call.tx, grant_id, fields, by=call.principal, now=call.now)
    except NotTheRecipient:
        if at_home:
            raise
        # To whom it was not given, a grant of another unit's client is not there.
        raise NotFound() from None
    data = await views.shared_data(call.tx, given.client_id, fields, today=business_day(call.now), now=call.now)
    return SharedDataView(use_id=use_id, client_id=given.client_id, purpose=given.purpose, data=json_ready(data))


@api.get(
    "/v1/sharing-grants/{grant_id}/uses",
    **operation(
        "listSharingUses",
        allow=_READERS,
        en="Who used an authorisation",
        zh="查询共享信息使用记录",
        audience=["front-end", "branch"],
    ),
)
async def list_uses(grant_id: UUID, page_: Page, call: Call) -> PageOf[SharingUseView]:
    given = await views.find_grant(call.tx, grant_id)
    await files.require_visible(call.tx, given.client_id, scope=call.scope)
    after = page_.after(UUID)
    rows = await views.list_uses(call.tx, grant_id, after=after[0] if after else None, size=page_.limit + 1)
    kept, cursor = cut(rows, page_.limit, lambda row: (row["id"],))
    shown = [
        SharingUseView(use_id=row["id"], used_by=row["used_by"], fields=row["fields"], used_at=row["used_at"])
        for row in kept
    ]
    return page(shown, cursor)


@api.post(
    "/v1/clients/{client_id}/data-copies",
    **operation(
        "copyOwnData",
        allow=allow("client"),
        en="A copy of my own data",
        zh="导出本人信息",
        en_detail="Everything the registry keeps about the client, opened; the copy is written down.",
        zh_detail="提供登记服务所保存的本人全部信息，并留存导出记录。",
        audience=["front-end"],
        idempotent=False,
    ),
)
async def copy_own_data(client_id: UUID, call: Call) -> DataCopyView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    await audit.record(
        call.tx, act="client.copied", by=call.principal, object_type="client", object_id=client_id,
        client_id=client_id, purpose="own_data", at=call.now,
    )  # fmt: skip
    data = await views.everything_about(call.tx, client_id, today=business_day(call.now), now=call.now)
    return DataCopyView(client_id=client_id, as_of=call.now, data=json_ready(data))
