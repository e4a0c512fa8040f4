"""Membership is the client's choice (CR-3); revocation is the bank's, for cause (CR-18)."""

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from pydantic import Field

from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import RevocationCause
from client_registry.use_cases.enrol_client import enrol_client
from client_registry.use_cases.revoke_qualification import revoke_qualification
from client_registry.views import clients as files

api = router()


class Enrol(Input):
    """The level the client chose and the channel he said it by."""

    level: Literal["branch", "head_office"]
    channel: Literal["outlet", "wealth_centre", "phone", "app", "web", "visit"] = described(
        en="How the client said it", zh="客户表达意愿的渠道", default="outlet"
    )


class MembershipView(Output):
    """The membership."""

    membership_id: UUID
    client_id: UUID
    level: str
    status: str
    decision_id: UUID
    policy_version: str
    enrolled_on: date


class Revoke(Input):
    """Why the qualification is cancelled; the reason is kept sealed."""

    cause: RevocationCause
    reason: str = Field(min_length=1, max_length=2000, pattern=r"\S")
    risk_event_id: UUID | None = described(
        en="The event of overdraft or arrears that shows it", zh="佐证的风险事件（透支或逾期）", default=None
    )


class RevocationView(Output):
    """The revocation."""

    revocation_id: UUID
    client_id: UUID
    cause: str


@api.post(
    "/v1/clients/{client_id}/memberships",
    status_code=201,
    **operation(
        "enrolClient",
        allow=allow("client", "relationship_manager", "private_banker"),
        en="Join",
        zh="客户入会",
        en_detail="The client himself, or the manager recording the client's wish. Head-office level needs a filing first.",
        zh_detail="由客户本人办理，或由客户经理登记客户意愿。总行级须先完成资格备案。",
        audience=["front-end", "branch"],
        example={"level": "head_office", "channel": "outlet"},
    ),
)
async def enrol(client_id: UUID, body: Enrol, call: Call) -> MembershipView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    membership = await enrol_client(
        call.tx, client_id, level=CardLevel(body.level), channel=body.channel, by=call.principal, now=call.now
    )
    return MembershipView(
        membership_id=membership.id,
        client_id=client_id,
        level=membership.level.value,
        status=membership.status,
        decision_id=membership.decision_id,
        policy_version=membership.policy_version,
        enrolled_on=membership.enrolled_on,
    )


@api.post(
    "/v1/clients/{client_id}/revocations",
    status_code=201,
    **operation(
        "revokeQualification",
        allow=allow("branch_personal_banking", "head_office_personal_banking"),
        en="Revoke the qualification",
        zh="取消客户资格",
        en_detail="For malicious overdraft, loan arrears or other acts harming the bank; services stop at once. "
        "Evidence is added with attachPaper.",
        zh_detail="客户恶意透支、拖欠贷款或有其他损害银行行为的，可取消资格，优先优惠服务即时停止。证据材料另行上传。",
        audience=["branch"],
        example={"cause": "loan_arrears", "reason": "贷款连续拖欠三期"},
    ),
)
async def revoke(client_id: UUID, body: Revoke, call: Call) -> RevocationView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    revocation_id = await revoke_qualification(
        call.tx, client_id, cause=body.cause, reason=body.reason, by=call.principal, now=call.now,
        risk_event_id=body.risk_event_id,
    )  # fmt: skip
    return RevocationView(revocation_id=revocation_id, client_id=client_id, cause=body.cause.value)
