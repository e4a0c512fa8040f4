"""The quality of client information: score, what is missing or stale and why, verifications, poor files of a unit."""

from datetime import datetime
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from pydantic import Field

from client_registry.api.clients import path_of
from client_registry.api.readers import FILE_READERS
from client_registry.domain.information_quality import DOUBTED, MISSING, STALE, FieldState
from client_registry.domain.registration_form import FIELDS, Source
from client_registry.use_cases.verify_client_information import verify_client_information
from client_registry.views import clients as files
from client_registry.views import information_quality as views

api = router()
_READERS = allow(*FILE_READERS)
_VERIFIERS = allow(
    "relationship_manager", "private_banker", "corporate_manager", "wealth_centre_head", "open_counter_teller",
    "data_steward",
)  # fmt: skip


class FieldFinding(Output):
    """One field and what is wrong with it."""

    field: str
    label: str
    group: str
    weight: int
    fresh_at: datetime | None
    reason: str


class InformationQuality(Output):
    """How good a client's information is, by which version of the policy."""

    client_id: UUID
    policy_version: int
    score: int = described(en="Share of the weights on file, in percent", zh="已登记栏目的权重占比（%）")
    complete: bool
    missing: list[FieldFinding]
    stale: list[FieldFinding]


class PoorFileView(Output):
    """A file that is incomplete or stale."""

    client_id: UUID
    client_no: str
    kind: str
    manager: str | None
    home_unit_id: UUID
    score: int
    missing: list[str]
    stale: list[str]


class VerifyInformation(Input):
    """What the client confirmed, and what he said has changed (enter that with the form)."""

    source: Source = described(en="How it was verified", zh="核实方式")
    unchanged: list[str] = Field(default_factory=list, max_length=60)
    changed: list[str] = Field(default_factory=list, max_length=60)


@api.get(
    "/v1/clients/{client_id}/information-quality",
    **operation(
        "getInformationQuality",
        allow=_READERS,
        en="How complete and fresh a client's information is",
        zh="查看客户信息完整性与时效",
        en_detail="Completeness by the weights of the policy for the client's kind and tier; each missing or stale field "
        "with the reason.",
        zh_detail="按政策对该类客户、该层级规定的权重计算完整度，并逐项说明缺失或过期的栏目及原因。",
        audience=["front-end", "branch"],
    ),
)
async def get_information_quality(client_id: UUID, call: Call) -> InformationQuality:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    return await _quality(call, client_id)


@api.post(
    "/v1/clients/{client_id}/verifications",
    status_code=201,
    **operation(
        "verifyClientInformation",
        allow=_VERIFIERS,
        en="Record a verification of client information",
        zh="登记客户信息核实结果",
        en_detail="Confirmed fields are fresh again. A field said to have changed stays in doubt until it is entered anew. "
        "When nothing has changed, the request to verify is done.",
        zh_detail="经核实未变更的栏目重新计算时效；已变更的栏目在重新录入前标记为存疑。全部未变更时，相应的核实工作事项自动办结。",
        audience=["front-end", "branch"],
        example={"source": "active_contact", "unchanged": ["mobile", "address"], "changed": ["employer"]},
    ),
)
async def verify(client_id: UUID, body: VerifyInformation, call: Call) -> InformationQuality:
    await files.require_open(call.tx, client_id, scope=call.scope)
    await verify_client_information(
        call.tx, client_id, unchanged=body.unchanged, changed=body.changed, source=body.source, by=call.principal,
        now=call.now,
    )  # fmt: skip
    return await _quality(call, client_id)


@api.get(
    "/v1/incomplete-files",
    **operation(
        "listIncompleteFiles",
        allow=_READERS,
        en="List incomplete or stale files",
        zh="查询信息不完整或已过期的客户档案",
        en_detail="Files in your scope that are less complete than the policy asks, or hold stale fields; narrow by unit.",
        zh_detail="返回您权限范围内完整度低于政策要求或含过期栏目的客户档案，可按机构筛选。",
        audience=["front-end", "branch"],
    ),
)
async def list_incomplete_files(call: Call, paging: Page, unit_id: UUID | None = None) -> PageOf[PoorFileView]:
    key = paging.after(UUID)
    found = await views.list_poor(
        call.tx, scope=call.scope, unit_path=await path_of(call, unit_id), after=None if key is None else key[0],
        size=paging.limit + 1, now=call.now,
    )  # fmt: skip
    kept, cursor = cut(found, paging.limit, lambda file: (file.client_id,))
    return page([PoorFileView.model_validate(file) for file in kept], cursor)


async def _quality(call: CallContext, client_id: UUID) -> InformationQuality:
    quality = await views.quality_of(call.tx, client_id, now=call.now)
    return InformationQuality(
        client_id=client_id,
        policy_version=quality.policy_version,
        score=quality.score,
        complete=quality.complete,
        missing=[_finding(call, state, MISSING.say(call.language)) for state in quality.missing],
        stale=[_finding(call, state, _why(call, state)) for state in quality.stale],
    )


def _why(call: CallContext, state: FieldState) -> str:
    if state.doubted_at is not None:
        return DOUBTED.say(call.language, on=business_day(state.doubted_at))
    return STALE.say(call.language, on=business_day(state.fresh_at), months=state.months)


def _finding(call: CallContext, state: FieldState, reason: str) -> FieldFinding:
    field = FIELDS[state.field]
    return FieldFinding(
        field=state.field,
        label=field.label.say(call.language),
        group=field.group.value,
        weight=state.weight,
        fresh_at=state.fresh_at if state.present else None,
        reason=reason,
    )
