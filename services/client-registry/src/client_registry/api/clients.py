"""Client files: open, list, read, move, give a manager; and what the client allows."""

from typing import Annotated, Literal
from uuid import UUID

from chassis import audit
from chassis.call import Call, CallContext
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Query, Response

from client_registry.api.client_bodies import (
    AssignManager,
    ChangeConsents,
    ClientView,
    ConsentView,
    MoveClient,
    RegisterClient,
    RegisteredView,
    VersionView,
    client_view,
)
from client_registry.api.readers import FILE_READERS
from client_registry.api.second_entries import WAITS, accepted
from client_registry.domain.clients import ClientKnown, ClientKnownHere, Consent
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.levels import CardLevel, ServiceTier
from client_registry.domain.second_entries import PendingEntry
from client_registry.use_cases.assign_manager import assign_manager
from client_registry.use_cases.change_consents import change_consents
from client_registry.use_cases.enter_registration import enter_registration
from client_registry.use_cases.move_client import move_client
from client_registry.use_cases.register_client import Registration
from client_registry.use_cases.report_known_document import report_known_document
from client_registry.views import clients as views
from client_registry.views import organisation

api = router()
_OPENERS = allow(
    "relationship_manager", "private_banker", "open_counter_teller", "branch_personal_banking", "data_steward",
    "corporate_manager",
)  # fmt: skip
_READERS = allow(*FILE_READERS)
_SELF_OR_READERS = allow("client", *FILE_READERS)
_CONSENT_KEEPERS = allow(
    "client", "relationship_manager", "private_banker", "open_counter_teller", "branch_personal_banking",
    "data_steward",
)  # fmt: skip
_MOVERS = allow("branch_personal_banking", "data_steward", "head_office_personal_banking")
_ASSIGNERS = allow("wealth_centre_head", "outlet_head", "rm_supervisor", "branch_personal_banking", "data_steward")
_NO_UNIT = Text(en="There is no such unit.", zh="机构不存在。")
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")
Purpose = Literal["client_service", "relationship_management", "risk_control", "correction", "audit", "own_data"]
_REGISTRATION_EXAMPLE = {
    "name": "王小明",
    "identity": {"type": "resident_id", "number": "110101198001010010"},
    "sex": "male",
    "contacts": [{"way": "mobile", "value": "13812345678"}, {"way": "email", "value": "wang@example.com"}],
    "confirm_identity_number": "110101198001010010",
    "confirm_mobile": "13812345678",
    "consents": {"marketing": True, "events": False, "wished_interval": "quarterly", "notice_version": "2026-01"},
    "home_unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11",
}


@api.post(
    "/v1/clients",
    status_code=201,
    response_model=RegisteredView,
    responses=WAITS,
    **operation(
        "registerClient",
        allow=_OPENERS,
        en="Open a client file",
        zh="登记客户档案",
        en_detail="One file per identity document; a document already on file is refused, and the file named only to who may "
        "see it. Fields that the policy names are entered twice (`confirm_identity_number`, `confirm_mobile`), or by a second "
        "person: then 202, and the file is opened when both have entered the same.",
        zh_detail="同一证件只能登记一份档案；证件已登记时予以拒绝，仅向有权限者说明对应档案。政策规定的栏目须双重录入"
        "（confirm_identity_number、confirm_mobile）；政策要求双人复录时返回202，两人录入一致后建档。",
        audience=["front-end", "branch"],
        example=_REGISTRATION_EXAMPLE,
    ),
)
async def register(body: RegisterClient, call: Call) -> RegisteredView | Response:
    form = Registration(
        name=body.name,
        identity_type=body.identity.type,
        identity_number=body.identity.number,
        sex=body.sex,
        birth_on=body.birth_on,
        contacts=tuple((contact.way, contact.value) for contact in body.contacts),
        marketing=body.consents.marketing,
        events=body.consents.events,
        wished_interval=body.consents.wished_interval,
        notice_version=body.consents.notice_version,
        home_unit_id=body.home_unit_id,
        serving_unit_ids=tuple(body.serving_unit_ids),
        manager=body.manager,
        client_since_on=body.client_since_on,
        identity_number_again=body.confirm_identity_number,
        mobile_again=body.confirm_mobile,
    )
    grants = call.policy.grants_of(call.principal, call.now)
    try:
        done = await enter_registration(call.tx, form, None, by=call.principal, grants=grants, now=call.now)
    except ClientKnown as known:
        raise await known_to(call, form.identity_type, form.identity_number, known) from None
    if isinstance(done, PendingEntry):
        return accepted(done)
    return RegisteredView(client_id=done.client_id, client_no=done.client_no)


async def known_to(call: CallContext, kind: IdentityType, number: str, known: ClientKnown) -> ClientKnown:
    """Who may see the file is told which one it is; for everybody else the data steward is (CR-84)."""
    found, seen = await views.known_file(call.tx, kind, number, scope=call.scope)
    if found is None:
        return known
    if seen:
        return ClientKnownHere(client_no=found["client_no"])
    # The refusal undoes this request; that somebody tried must be looked at all the same.
    async with call.app.database.transaction() as kept:
        await report_known_document(
            kept, found["id"], unit_id=found["home_unit_id"], unit_path=found["home_path"], now=call.now
        )
    return known


@api.get(
    "/v1/clients",
    **operation(
        "listClients",
        allow=_READERS,
        en="List client files",
        zh="查询客户档案列表",
        en_detail="Files in your scope, masked; narrow by service tier, card level, unit or client number.",
        zh_detail="返回您权限范围内的客户档案（脱敏），可按服务层级、卡级别、机构或客户号筛选。",
        audience=["front-end", "branch"],
    ),
)
async def list_clients(
    call: Call,
    params: Page,
    tier: ServiceTier | None = None,
    card_level: CardLevel | None = None,
    unit_id: UUID | None = None,
    client_no: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = None,
) -> PageOf[ClientView]:
    key = params.after(UUID)
    files = await views.list_files(
        call.tx,
        scope=call.scope,
        tier=None if tier is None else tier.value,
        card_level=None if card_level is None else card_level.value,
        unit_path=await path_of(call, unit_id),
        client_no=client_no,
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(files, params.limit, lambda file: (file.id,))
    return page([client_view(file) for file in kept], cursor)


@api.get(
    "/v1/clients/{client_id}",
    **operation(
        "getClient",
        allow=_SELF_OR_READERS,
        en="Read a client file",
        zh="查看客户档案",
        en_detail="Masked by default. `unmasked=true` needs a `purpose` and leaves an audit row.",
        zh_detail="默认脱敏；unmasked=true 须同时说明 purpose，并留下审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def get_client(
    client_id: UUID, call: Call, response: Response, unmasked: bool = False, purpose: Purpose | None = None
) -> ClientView:
    if unmasked:
        await _audit_reveal(call, client_id, purpose)
    file = await views.get_file(call.tx, client_id, scope=call.scope, masked=not unmasked)
    set_etag(response, file.version, "open" if unmasked else "masked", call.language)
    return client_view(file)


async def _audit_reveal(call: CallContext, client_id: UUID, purpose: str | None) -> None:
    """The row is written before anything is shown: a look that left no trace must not happen (XC-15, XC-17)."""
    if purpose is None:
        raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
    await views.require_visible(call.tx, client_id, scope=call.scope)
    await audit.record(
        call.tx, act="client.revealed", by=call.principal, object_type="client", object_id=client_id,
        client_id=client_id, purpose=purpose, at=call.now,
    )  # fmt: skip


@api.post(
    "/v1/clients/{client_id}/moves",
    status_code=201,
    **operation(
        "moveClient",
        allow=_MOVERS,
        en="Move a client file",
        zh="调整客户归属机构",
        audience=["branch"],
        example={"home_unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "serving_unit_ids": []},
    ),
)
async def move(client_id: UUID, body: MoveClient, call: Call) -> VersionView:
    await views.require_visible(call.tx, client_id, scope=call.scope)
    version = await move_client(
        call.tx,
        client_id,
        home_unit_id=body.home_unit_id,
        serving_unit_ids=body.serving_unit_ids,
        by=call.principal,
        now=call.now,
    )
    return VersionView(client_id=client_id, version=version)


@api.post(
    "/v1/clients/{client_id}/manager-assignments",
    status_code=201,
    **operation(
        "assignManager",
        allow=_ASSIGNERS,
        en="Give a client a manager",
        zh="指派客户经理",
        audience=["branch"],
        example={"manager": "staff:BJ0101"},
    ),
)
async def assign(client_id: UUID, body: AssignManager, call: Call) -> VersionView:
    await views.require_visible(call.tx, client_id, scope=call.scope)
    version = await assign_manager(call.tx, client_id, manager=body.manager, by=call.principal, now=call.now)
    return VersionView(client_id=client_id, version=version)


@api.get(
    "/v1/clients/{client_id}/consents",
    **operation(
        "getConsents",
        allow=_SELF_OR_READERS,
        en="What the client allows",
        zh="查看客户授权意愿",
        audience=["front-end", "branch"],
    ),
)
async def get_consents(client_id: UUID, call: Call, response: Response) -> ConsentView:
    await views.require_visible(call.tx, client_id, scope=call.scope)
    consent, ways = await views.consent_on_file(call.tx, client_id)
    set_etag(response, 0 if consent is None else consent.version, call.language)
    return _consent_view(consent, ways)


@api.put(
    "/v1/clients/{client_id}/consents",
    **operation(
        "changeConsents",
        allow=_CONSENT_KEEPERS,
        en="Record what the client allows",
        zh="登记客户授权意愿",
        en_detail="Needs If-Match with the ETag last read.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag。",
        audience=["front-end", "branch"],
        if_match=True,
        example={"marketing": False, "events": True, "wished_interval": "monthly", "notice_version": "2026-01"},
    ),
)
async def put_consents(client_id: UUID, body: ChangeConsents, call: Call, response: Response) -> ConsentView:
    await views.require_visible(call.tx, client_id, scope=call.scope)
    current, ways = await views.consent_on_file(call.tx, client_id)
    version = 0 if current is None else current.version
    require_match(call.request, version)
    wanted = Consent(
        marketing=body.marketing,
        events=body.events,
        wished_interval=body.wished_interval,
        notice_version=body.notice_version,
        recorded_by=call.principal.subject,
        version=1,
    )
    changed = await change_consents(
        call.tx, client_id, wanted, expected_version=version, by=call.principal, now=call.now, way=body.way
    )
    set_etag(response, changed.version, call.language)
    return _consent_view(changed, ways)


async def path_of(call: CallContext, unit_id: UUID | None) -> str | None:
    """The path of a unit that narrows a list; `Invalid` for one that is not there."""
    if unit_id is None:
        return None
    unit = await organisation.find_unit(call.tx, unit_id)
    if unit is None:
        raise Invalid([FieldError("/unit_id", "unit.unknown", _NO_UNIT)])
    return str(unit["path"])


def _consent_view(consent: Consent | None, ways: list[str]) -> ConsentView:
    return ConsentView(
        recorded=consent is not None,
        marketing=consent is not None and consent.marketing,
        events=consent is not None and consent.events,
        wished_interval=None if consent is None else consent.wished_interval,
        notice_version=None if consent is None else consent.notice_version,
        channels=ways,
        version=0 if consent is None else consent.version,
    )
