"""Checking a decision of then anew: the same answer, or the difference explained (domain decisions, section 8)."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language
from chassis.validation_texts import field_refusal
from pydantic import model_validator

from client_registry.api.explanations import SentenceView
from client_registry.views import rechecks as views

api = router()


class RecheckDecision(Input):
    """Which decision: by id, or the latest of a day or before."""

    client_id: UUID
    decision_id: UUID | None = None
    as_of: date | None = described(
        en="The latest decision of this day or before", zh="该日或之前最近一次评定", default=None
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.decision_id is None) == (self.as_of is None):
            raise field_refusal(
                "recheck.one-choice",
                en="Give decision_id or as_of, one of the two.",
                zh="decision_id 与 as_of 须择一填写。",
            )
        return self


class DifferenceView(Output):
    """One value that is another today."""

    field: str
    then: str
    now: str


class CauseView(Output):
    """Why it would be another."""

    code: str
    text: SentenceView


class RecheckView(Output):
    """The decision and what it gives today; nothing is decided by asking."""

    client_id: UUID
    decision_id: UUID
    as_of: date
    cut_off_at: datetime
    equal: bool
    level_then: str
    level_now: str
    tier_then: str
    tier_now: str
    policies: list[str]
    differences: list[DifferenceView]
    causes: list[CauseView]


@api.post(
    "/v1/qualification-rechecks",
    **operation(
        "recheckQualification",
        allow=allow(
            "branch_personal_banking", "private_banking_department", "head_office_personal_banking", "policy_approver"
        ),
        en="Evaluate a decision of then anew",
        zh="复核历史评定",
        en_detail="With the figures known at its cut-off and the standards of that day: the same answer, or the difference "
        "and its cause.",
        zh_detail="按当时截止时点的数据与当日标准重新评定：结果一致，或说明差异及原因。",
        audience=["branch"],
        idempotent=False,
        example={"client_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "as_of": "2026-10-31"},
    ),
)
async def recheck(body: RecheckDecision, call: Call) -> RecheckView:
    found = await views.recheck(call.tx, body.client_id, scope=call.scope, decision_id=body.decision_id, day=body.as_of)
    await audit.record(
        call.tx, act="qualification.rechecked", by=call.principal, object_type="qualification-decision",
        object_id=found.decision["id"], client_id=body.client_id, detail={"equal": not found.differences}, at=call.now,
    )  # fmt: skip
    return RecheckView(
        client_id=body.client_id,
        decision_id=found.decision["id"],
        as_of=found.decision["as_of"],
        cut_off_at=found.decision["cut_off_at"],
        equal=not found.differences,
        level_then=found.decision["level_met"],
        level_now=found.evaluation.card_level.value,
        tier_then=found.decision["tier_met"],
        tier_now=found.evaluation.service_tier.value,
        policies=sorted(result.policy.name for result in found.evaluation.results),
        differences=[DifferenceView.model_validate(each) for each in found.differences],
        causes=[_cause(code) for code in found.causes],
    )


def _cause(code: str) -> CauseView:
    text = views.CAUSES[code]
    return CauseView(code=code, text=SentenceView(zh=text.say(Language.ZH), en=text.say(Language.EN)))
