"""The tier engine: policies, runs, candidates, filings, explanations."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.clock import business_day
from chassis.days import Day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.routing import router
from chassis.texts import Text
from chassis.validation_texts import field_refusal
from fastapi import Response
from pydantic import Field, model_validator

from client_registry.api.clients import path_of
from client_registry.api.explanations import ExplanationView, explanation_view
from client_registry.api.readers import QUALIFICATION_READERS
from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import (
    FILING_ALL_MAX,
    FILING_NAMED_MAX,
    LEFT_OUT_TEXT,
    LeftOut,
    filing_places,
)
from client_registry.use_cases.file_qualifications import file_qualifications
from client_registry.use_cases.start_qualification_run import start_qualification_run
from client_registry.views import organisation
from client_registry.views import qualification as views
from client_registry.views.rechecks import find_decision

api = router()
_RUNNERS = allow("branch_personal_banking", "head_office_personal_banking", "data_steward")
_READERS = allow(*QUALIFICATION_READERS)
_FUTURE = Text(en="A decision day cannot lie in the future.", zh="评定日期不能晚于今天。")
_NO_PLACE = Text(en="Say for which unit; you have none of your own.", zh="请指明机构。")


class StartRun(Input):
    """The decision day and the unit below which everybody is evaluated."""

    as_of: date | None = described(en="Decision day, today by default", zh="评定日期，默认为当日", default=None)
    unit_id: UUID | None = described(en="Unit, your own by default", zh="机构，默认为本机构", default=None)


class OperationAccepted(Output):
    """Long work that has begun; follow it under /v1/operations."""

    operation_id: UUID
    kind: str
    status: str
    created_at: datetime


class CandidateView(Output):
    """A qualifying client who has not joined, and what is missing until he is a member."""

    client_id: UUID
    client_no: str
    name: str
    level: str
    status: str
    criteria: list[str]
    policy_version: str
    decision_id: UUID
    since_on: date
    home_unit_id: UUID
    home_code: str
    manager: str | None
    missing: list[str]


class FileQualifications(Input):
    """Named clients, or all candidates of a level below your branch."""

    level: Literal["branch", "head_office"] = "head_office"
    client_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=FILING_NAMED_MAX)
    all_candidates: bool = described(
        en=f"File all candidates, at most {FILING_ALL_MAX} in one filing",
        zh=f"备案全部候选客户，一次最多 {FILING_ALL_MAX} 户",
        default=False,
    )
    validate_only: bool = described(en="Check, change nothing", zh="仅校验，不备案", default=False)

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.all_candidates == (self.client_ids is not None):
            raise field_refusal(
                "filing.one-choice",
                en="Name client_ids, or set all_candidates: one of the two.",
                zh="须填写 client_ids，或将 all_candidates 设为 true，二者择一。",
            )
        return self


class NotFiledView(Output):
    """A client who was named and is not filed, and why."""

    client_id: UUID
    reason: LeftOut
    text: str


class FilingView(Output):
    """What was filed; `more` says that candidates are left for another filing."""

    filing_id: UUID | None
    level: str
    filed: int
    filed_client_ids: list[UUID]
    not_filed_client_ids: list[UUID]
    not_filed: list[NotFiledView]
    more: bool
    validate_only: bool


@api.post(
    "/v1/qualification-runs",
    status_code=202,
    **operation(
        "startQualificationRun",
        allow=_RUNNERS,
        en="Evaluate all clients of a unit",
        zh="批量评定客户资格",
        en_detail="Runs in the background; the answer names the operation to follow.",
        zh_detail="后台执行，请通过返回的作业编号查询进度。",
        audience=["branch", "ops"],
        example={"as_of": "2026-11-22"},
    ),
)
async def start_run(body: StartRun, call: Call, response: Response) -> OperationAccepted:
    today = business_day(call.now)
    as_of = body.as_of or today
    if as_of > today:
        raise Invalid([FieldError("/as_of", "as-of.future", _FUTURE)])
    started = await start_qualification_run(
        call.tx, as_of=as_of, unit_path=await run_path(call, body.unit_id), by=call.principal, now=call.now
    )
    response.headers["Location"] = f"/v1/operations/{started.id}"
    return OperationAccepted(
        operation_id=started.id, kind=started.kind, status=started.status, created_at=started.created_at
    )


async def run_path(call: CallContext, unit_id: UUID | None) -> str:
    """The place a run goes over: the unit, or the caller's widest own place. NotFound outside the scope."""
    if unit_id is None:
        own = sorted({grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)}, key=len)
        if not own:
            raise Invalid([FieldError("/unit_id", "unit.missing", _NO_PLACE)])
        return own[0]
    unit = await organisation.find_unit(call.tx, unit_id)
    if unit is None or not call.scope.covers(unit["path"]):
        raise NotFound()
    return str(unit["path"])


@api.get(
    "/v1/qualification-candidates",
    **operation(
        "listQualificationCandidates",
        allow=_READERS,
        en="List target clients",
        zh="查询目标客户",
        en_detail="Clients who meet the standard and have not joined, in your scope, with what is missing.",
        zh_detail="返回您权限范围内符合标准但尚未入会的客户及其待办环节。",
        audience=["front-end", "branch"],
    ),
)
async def list_candidates(
    call: Call,
    params: Page,
    level: Literal["branch", "head_office"] = "head_office",
    status: Literal["candidate", "filed"] | None = None,
    unit_id: UUID | None = None,
) -> PageOf[CandidateView]:
    key = params.after(UUID)
    found = await views.list_candidates(
        call.tx,
        scope=call.scope,
        level=level,
        status=status,
        unit_path=await path_of(call, unit_id),
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda candidate: (candidate.client_id,))
    return page([CandidateView.model_validate(candidate) for candidate in kept], cursor)


@api.post(
    "/v1/qualification-filings",
    status_code=201,
    **operation(
        "fileQualifications",
        allow=allow("branch_personal_banking"),
        en="File qualifications for record",
        zh="办理资格备案",
        en_detail="By the personal-banking department of a second-level or higher branch. Everyone is evaluated again at "
        "filing; who no longer meets the standard is not filed.",
        zh_detail="由二级分行（含）以上个人银行业务部门办理；备案时重新评定，不再符合标准的不予备案。",
        audience=["branch"],
        example={"level": "head_office", "all_candidates": True, "validate_only": False},
    ),
)
async def file(body: FileQualifications, call: Call) -> FilingView:
    done = await file_qualifications(
        call.tx,
        level=CardLevel(body.level),
        client_ids=body.client_ids,
        paths=filing_places(call.policy.grants_of(call.principal, call.now)),
        by=call.principal,
        now=call.now,
        validate_only=body.validate_only,
    )
    return FilingView(
        filing_id=None if body.validate_only else done.filing_id,
        level=body.level,
        filed=len(done.filed),
        filed_client_ids=done.filed,
        not_filed_client_ids=list(done.not_filed),
        not_filed=[
            NotFiledView(client_id=client_id, reason=why, text=LEFT_OUT_TEXT[why].say(call.language))
            for client_id, why in done.not_filed.items()
        ],
        more=done.more,
        validate_only=body.validate_only,
    )


@api.get(
    "/v1/clients/{client_id}/qualification",
    **operation(
        "explainQualification",
        allow=allow("client", *QUALIFICATION_READERS),
        en="Explain a client's qualification",
        zh="说明客户资格评定",
        en_detail="The figures, windows, policy version and article behind each criterion, in both languages. With as_of, "
        "as decided then: the latest decision of that day or before, with the figures and standards known to it.",
        zh_detail="以中英文说明各项指标的数据、统计区间、标准版本与条款依据。指定日期时，按该日或之前最近一次评定当时的数据与标准说明。",
        audience=["front-end", "branch"],
    ),
)
async def explain(client_id: UUID, call: Call, as_of: Day | None = None) -> ExplanationView:
    today = business_day(call.now)
    if as_of is not None and as_of > today:
        raise Invalid([FieldError("/as_of", "as-of.future", _FUTURE)])
    day, known_at = as_of or today, call.now
    if as_of is not None and (then := await find_decision(call.tx, client_id, day=as_of)) is not None:
        # As then (domain decisions, section 8): that decision's day, figures and standards.
        day, known_at = then["as_of"], then["cut_off_at"]
    found = await views.explain(call.tx, client_id, scope=call.scope, as_of=day, cut_off_at=known_at)
    return explanation_view(client_id, found)
