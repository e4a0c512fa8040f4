"""Exceptional admission (CR-11, CCB Art. 7): proposed near the client, individually approved by the tier-1 branch."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from pydantic import Field

from client_registry.domain.admissions import AdmissionKind, Refusal
from client_registry.domain.qualification import filing_places
from client_registry.use_cases.approve_admission import approve_admission
from client_registry.use_cases.propose_admission import KIND, propose_admission
from client_registry.use_cases.refuse_admission import refuse_admission
from client_registry.views import admissions as views
from client_registry.views import clients as files

api = router()
_READERS = allow("branch_personal_banking", "wealth_centre_head", "client_service_section", "auditor")
_DECIDERS = allow("branch_personal_banking")


class ProposeAdmission(Input):
    """Whom, why, until when; the justification is kept sealed."""

    client_id: UUID
    kind: AdmissionKind
    justification: str = Field(min_length=1, max_length=4000, pattern=r"\S")
    expires_on: date = described(en="Last day of the exception", zh="特批有效期最后一日")


class RefuseAdmission(Input):
    """Why not."""

    reason: Refusal


class AdmissionView(Output):
    """One case, without its justification."""

    admission_id: UUID
    client_id: UUID
    client_no: str
    name: str
    kind: str
    status: str
    expires_on: date
    decision_id: UUID
    policy_version: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refusal: str | None
    ended_on: date | None


class AdmissionFileView(AdmissionView):
    """One case with its justification."""

    justification: str


@api.post(
    "/v1/exceptional-admissions",
    status_code=201,
    **operation(
        "proposeExceptionalAdmission",
        allow=allow("branch_personal_banking", "wealth_centre_head", "client_service_section"),
        en="Propose an exceptional admission",
        zh="申请特批准入",
        en_detail="For a well-known public figure, the head of an enterprise, or a client with potential who is below the "
        "numbers. The client's first-level branch approves each case; the exception ends by itself.",
        zh_detail="适用于社会知名人士、企业负责人或有发展潜力但未达标准的客户，由客户所属一级分行逐一核准，到期自动终止。",
        audience=["branch"],
        example={
            "client_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11",
            "kind": "enterprise_head",
            "justification": "本市重点企业负责人，代发工资业务洽谈中",
            "expires_on": "2027-11-21",
        },
    ),
)
async def propose(body: ProposeAdmission, call: Call) -> AdmissionView:
    await files.require_visible(call.tx, body.client_id, scope=call.scope)
    made = await propose_admission(
        call.tx,
        body.client_id,
        kind=body.kind,
        justification=body.justification,
        expires_on=body.expires_on,
        by=call.principal,
        now=call.now,
    )
    return await _answer(call, made.id)


@api.get(
    "/v1/exceptional-admissions",
    **operation(
        "listExceptionalAdmissions",
        allow=_READERS,
        en="List exceptional admissions",
        zh="查询特批准入",
        audience=["branch"],
    ),
)
async def list_admissions(
    call: Call, params: Page, status: Literal["proposed", "approved", "refused", "ended"] | None = None
) -> PageOf[AdmissionView]:
    key = params.after(UUID)
    found = await views.list_admissions(
        call.tx,
        scope=call.scope,
        status=status,
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda case: (case["admission_id"],))
    return page([_view(case) for case in kept], cursor)


@api.get(
    "/v1/exceptional-admissions/{admission_id}",
    **operation(
        "readExceptionalAdmission",
        allow=_READERS,
        en="Read an exceptional admission",
        zh="查看特批准入",
        en_detail="With its justification; each reading is audited.",
        zh_detail="含特批理由；每次查阅均留痕。",
        audience=["branch"],
    ),
)
async def read(admission_id: UUID, call: Call) -> AdmissionFileView:
    case = await views.read_admission(call.tx, admission_id, scope=call.scope)
    await audit.record(
        call.tx, act="exceptional-admission.read", by=call.principal, object_type=KIND, object_id=admission_id,
        client_id=case["client_id"], at=call.now,
    )  # fmt: skip
    return AdmissionFileView(justification=case["justification"], **_view(case).model_dump())


@api.post(
    "/v1/exceptional-admissions/{admission_id}/approvals",
    status_code=201,
    **operation(
        "approveExceptionalAdmission",
        allow=_DECIDERS,
        en="Approve an exceptional admission",
        zh="核准特批准入",
        en_detail="By the personal-banking department of the client's first-level branch, never by who proposed it; refused "
        "where the client's file has changed since.",
        zh_detail="由客户所属一级分行个人银行业务部门核准，申请人不得自行核准；申请后客户档案有变动的须重新申请。",
        audience=["branch"],
    ),
)
async def approve(admission_id: UUID, call: Call) -> AdmissionView:
    await views.get_admission(call.tx, admission_id, scope=call.scope)
    await approve_admission(call.tx, admission_id, paths=_paths(call), by=call.principal, now=call.now)
    return await _answer(call, admission_id)


@api.post(
    "/v1/exceptional-admissions/{admission_id}/refusals",
    status_code=201,
    **operation(
        "refuseExceptionalAdmission",
        allow=_DECIDERS,
        en="Refuse an exceptional admission",
        zh="不予核准特批准入",
        audience=["branch"],
        example={"reason": "not_justified"},
    ),
)
async def refuse(admission_id: UUID, body: RefuseAdmission, call: Call) -> AdmissionView:
    await views.get_admission(call.tx, admission_id, scope=call.scope)
    await refuse_admission(
        call.tx, admission_id, reason=body.reason, paths=_paths(call), by=call.principal, now=call.now
    )
    return await _answer(call, admission_id)


def _paths(call: CallContext) -> list[str]:
    return filing_places(call.policy.grants_of(call.principal, call.now))


async def _answer(call: CallContext, admission_id: UUID) -> AdmissionView:
    return _view(await views.get_admission(call.tx, admission_id, scope=call.scope))


def _view(case: dict[str, Any]) -> AdmissionView:
    return AdmissionView(**{name: case[name] for name in AdmissionView.model_fields})
