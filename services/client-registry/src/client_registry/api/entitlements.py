"""Entitlements: the catalogue, what a client has here, may he have this here, and what branches add (CR-86 to CR-93)."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.bodies import Input, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from chassis.validation_texts import field_refusal
from fastapi import Query
from pydantic import Field, model_validator

from client_registry.api.entitlement_bodies import (
    BranchEntitlementView,
    CatalogueView,
    CheckView,
    DecideBranchEntitlement,
    HeldListView,
    HeldView,
    ProposeBranchEntitlement,
    branch_entitlement_view,
    conditions_view,
    entitlement_view,
    limits_view,
    why,
)
from client_registry.api.places import areas, places
from client_registry.api.readers import FILE_READERS, RECOGNISERS, WEALTH_CHANNELS
from client_registry.use_cases.check_entitlement import Asked, check_entitlement
from client_registry.use_cases.decide_branch_entitlement import decide_branch_entitlement
from client_registry.use_cases.propose_branch_entitlement import propose_branch_entitlement
from client_registry.views import clients as files
from client_registry.views import entitlements as views
from client_registry.views.recognition import recognised_client

api = router()
_AHEAD = timedelta(days=366)
_DAY_RANGE = Text(en="A day from today up to a year ahead.", zh="日期须为当日起一年以内。")
_KEEPERS = ("branch_personal_banking", "head_office_personal_banking", "policy_author", "policy_approver")


class CheckEntitlement(Input):
    """Who, by exactly one of three ways; which service; at which unit; on which day."""

    client_id: UUID | None = None
    card_number: str | None = Field(default=None, min_length=6, max_length=32)
    lookup_id: UUID | None = described(en="A confirmed look-up of yours", zh="本人已核实的识别编号", default=None)
    service: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)
    unit_id: UUID = described(en="The unit where the client is", zh="客户所在机构")
    on: date | None = described(en="Today by default", zh="默认为当日", default=None)

    @model_validator(mode="after")
    def _one_client(self) -> Self:
        if sum(value is not None for value in (self.client_id, self.card_number, self.lookup_id)) != 1:
            raise field_refusal(
                "client.one-of",
                en="Give exactly one of client_id, card_number, lookup_id.",
                zh="client_id、card_number、lookup_id 须且只能填写一项。",
            )
        return self


@api.post(
    "/v1/entitlement-checks",
    status_code=201,
    **operation(
        "checkEntitlement",
        allow=allow(*RECOGNISERS, nationwide=True),
        en="May this client have this service here",
        zh="核验客户在本机构可否享受某项服务",
        en_detail="Nationwide (CR-20): yes or no, limits, what to check and why. Nothing else of the client is told.",
        zh_detail="全国范围可用（CR-20）：返回可否办理、限额、须核验事项与依据，不返回客户的其他信息。",
        audience=["branch", "call-centre"],
        idempotent=False,
        example={
            "card_number": "BJ000123", "service": "direct-service", "unit_id": "019a9c7e-0000-7000-8000-0000000000b1",
        },
    ),
)  # fmt: skip
async def check(body: CheckEntitlement, call: Call) -> CheckView:
    today = business_day(call.now)
    if body.on is not None and not today <= body.on <= today + _AHEAD:
        raise Invalid([FieldError("/on", "value.out-of-range", _DAY_RANGE)])
    asked = Asked(
        client_id=body.client_id,
        card_number=body.card_number,
        lookup_id=body.lookup_id,
        code=body.service,
        unit_id=body.unit_id,
        on=body.on or today,
    )
    decision_id, decided = await check_entitlement(call.tx, asked, places=places(call), by=call.principal, now=call.now)
    return CheckView(
        decision_id=decision_id,
        code=decided.code,
        allowed=decided.allowed,
        level=decided.level,
        place_rule=decided.place_rule,
        limits=None if decided.limits is None else limits_view(decided.limits),
        conditions=conditions_view(decided.conditions) if decided.allowed else [],
        catalogue_version=decided.catalogue_version,
        **why(decided),
    )


@api.get(
    "/v1/entitlements",
    **operation(
        "listEntitlements",
        allow=allow(*dict.fromkeys((*FILE_READERS, *RECOGNISERS, *_KEEPERS))),
        en="The catalogue of entitlements",
        zh="服务权益目录",
        en_detail="Standards of fee concessions are told in wealth and private channels, elsewhere only with a confirmed "
        "look-up of an eligible client (CR-93).",
        zh_detail="费率优惠标准仅在财富及私人银行渠道展示；其他岗位须在服务符合条件的客户时凭识别编号查看（CR-93）。",
        audience=["branch", "call-centre"],
    ),
)
async def list_entitlements(call: Call, lookup_id: UUID | None = None) -> CatalogueView:
    client_id = None
    if lookup_id is not None:
        client_id = await recognised_client(call.tx, lookup_id, by=call.principal, now=call.now)
    roles = {grant.role for grant in call.policy.grants_of(call.principal, call.now)}
    version, shown = await views.catalogue(
        call.tx, day=business_day(call.now), wealth_channel=not roles.isdisjoint(WEALTH_CHANNELS), client_id=client_id
    )
    return CatalogueView(
        catalogue_version=version, items=[entitlement_view(each.item, told=each.told) for each in shown]
    )


@api.get(
    "/v1/clients/{client_id}/entitlements",
    **operation(
        "listEntitlementsOfClient",
        allow=allow("client", *FILE_READERS),
        en="What the client has here and now",
        zh="客户在某机构可享受的全部服务",
        en_detail="At the unit asked for, by default the home unit; branch level only inside the issuing branch (CR-21).",
        zh_detail="默认按建档机构；分行级权益仅在发卡分行辖内有效（CR-21）。",
        audience=["front-end", "branch"],
    ),
)
async def list_of_client(client_id: UUID, call: Call, unit_id: UUID | None = None) -> HeldListView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    unit, held = await views.of_client(call.tx, client_id, unit_id=unit_id, day=business_day(call.now))
    return HeldListView(
        client_id=client_id,
        unit_id=unit.id,
        items=[
            HeldView(
                code=decided.code,
                family=decided.family,
                title_zh=decided.title.zh,
                title_en=decided.title.en,
                level=decided.level,
                limits=limits_view(decided.limits),
                conditions=conditions_view(decided.conditions),
                **why(decided),
            )
            for decided in held
            if decided.level is not None and decided.limits is not None
        ],
    )


@api.post(
    "/v1/branch-entitlements",
    status_code=201,
    **operation(
        "proposeBranchEntitlement",
        allow=allow("branch_personal_banking", "policy_author"),
        en="Propose a service of the branch's own",
        zh="申报分行服务权益",
        en_detail="An addition, other limits for branch level, or a later start. Branch level never exceeds head-office "
        "level (CR-19); a second person approves.",
        zh_detail="新增服务、调整分行级标准或推迟推出；分行级不得超过总行级（CR-19），须由另一人审批。",
        audience=["branch"],
        example={
            "unit_id": "019a9c7e-0000-7000-8000-0000000000b1", "kind": "override", "code": "safe-deposit-box",
            "limits": {"discount_percent": "15"}, "effective_on": "2026-12-01",
        },
    ),
)  # fmt: skip
async def propose(body: ProposeBranchEntitlement, call: Call) -> BranchEntitlementView:
    row = await propose_branch_entitlement(
        call.tx, body.unit_id, body.local(), plan=body.plan, areas=areas(call), by=call.principal, now=call.now
    )
    return branch_entitlement_view(row)


@api.post(
    "/v1/branch-entitlements/{entitlement_id}/decisions",
    status_code=201,
    **operation(
        "decideBranchEntitlement",
        allow=allow("policy_approver", "branch_personal_banking", "head_office_personal_banking"),
        en="Approve or refuse a branch's proposal",
        zh="审批分行服务权益申报",
        en_detail="By a second person; the limits are compared again with the catalogue of this moment.",
        zh_detail="须由申报人以外的人员审批，审批时按现行目录重新校验。",
        audience=["branch"],
        example={"decision": "approved"},
    ),
)
async def decide(entitlement_id: UUID, body: DecideBranchEntitlement, call: Call) -> BranchEntitlementView:
    await views.require_branch_row(call.tx, entitlement_id, scope=call.scope)
    row = await decide_branch_entitlement(
        call.tx, entitlement_id, approved=body.decision == "approved", by=call.principal, now=call.now
    )
    return branch_entitlement_view(row)


@api.get(
    "/v1/branch-entitlements",
    **operation(
        "listBranchEntitlements",
        allow=allow(*_KEEPERS, "auditor"),
        en="What branches added or set",
        zh="分行服务权益列表",
        audience=["branch"],
    ),
)
async def list_branch_rows(
    call: Call, paging: Page, status: Annotated[Literal["proposed", "active", "refused"] | None, Query()] = None
) -> PageOf[BranchEntitlementView]:
    after = paging.after(UUID)
    rows = await views.branch_rows(
        call.tx, scope=call.scope, status=status, after=None if after is None else after[0], size=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row.id,))
    return page([branch_entitlement_view(row) for row in kept], cursor)
