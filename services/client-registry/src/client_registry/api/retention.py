"""How long what is kept, as versioned data; and legal holds, which stop an erasure (PIPL Art. 19, 47)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.db import Record
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from fastapi import Query
from pydantic import Field

from client_registry.domain.retention import RecordKind
from client_registry.use_cases.place_legal_hold import (
    ask_for_release,
    confirm_legal_hold,
    place_legal_hold,
    release_legal_hold,
)
from client_registry.use_cases.set_retention import activate_retention, set_retention
from client_registry.views import clients as files
from client_registry.views import retention as views

api = router()
_READERS = allow("branch_personal_banking", "head_office_personal_banking", "data_steward", "auditor")
_KEEPERS = allow("branch_personal_banking", "head_office_personal_banking", "data_steward")
_POLICY_READERS = allow("policy_author", "policy_approver", "data_steward", "auditor", "head_office_personal_banking")


class SetRetention(Input):
    """Years after the relationship by kind of record; null: kept. A kind left out stays as it is."""

    valid_from: date
    years: dict[RecordKind, int | None] = Field(min_length=1)
    answer_working_days: int = Field(ge=1, le=60, default=15)
    article: str = Field(min_length=1, max_length=200, pattern=r"\S")


class RetentionVersionView(Output):
    """One version of the retention."""

    retention_policy_id: UUID
    version: int
    status: str = described(en="proposed or active", zh="待审批或已生效")
    valid_from: date
    years: dict[str, int | None] = described(
        en="Years after the relationship; null: kept", zh="关系终止后年数，空为长期保存"
    )
    answer_working_days: int
    article: str


class RetentionVersions(Output):
    """All of them, the newest first."""

    items: list[RetentionVersionView]


class RetentionProposed(Output):
    """It waits for another person's yes."""

    retention_policy_id: UUID
    version: int
    status: str


class PlaceHold(Input):
    """Why nothing of this client may go; the words are kept sealed."""

    cause: Literal["dispute", "legal_case", "regulator", "investigation"]
    reason: str = Field(min_length=1, max_length=2000, pattern=r"\S")


class HoldView(Output):
    """One hold; its words are not shown."""

    hold_id: UUID
    client_id: UUID
    client_no: str
    cause: str
    status: str
    placed_by: str
    placed_at: datetime
    confirmed_by: str | None
    release_asked_by: str | None
    released_by: str | None
    released_at: datetime | None


@api.get(
    "/v1/retention-policies",
    **operation(
        "listRetentionPolicies",
        allow=_POLICY_READERS,
        en="List how long what is kept",
        zh="查询档案保存期限",
        audience=["branch"],
    ),
)
async def list_policies(call: Call) -> RetentionVersions:
    return RetentionVersions(
        items=[
            RetentionVersionView(
                retention_policy_id=policy_id,
                version=policy.version,
                status=status,
                valid_from=policy.valid_from,
                years={kind.value: years for kind, years in policy.years.items()},
                answer_working_days=policy.answer_working_days,
                article=policy.article,
            )
            for policy_id, policy, status in await views.policies(call.tx)
        ]
    )


@api.post(
    "/v1/retention-policies",
    status_code=201,
    **operation(
        "proposeRetentionPolicy",
        allow=allow("policy_author"),
        en="Propose another retention",
        zh="拟定保存期限",
        en_detail="Another person activates it. Proof (decisions, custody of cards, audit) has no end; nothing of a person "
        "is kept longer than the file.",
        zh_detail="须由另一人审批后生效。凭证类记录长期保存；涉及个人的记录保存期不得长于客户档案。",
        audience=["branch"],
        example={"valid_from": "2027-01-01", "years": {"recordings": 3}, "article": "内部管理办法第12条"},
    ),
)
async def propose_policy(body: SetRetention, call: Call) -> RetentionProposed:
    policy_id, version = await set_retention(
        call.tx,
        valid_from=body.valid_from,
        years=body.years,
        answer_working_days=body.answer_working_days,
        article=body.article,
        by=call.principal,
        now=call.now,
    )
    return RetentionProposed(retention_policy_id=policy_id, version=version, status="proposed")


@api.post(
    "/v1/retention-policies/{retention_policy_id}/approvals",
    status_code=201,
    **operation(
        "approveRetentionPolicy",
        allow=allow("policy_approver"),
        en="Activate a retention",
        zh="审批保存期限",
        audience=["branch"],
    ),
)
async def approve_policy(retention_policy_id: UUID, call: Call) -> RetentionProposed:
    version = await activate_retention(call.tx, retention_policy_id, by=call.principal, now=call.now)
    return RetentionProposed(retention_policy_id=retention_policy_id, version=version, status="active")


@api.get(
    "/v1/legal-holds",
    **operation(
        "listLegalHolds",
        allow=_READERS,
        en="List legal holds",
        zh="查询法律保全",
        audience=["branch"],
    ),
)
async def list_holds(
    paging: Page, call: Call, released: Annotated[bool, Query(description="Those let go too / 含已解除")] = False
) -> PageOf[HoldView]:
    key = paging.after(UUID)
    rows = await views.holds(
        call.tx, scope=call.scope, released=released, after=key[0] if key else None, size=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_hold(row) for row in kept], cursor)


@api.post(
    "/v1/clients/{client_id}/legal-holds",
    status_code=201,
    **operation(
        "placeLegalHold",
        allow=_KEEPERS,
        en="Place a legal hold",
        zh="设置法律保全",
        en_detail="Nothing of this client is erased from this moment on. Another person confirms; to let go takes two again.",
        zh_detail="自设置时起停止删除该客户的任何信息。须由另一人确认；解除亦须双人办理。",
        audience=["branch"],
        example={"cause": "legal_case", "reason": "法院来函要求保全，案号（2026）京01民初100号"},
    ),
)
async def place(client_id: UUID, body: PlaceHold, call: Call) -> HoldView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    hold_id = await place_legal_hold(
        call.tx, client_id, cause=body.cause, reason=body.reason, by=call.principal, now=call.now
    )
    return await _answer(call, hold_id)


@api.post(
    "/v1/legal-holds/{hold_id}/confirmations",
    status_code=201,
    **operation("confirmLegalHold", allow=_KEEPERS, en="Confirm a legal hold", zh="确认法律保全", audience=["branch"]),
)
async def confirm(hold_id: UUID, call: Call) -> HoldView:
    await views.hold(call.tx, hold_id, scope=call.scope)
    await confirm_legal_hold(call.tx, hold_id, by=call.principal, now=call.now)
    return await _answer(call, hold_id)


@api.post(
    "/v1/legal-holds/{hold_id}/release-proposals",
    status_code=201,
    **operation(
        "proposeLegalHoldRelease",
        allow=_KEEPERS,
        en="Ask to let go of a hold",
        zh="申请解除法律保全",
        en_detail="It holds on until another person lets go of it.",
        zh_detail="经另一人核准前保全继续有效。",
        audience=["branch"],
    ),
)
async def ask_release(hold_id: UUID, call: Call) -> HoldView:
    await views.hold(call.tx, hold_id, scope=call.scope)
    await ask_for_release(call.tx, hold_id, by=call.principal, now=call.now)
    return await _answer(call, hold_id)


@api.post(
    "/v1/legal-holds/{hold_id}/releases",
    status_code=201,
    **operation("releaseLegalHold", allow=_KEEPERS, en="Let go of a hold", zh="解除法律保全", audience=["branch"]),
)
async def release(hold_id: UUID, call: Call) -> HoldView:
    await views.hold(call.tx, hold_id, scope=call.scope)
    await release_legal_hold(call.tx, hold_id, by=call.principal, now=call.now)
    return await _answer(call, hold_id)


async def _answer(call: CallContext, hold_id: UUID) -> HoldView:
    return _hold(await views.hold(call.tx, hold_id, scope=call.scope))


def _hold(row: Record) -> HoldView:
    return HoldView(hold_id=row["id"], **{name: row[name] for name in HoldView.model_fields if name != "hold_id"})
