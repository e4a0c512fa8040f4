"""Tier policies as versioned data: drafts, four eyes, in force, ended, with their history (CR-12 to CR-15)."""

from typing import Literal
from uuid import UUID

from chassis.call import Call, CallContext
from chassis.days import Day
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language
from fastapi import Response

from client_registry.api.clients import path_of
from client_registry.api.policy_bodies import (
    EXAMPLE,
    ChangePolicy,
    DraftPolicy,
    EndPolicy,
    HistoryView,
    MetricsView,
    MetricView,
    MoveView,
    PolicyView,
    Reasoned,
    SubmittedPolicy,
    policy_fields,
)
from client_registry.api.readers import STAFF_ROLES
from client_registry.domain.policies import TierPolicy
from client_registry.domain.policy_life import APPROVERS, AUTHORS
from client_registry.domain.policy_metrics import METRICS
from client_registry.use_cases.activate_tier_policy import activate_tier_policy
from client_registry.use_cases.approve_tier_policy import approve_tier_policy
from client_registry.use_cases.change_tier_policy import change_tier_policy
from client_registry.use_cases.draft_tier_policy import draft_tier_policy
from client_registry.use_cases.end_tier_policy import end_tier_policy
from client_registry.use_cases.refuse_tier_policy import refuse_tier_policy
from client_registry.use_cases.submit_tier_policy import submit_tier_policy
from client_registry.views import policies as views

api = router()
_AUTHORS = allow(*AUTHORS)
_APPROVERS = allow(*APPROVERS)
_BOTH = allow(*AUTHORS, *APPROVERS)
_READERS = allow(*(role for role in STAFF_ROLES if role != "operator"))
# Who sees what is not in force yet.
_DRAFT_READERS = frozenset({*AUTHORS, *APPROVERS, "branch_personal_banking", "auditor"})
_REASON = {"reason": "按年度标准检视结果调整"}


@api.get(
    "/v1/policy-metrics",
    **operation(
        "listPolicyMetrics",
        allow=_READERS,
        en="List what a criterion may measure",
        zh="查询可用指标",
        en_detail="Each metric with its window and meaning.",
        zh_detail="返回各指标的统计区间及含义。",
        audience=["branch"],
    ),
)
async def list_metrics(call: Call) -> MetricsView:
    return MetricsView(
        items=[
            MetricView(
                name=metric.name,
                window_months=metric.window_months,
                unit=metric.unit,
                further_windows=list(metric.further_windows),
                meaning_zh=metric.text.say(Language.ZH),
                meaning_en=metric.text.say(Language.EN),
            )
            for metric in METRICS.values()
        ]
    )


@api.get(
    "/v1/tier-policies",
    **operation(
        "listTierPolicies",
        allow=allow(*STAFF_ROLES),
        en="List tier policies",
        zh="查询分层标准",
        en_detail="The versions that concern your places, with criteria, bounds, article and dates; drafts only for those "
        "who write, approve or audit them.",
        zh_detail="返回与您机构相关的各版本标准，含指标、门槛、条款依据及有效期；草稿仅供拟定、审批和审计人员查看。",
        audience=["front-end", "branch"],
    ),
)
async def list_tier_policies(
    call: Call,
    params: Page,
    unit_id: UUID | None = None,
    ladder: Literal["card_level", "service_tier"] | None = None,
    level: str | None = None,
    status: Literal["draft", "submitted", "approved", "active", "ended", "superseded"] | None = None,
    in_force_on: Day | None = None,
) -> PageOf[PolicyView]:
    found = await views.list_policies(
        call.tx,
        places=_places(call),
        drafts=_sees_drafts(call),
        scope_path=await path_of(call, unit_id),
        ladder=ladder,
        level=level,
        status=status,
        in_force_on=in_force_on,
        after=params.after(str, str, int),
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda policy: (policy.ladder.value, policy.code, policy.version))
    return page([PolicyView(**policy_fields(policy)) for policy in kept], cursor)


@api.get(
    "/v1/tier-policies/{policy_id}",
    **operation("getTierPolicy", allow=_READERS, en="Get a tier policy", zh="查询标准详情", audience=["branch"]),
)
async def get_tier_policy(policy_id: UUID, call: Call, response: Response) -> PolicyView:
    policy = await views.get_policy(call.tx, policy_id, places=_places(call), drafts=_sees_drafts(call))
    return _answer(policy, response)


@api.get(
    "/v1/tier-policies/{policy_id}/history",
    **operation(
        "getTierPolicyHistory",
        allow=_BOTH | allow("branch_personal_banking", "auditor"),
        en="Who moved a tier policy, when and why",
        zh="查询标准变更历史",
        audience=["branch"],
    ),
)
async def get_history(policy_id: UUID, call: Call) -> HistoryView:
    policy = await views.get_policy(call.tx, policy_id, places=_places(call), drafts=True)
    return HistoryView(items=[MoveView.model_validate(dict(row)) for row in await views.list_moves(call.tx, policy)])


@api.post(
    "/v1/tier-policies",
    status_code=201,
    **operation(
        "draftTierPolicy",
        allow=_AUTHORS,
        en="Draft a tier policy",
        zh="拟定分层标准",
        en_detail="The next version of its code. Nothing is in force before another person approved it.",
        zh_detail="生成该代码的下一版本草稿；经另一人审批后方可生效。",
        audience=["branch"],
        example=EXAMPLE,
    ),
)
async def draft(body: DraftPolicy, call: Call, response: Response) -> PolicyView:
    policy = await draft_tier_policy(
        call.tx,
        body.policy(code=body.code),
        currencies=body.currencies(),
        scope=call.scope,
        reason=body.reason,
        by=call.principal,
        now=call.now,
    )
    response.headers["Location"] = f"/v1/tier-policies/{policy.id}"
    return _answer(policy, response)


@api.put(
    "/v1/tier-policies/{policy_id}",
    **operation(
        "changeTierPolicy",
        allow=_AUTHORS,
        en="Change a draft",
        zh="修改标准草稿",
        en_detail="A submitted version becomes a draft again; its approval is overtaken.",
        zh_detail="已提交的版本修改后恢复为草稿，原审批失效。",
        audience=["branch"],
        if_match=True,
        example={name: value for name, value in EXAMPLE.items() if name != "code"},
    ),
)
async def change(policy_id: UUID, body: ChangePolicy, call: Call, response: Response) -> PolicyView:
    policy = await views.lock_policy(call.tx, policy_id, scope=call.scope)
    require_match(call.request, policy.revision)
    changed = await change_tier_policy(
        call.tx,
        policy,
        body.policy(code=policy.code),
        currencies=body.currencies(),
        scope=call.scope,
        reason=body.reason,
        by=call.principal,
        now=call.now,
    )
    return _answer(changed, response)


@api.post(
    "/v1/tier-policies/{policy_id}/submissions",
    status_code=201,
    **operation(
        "submitTierPolicy",
        allow=_AUTHORS,
        en="Submit a draft for approval",
        zh="提交标准审批",
        audience=["branch"],
        example=_REASON,
    ),
)
async def submit(policy_id: UUID, body: Reasoned, call: Call) -> SubmittedPolicy:
    policy = await views.lock_policy(call.tx, policy_id, scope=call.scope)
    submitted, needs_head_office = await submit_tier_policy(
        call.tx, policy, reason=body.reason, by=call.principal, now=call.now
    )
    return SubmittedPolicy(**policy_fields(submitted), needs_head_office=needs_head_office)


@api.post(
    "/v1/tier-policies/{policy_id}/approvals",
    status_code=201,
    **operation(
        "approveTierPolicy",
        allow=_APPROVERS,
        en="Approve a tier policy",
        zh="批准标准",
        en_detail="By somebody who wrote no word of it; further metrics for a level that head office sets are approved at "
        "head office (CCB Art. 5). In force by itself on its first day.",
        zh_detail="须由未参与拟定的人员审批；为总行所定级别增设指标的，由总行批准（建行办法第五条）。到生效日自动生效。",
        audience=["branch"],
        example=_REASON,
    ),
)
async def approve(policy_id: UUID, body: Reasoned, call: Call) -> PolicyView:
    policy = await views.lock_policy(call.tx, policy_id, scope=call.scope)
    grants = call.policy.grants_of(call.principal, call.now)
    done = await approve_tier_policy(
        call.tx, policy, reason=body.reason, grants=grants, by=call.principal, now=call.now
    )
    return PolicyView(**policy_fields(done))


@api.post(
    "/v1/tier-policies/{policy_id}/refusals",
    status_code=201,
    **operation(
        "refuseTierPolicy",
        allow=_APPROVERS,
        en="Refuse a tier policy",
        zh="退回标准",
        audience=["branch"],
        example=_REASON,
    ),
)
async def refuse(policy_id: UUID, body: Reasoned, call: Call) -> PolicyView:
    policy = await views.lock_policy(call.tx, policy_id, scope=call.scope)
    done = await refuse_tier_policy(call.tx, policy, reason=body.reason, by=call.principal, now=call.now)
    return PolicyView(**policy_fields(done))


@api.post(
    "/v1/tier-policies/{policy_id}/activations",
    status_code=201,
    **operation(
        "activateTierPolicy",
        allow=_BOTH,
        en="Bring an approved policy into force",
        zh="启用已批准的标准",
        en_detail="At or after its first day; the version before it ends the day before.",
        zh_detail="生效日当日或之后办理；上一版本于前一日终止。",
        audience=["branch"],
        example=_REASON,
    ),
)
async def activate(policy_id: UUID, body: Reasoned, call: Call) -> PolicyView:
    policy = await views.lock_policy(call.tx, policy_id, scope=call.scope)
    done = await activate_tier_policy(call.tx, policy, reason=body.reason, by=call.principal, now=call.now)
    return PolicyView(**policy_fields(done))


@api.post(
    "/v1/tier-policies/{policy_id}/endings",
    status_code=201,
    **operation(
        "endTierPolicy",
        allow=_APPROVERS,
        en="End a policy",
        zh="终止标准",
        audience=["branch"],
        example=_REASON | {"last_day": "2027-03-31"},
    ),
)
async def end(policy_id: UUID, body: EndPolicy, call: Call) -> PolicyView:
    policy = await views.lock_policy(call.tx, policy_id, scope=call.scope)
    done = await end_tier_policy(
        call.tx, policy, last_day=body.last_day, reason=body.reason, by=call.principal, now=call.now
    )
    return PolicyView(**policy_fields(done))


def _answer(policy: TierPolicy, response: Response) -> PolicyView:
    set_etag(response, policy.revision)
    return PolicyView(**policy_fields(policy))


def _places(call: CallContext) -> list[str]:
    """Where the caller works, whatever the reach: a manager sees the standards that hold for the own clients."""
    return sorted({grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)})


def _sees_drafts(call: CallContext) -> bool:
    return any(grant.role in _DRAFT_READERS for grant in call.policy.grants_of(call.principal, call.now))
