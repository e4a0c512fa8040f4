"""Another name or another document of the same client (CR-79)."""

from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response
from pydantic import Field

from client_registry.api.client_bodies import IdentityBody
from client_registry.api.second_entries import WAITS, accepted
from client_registry.domain.second_entries import PendingEntry
from client_registry.use_cases.enter_identity_change import enter_identity_change
from client_registry.views import clients as files

api = router()


class ChangeIdentity(Input):
    """What is new, and why; the proof itself is added with attachPaper."""

    name: str | None = Field(default=None, min_length=1, max_length=120, pattern=r"\S")
    identity: IdentityBody | None = None
    cause: Literal["name_changed", "document_replaced", "correction"]
    reason: str = Field(min_length=1, max_length=2000, pattern=r"\S")


class IdentityChangeView(Output):
    """The change; papers are added to its id."""

    change_id: UUID
    client_id: UUID


@api.post(
    "/v1/clients/{client_id}/identity-changes",
    status_code=201,
    response_model=IdentityChangeView,
    responses=WAITS,
    **operation(
        "changeIdentity",
        allow=allow("open_counter_teller", "branch_personal_banking", "data_steward"),
        en="Change a client's name or document",
        zh="变更客户姓名或证件",
        en_detail="The former ones stay in the history and still find the client; the manager is asked to take note.",
        zh_detail="原姓名、证件保留在历史记录中，仍可据此查到客户；系统提示客户经理知悉。",
        audience=["branch"],
        example={"name": "王晓明", "cause": "name_changed", "reason": "户口簿更名"},
    ),
)
async def change(client_id: UUID, body: ChangeIdentity, call: Call) -> IdentityChangeView | Response:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    document = None if body.identity is None else (body.identity.type, body.identity.number)
    done = await enter_identity_change(
        call.tx, client_id, name=body.name, document=document, cause=body.cause, reason=body.reason, by=call.principal,
        grants=call.policy.grants_of(call.principal, call.now), now=call.now,
    )  # fmt: skip
    if isinstance(done, PendingEntry):
        return accepted(done)
    return IdentityChangeView(change_id=done, client_id=client_id)
