"""Schemes of grades on one ladder (A3, CR-24): reference data, its next version, and a client's grade in each."""

from datetime import date
from typing import Any
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.days import Day
from chassis.ids import new_id
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language
from fastapi import Response
from pydantic import Field

from client_registry.api.explanations import SentenceView
from client_registry.api.policy_bodies import CODE
from client_registry.api.readers import FILE_READERS, STAFF_ROLES
from client_registry.domain.schemes import SOURCES, Scheme, SchemeGrade
from client_registry.use_cases.decide_scheme_version import decide_scheme_version
from client_registry.use_cases.propose_scheme_version import propose_scheme_version
from client_registry.views import schemes as views

api = router()
_READERS = allow("client", *STAFF_ROLES, "policy_author", "policy_approver")
_EXAMPLE: dict[str, Any] = {
    "name_zh": "建行卡级别", "name_en": "CCB card level", "article": "CCB Art. 2", "valid_from": "2027-01-01",
    "grades": [{"code": "head-office", "name_zh": "总行级", "name_en": "Head-office level", "attribute": "card_level",
                "value": "head_office", "article": "CCB Art. 6"}],
}  # fmt: skip


class GradeInput(Input):
    """One grade, and the value of a client attribute it stands for."""

    code: str = Field(pattern=CODE, max_length=60)
    name_zh: str = Field(min_length=1, max_length=80)
    name_en: str = Field(min_length=1, max_length=80)
    attribute: str = described(en="Which client attribute", zh="对应客户属性", max_length=60)
    value: str = described(en="Which value of it", zh="对应取值", max_length=60)
    article: str = Field(min_length=1, max_length=120)


class ProposeVersion(Input):
    """All that the next version says; the highest grade first."""

    name_zh: str = Field(min_length=1, max_length=80)
    name_en: str = Field(min_length=1, max_length=80)
    article: str = Field(min_length=1, max_length=120)
    valid_from: date
    valid_until: date | None = None
    grades: list[GradeInput] = Field(min_length=1, max_length=30)


class GradeView(Output):
    """One grade; `order` 1 is the highest."""

    order: int
    code: str
    name_zh: str
    name_en: str
    attribute: str
    value: str
    article: str


class SchemeView(Output):
    """One version of a scheme."""

    id: UUID
    code: str
    version: int
    name_zh: str
    name_en: str
    article: str
    valid_from: date
    valid_until: date | None
    status: str
    grades: list[GradeView]


class SchemesView(Output):
    """Each scheme as it stands."""

    items: list[SchemeView]
    next_cursor: None = None


class ClientGradeView(Output):
    """What a scheme calls the client, and where it comes from."""

    code: str
    name_zh: str
    name_en: str
    attribute: str
    value: str
    article: str
    explanation: SentenceView


class ClientSchemeView(Output):
    """The client in one scheme; no grade where the scheme has no name for him."""

    scheme: str
    version: int
    name_zh: str
    name_en: str
    article: str
    grades: list[ClientGradeView]


class ClientGradesView(Output):
    """The client in every scheme of today."""

    client_id: UUID
    as_of: date
    schemes: list[ClientSchemeView]


@api.get(
    "/v1/schemes",
    **operation(
        "listSchemes",
        allow=_READERS,
        en="List the schemes of grades",
        zh="查询客户等级体系",
        en_detail="Card level, service tiers, value, needs, risk, service institutions: each grade with its names and the "
        "client attribute it stands for, as of a day.",
        zh_detail="卡级别、服务层级、价值、需求、风险、服务机构等体系：各等级的中英文名称及其对应的客户属性取值（可按日期查询）。",
        audience=["front-end", "branch", "call-centre"],
    ),
)
async def list_schemes(call: Call, on: Day | None = None) -> SchemesView:
    return SchemesView(items=[_view(each) for each in await views.list_in_force(call.tx, on or business_day(call.now))])


@api.get(
    "/v1/schemes/{scheme_code}",
    **operation(
        "getScheme",
        allow=_READERS,
        en="Read a scheme of grades",
        zh="查看客户等级体系",
        audience=["front-end", "branch", "call-centre"],
    ),
)
async def get_scheme(scheme_code: str, call: Call, response: Response, on: Day | None = None) -> SchemeView:
    found = await views.get_in_force(call.tx, scheme_code, on or business_day(call.now))
    response.headers["ETag"] = f'"{found.version}"'
    return _view(found)


@api.post(
    "/v1/schemes/{scheme_code}/versions",
    status_code=201,
    **operation(
        "proposeSchemeVersion",
        allow=allow("policy_author"),
        en="Propose the next version of a scheme",
        zh="拟定等级体系新版本",
        en_detail="At head office; another person approves it, and it holds from its first day on.",
        zh_detail="由总行拟定，经另一人审批后自生效日起施行。",
        audience=["branch"],
        example=_EXAMPLE,
    ),
)
async def propose(scheme_code: str, body: ProposeVersion, call: Call) -> SchemeView:
    wanted = Scheme(
        id=new_id(),
        code=scheme_code,
        version=1,
        status="proposed",
        proposed_by=call.principal.subject,
        grades=tuple(SchemeGrade(**grade.model_dump()) for grade in body.grades),
        **body.model_dump(exclude={"grades"}),
    )
    grants = call.policy.grants_of(call.principal, call.now)
    return _view(await propose_scheme_version(call.tx, wanted, grants=grants, by=call.principal, now=call.now))


@api.post(
    "/v1/scheme-versions/{scheme_version_id}/approvals",
    status_code=201,
    **operation(
        "approveSchemeVersion",
        allow=allow("policy_approver"),
        en="Approve a version of a scheme",
        zh="批准等级体系新版本",
        audience=["branch"],
    ),
)
async def approve(scheme_version_id: UUID, call: Call) -> SchemeView:
    return await _decide(scheme_version_id, call, approved=True)


@api.post(
    "/v1/scheme-versions/{scheme_version_id}/refusals",
    status_code=201,
    **operation(
        "refuseSchemeVersion",
        allow=allow("policy_approver"),
        en="Refuse a version of a scheme",
        zh="退回等级体系新版本",
        audience=["branch"],
    ),
)
async def refuse(scheme_version_id: UUID, call: Call) -> SchemeView:
    return await _decide(scheme_version_id, call, approved=False)


@api.get(
    "/v1/clients/{client_id}/grades",
    **operation(
        "readClientGrades",
        allow=allow(*FILE_READERS),
        en="A client's grade in every scheme",
        zh="查询客户在各体系中的等级",
        en_detail="With the attribute each grade stands for and where that comes from, in both languages.",
        zh_detail="列明各等级对应的客户属性及其来源说明（中英文）。",
        audience=["front-end", "branch"],
    ),
)
async def read_grades(client_id: UUID, call: Call) -> ClientGradesView:
    today = business_day(call.now)
    found = await views.grades_of(call.tx, client_id, scope=call.scope, today=today)
    return ClientGradesView(
        client_id=client_id,
        as_of=today,
        schemes=[
            ClientSchemeView(
                scheme=each.scheme.code,
                version=each.scheme.version,
                name_zh=each.scheme.name_zh,
                name_en=each.scheme.name_en,
                article=each.scheme.article,
                grades=[_graded(grade) for grade in each.grades],
            )
            for each in found
        ],
    )


async def _decide(scheme_version_id: UUID, call: Call, *, approved: bool) -> SchemeView:
    grants = call.policy.grants_of(call.principal, call.now)
    decided = await decide_scheme_version(
        call.tx, scheme_version_id, approved=approved, grants=grants, by=call.principal, now=call.now
    )
    return _view(decided)


def _view(scheme: Scheme) -> SchemeView:
    return SchemeView(
        grades=[
            GradeView(order=n, **{name: getattr(grade, name) for name in GradeInput.model_fields})
            for n, grade in enumerate(scheme.grades, start=1)
        ],
        **{name: getattr(scheme, name) for name in SchemeView.model_fields if name != "grades"},
    )


def _graded(grade: SchemeGrade) -> ClientGradeView:
    source = SOURCES[grade.attribute]
    return ClientGradeView(
        explanation=SentenceView(zh=source.say(Language.ZH), en=source.say(Language.EN)),
        **{name: getattr(grade, name) for name in GradeInput.model_fields},
    )
