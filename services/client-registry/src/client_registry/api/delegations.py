"""Standing in for absent colleagues (XC-15, XC-20; domain decisions, section 6)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow_any_staff
from chassis.routing import router
from pydantic import AwareDatetime

from client_registry.domain.delegations import Reason
from client_registry.use_cases.delegate_posting import delegate_posting
from client_registry.use_cases.end_delegation import end_delegation
from client_registry.views import staff as views

api = router()
_ANYBODY = allow_any_staff()


class Delegate(Input):
    """Whose post, to whom, for how long."""

    posting_id: UUID = described(en="The absent person's posting", zh="被代理的任职")
    to_staff_id: UUID = described(en="The stand-in", zh="代理人")
    from_at: AwareDatetime | None = described(
        en="From when; now where left out", zh="起始时间，缺省为即刻", default=None
    )
    until_at: AwareDatetime = described(en="Ends by itself at this moment", zh="届时自动结束")
    reason: Reason = described(en="Reason code", zh="原因代码")


class DelegationView(Output):
    """One posting in another's hands for a time."""

    delegation_id: UUID
    from_subject: str = described(en="The absent person", zh="被代理人")
    to_subject: str = described(en="The stand-in", zh="代理人")
    unit_id: UUID
    role: str
    reach: str
    from_at: datetime
    until_at: datetime
    reason: str


@api.post(
    "/v1/delegations",
    status_code=201,
    **operation(
        "delegatePosting",
        allow=_ANYBODY,
        en="Let somebody stand in at a post",
        zh="委托代理岗位",
        en_detail="Your own posting, or that of somebody below you by a post of your own. Never handed on, ends by itself.",
        zh_detail="限本人岗位，或本人任职管辖范围内人员的岗位；不得转授，到期自动结束。",
        audience=["front-end", "branch"],
        example={
            "posting_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11",
            "to_staff_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e12",
            "until_at": "2026-12-05T18:00:00+08:00",
            "reason": "leave",
        },
    ),
)
async def delegate(body: Delegate, call: Call) -> DelegationView:
    given = await delegate_posting(
        call.tx, posting_id=body.posting_id, to_staff_id=body.to_staff_id, from_at=body.from_at, until_at=body.until_at,
        reason=body.reason, by=call.principal, now=call.now,
    )  # fmt: skip
    return DelegationView(delegation_id=given.id, **_shown(asdict(given)))


@api.post(
    "/v1/delegations/{delegation_id}/endings",
    status_code=201,
    **operation(
        "endDelegation",
        allow=_ANYBODY,
        en="End a delegation at once",
        zh="即刻结束代理",
        en_detail="By either of the two, or by a superior by a post of his own.",
        zh_detail="由代理双方或以本人任职管辖该岗位的上级办理。",
        audience=["front-end", "branch"],
    ),
)
async def end(delegation_id: UUID, call: Call) -> DelegationView:
    over = await end_delegation(call.tx, delegation_id, by=call.principal, now=call.now)
    return DelegationView(delegation_id=over.id, **_shown(asdict(over)))


@api.get(
    "/v1/delegations",
    **operation(
        "listDelegations",
        allow=_ANYBODY,
        en="List delegations",
        zh="查询代理",
        en_detail="From you, to you, and at your places; only those that are not over, unless `all=true`.",
        zh_detail="返回本人委托、受托及任职机构范围内的代理；缺省仅未结束者，all=true 返回全部。",
        audience=["front-end", "branch"],
    ),
)
async def list_delegations(call: Call, params: Page, all: bool = False) -> PageOf[DelegationView]:
    key = params.after(UUID)
    rows = await views.list_delegations(
        call.tx, scope=call.scope, running_at=None if all else call.now, after=None if key is None else key[0],
        size=params.limit + 1,
    )  # fmt: skip
    kept, cursor = cut(rows, params.limit, lambda row: (row["id"],))
    return page([DelegationView(delegation_id=row["id"], **_shown(dict(row))) for row in kept], cursor)


def _shown(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in DelegationView.model_fields if name != "delegation_id"}
