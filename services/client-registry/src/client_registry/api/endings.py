"""Leaving is the client's choice too (CR-3)."""

from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router

from client_registry.domain.endings import EndingCause
from client_registry.use_cases.end_membership import end_membership
from client_registry.views import clients as files

api = router()


class EndMembership(Input):
    """The client's own wish; the bank's acts and a death end a membership elsewhere."""

    cause: Literal["left"] = described(en="The client's wish", zh="客户本人意愿", default="left")


class EndingView(Output):
    """The membership that ended; the card level is none from this moment."""

    membership_id: UUID
    client_id: UUID
    cause: str
    card_level: str


@api.post(
    "/v1/clients/{client_id}/memberships/{membership_id}/endings",
    status_code=201,
    **operation(
        "endMembership",
        allow=allow("client", "relationship_manager", "private_banker"),
        en="Leave",
        zh="客户退会",
        en_detail="The client himself, or the manager recording the client's wish. Card and priority services stop at once; "
        "a client who still meets the standard may join again.",
        zh_detail="由客户本人办理，或由客户经理登记客户意愿。卡片及优先服务即时停止；仍符合标准的客户可再次入会。",
        audience=["front-end", "branch"],
        example={"cause": "left"},
    ),
)
async def leave(client_id: UUID, membership_id: UUID, body: EndMembership, call: Call) -> EndingView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    await end_membership(
        call.tx,
        client_id,
        cause=EndingCause(body.cause),
        by=call.principal,
        now=call.now,
        membership_id=membership_id,
    )
    return EndingView(membership_id=membership_id, client_id=client_id, cause=body.cause, card_level="none")
