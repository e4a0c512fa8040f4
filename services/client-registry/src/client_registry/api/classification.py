"""Client classification by value, risk and needs (CR-28 to CR-37)."""

from datetime import date
from typing import Any
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Language, Text
from fastapi import Response
from pydantic import Field

from client_registry.api.explanations import SentenceView
from client_registry.api.qualification import OperationAccepted, run_path
from client_registry.api.readers import QUALIFICATION_READERS
from client_registry.domain.classification import EarlyWarning
from client_registry.domain.grades import Grade
from client_registry.domain.treatments import MEASURE_TEXT, REASON_TEXT, RISK_TREATMENT, VALUE_TREATMENT, WHY_VALUE
from client_registry.use_cases.record_credit_assessment import record_credit_assessment
from client_registry.use_cases.start_classification_run import start_classification_run
from client_registry.views import classification as views
from client_registry.views import clients as files

api = router()
_FUTURE = Text(en="An assessment cannot lie in the future.", zh="评估日期不能晚于今天。")


class StartClassification(Input):
    """The unit below which everybody is classified."""

    unit_id: UUID | None = described(en="Unit, your own by default", zh="机构，默认为本机构", default=None)


class RecordAssessment(Input):
    """What a credit-score model or an early-warning system says."""

    assessed_on: date
    credit_score: int | None = Field(default=None, ge=0, le=1000)
    warnings: list[EarlyWarning] = Field(default=[], max_length=10)


class AssessmentView(Output):
    """The classes that follow; null for a company."""

    client_id: UUID
    value_class: str | None
    risk_class: str | None


class PartView(Output):
    """What one measure contributed."""

    measure: str
    points: int
    weight: int
    label: SentenceView


class RiskEventView(Output):
    """A reported event that counts in the risk class, as what, and the first day on which it does not any more."""

    kind: str
    days_overdue: int | None
    occurred_on: date
    grade: str
    decays_on: date
    label: SentenceView


class ClassificationView(Output):
    """The classes, with why and with how the client is treated."""

    client_id: UUID
    value_class: str
    value_score: str
    parts: list[PartView]
    value_why: SentenceView
    value_treatment: SentenceView
    risk_class: str
    risk_reasons: list[str]
    risk_why: list[SentenceView]
    risk_events: list[RiskEventView]
    risk_treatment: SentenceView
    needs: list[str]
    model_version: int
    decision_id: UUID
    classified_on: date


@api.post(
    "/v1/classification-runs",
    status_code=202,
    **operation(
        "startClassificationRun",
        allow=allow("branch_personal_banking", "head_office_personal_banking", "data_steward"),
        en="Classify all clients of a unit",
        zh="批量客户分类",
        en_detail="Value, risk and needs from the newest decision's figures; runs in the background.",
        zh_detail="依据最近一次评定的数据计算价值、风险与需求分类，后台执行。",
        audience=["branch", "ops"],
        example={"unit_id": None},
    ),
)
async def start(body: StartClassification, call: Call, response: Response) -> OperationAccepted:
    started = await start_classification_run(
        call.tx, unit_path=await run_path(call, body.unit_id), by=call.principal, now=call.now
    )
    response.headers["Location"] = f"/v1/operations/{started.id}"
    return OperationAccepted(
        operation_id=started.id, kind=started.kind, status=started.status, created_at=started.created_at
    )


@api.post(
    "/v1/clients/{client_id}/credit-assessments",
    status_code=201,
    **operation(
        "recordCreditAssessment",
        allow=allow("integration", "data_steward"),
        en="Record a credit assessment",
        zh="登记信用评估结果",
        en_detail="The score of a credit-score model and the codes of early-warning systems; the client is classified at once.",
        zh_detail="登记信用评分模型得分及风险预警代码，并即时重新分类。",
        audience=["ops"],
        example={"assessed_on": "2026-11-20", "credit_score": 640, "warnings": ["litigation"]},
    ),
)
async def assess(client_id: UUID, body: RecordAssessment, call: Call) -> AssessmentView:
    await files.require_open(call.tx, client_id, scope=call.scope)
    if body.assessed_on > business_day(call.now):
        raise Invalid([FieldError("/assessed_on", "assessment.future", _FUTURE)])
    found = await record_credit_assessment(
        call.tx,
        client_id,
        assessed_on=body.assessed_on,
        credit_score=body.credit_score,
        warnings=body.warnings,
        by=call.principal,
        now=call.now,
    )
    return AssessmentView(
        client_id=client_id,
        value_class=None if found is None else found.value_class.value,
        risk_class=None if found is None else found.risk_class.value,
    )


@api.get(
    "/v1/clients/{client_id}/classification",
    **operation(
        "explainClassification",
        allow=allow(*QUALIFICATION_READERS),
        en="Explain a client's classes",
        zh="说明客户分类",
        en_detail="Value, risk and needs, the points behind them, and how such a client is treated, in both languages.",
        zh_detail="以中英文说明价值、风险、需求分类的依据及相应服务策略。",
        audience=["front-end", "branch"],
    ),
)
async def explain(client_id: UUID, call: Call) -> ClassificationView:
    found = await views.classification_of(call.tx, client_id, scope=call.scope)
    value, risk = Grade(found["value_class"]), Grade(found["risk_class"])
    return ClassificationView(
        client_id=client_id,
        value_class=value.value,
        value_score=str(found["value_score"]),
        parts=[PartView(label=_said(MEASURE_TEXT[part["measure"]]), **part) for part in found["parts"]],
        value_why=_why_value(found),
        value_treatment=_said(VALUE_TREATMENT[value]),
        risk_class=risk.value,
        risk_reasons=found["risk_reasons"],
        risk_why=[_said(REASON_TEXT[code]) for code in found["risk_reasons"]],
        risk_events=[
            RiskEventView(**event, label=_said(REASON_TEXT[f"event-{event['kind']}"])) for event in found["risk_events"]
        ],
        risk_treatment=_said(RISK_TREATMENT[risk]),
        needs=found["needs"],
        model_version=found["model_version"],
        decision_id=found["decision_id"],
        classified_on=found["classified_on"],
    )


def _said(text: Text) -> SentenceView:
    return SentenceView(zh=text.say(Language.ZH), en=text.say(Language.EN))


def _why_value(found: dict[str, Any]) -> SentenceView:
    """Points and weight of each measure, in words."""

    def words(language: Language) -> str:
        parts = ", ".join(
            f"{MEASURE_TEXT[part['measure']].say(language)} {part['points']} × {part['weight']}%"
            for part in found["parts"]
        )
        return WHY_VALUE.say(
            language, score=str(found["value_score"]), version=str(found["model_version"]), parts=parts
        )

    return SentenceView(zh=words(Language.ZH), en=words(Language.EN))
