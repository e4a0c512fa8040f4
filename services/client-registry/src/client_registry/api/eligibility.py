"""The card service's question at the moment of issue (CS-22)."""

from uuid import UUID

from chassis.bodies import Input, Output
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow_systems
from chassis.routing import router

from client_registry.domain.levels import CardLevel
from client_registry.views import qualification as views

api = router(internal=True)


class CheckEligibility(Input):
    """Whose card, of which level."""

    client_id: UUID
    level: CardLevel


class EligibilityView(Output):
    """Whether a card may be issued now; the decision to keep with it, or the reasons against it."""

    eligible: bool
    decision_id: UUID | None
    reasons: list[str]


@api.post(
    "/internal/eligibility-checks",
    **operation(
        "checkEligibility",
        allow=allow_systems("card-service"),
        en="May a card of this level be issued now",
        zh="核实客户当前用卡资格",
        audience=["ops"],
        idempotent=False,
        example={"client_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "level": "head_office"},
    ),
)
async def check_eligibility(body: CheckEligibility, call: Call) -> EligibilityView:
    found = await views.eligibility(call.tx, body.client_id, body.level)
    return EligibilityView(eligible=found.eligible, decision_id=found.decision_id, reasons=found.reasons)
