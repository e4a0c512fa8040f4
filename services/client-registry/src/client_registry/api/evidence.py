"""Evidence about a client as of a moment; the gateway packs it together with the audit rows of all services."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call
from chassis.days import Moment
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Query

from client_registry.views import evidence as views

api = router()
EvidencePurpose = Literal["audit", "regulator", "dispute", "legal_case"]


class NoteView(Output):
    """What a reader has to know, in both languages."""

    en: str
    zh: str


class EvidenceView(Output):
    """Everything that was decided about a client, and what it was decided on, as it was known at a moment."""

    client_id: UUID
    as_of: datetime
    parts: dict[str, list[dict[str, Any]]] = described(
        en="Rows by part: client, decisions, policies, filings, memberships, consents, figures and more",
        zh="按类列示：客户、评定结论、政策、备案、会员资格、同意、数据等",
    )
    notes: list[NoteView]


@api.get(
    "/v1/clients/{client_id}/evidence",
    **operation(
        "getEvidence",
        allow=allow("auditor"),
        en="Evidence about a client as of a moment",
        zh="按截至时间查询客户证据",
        en_detail="What was known at the moment (without one: now), masked; at most 5,000 rows of each part. "
        "Reading needs a purpose and leaves an audit row. An erased client's decisions are there, the person is not.",
        zh_detail="仅含截至该时刻（未指定时为当前）已知的内容，个人信息已脱敏；每类最多 5,000 条。"
        "须说明用途，查询会留下审计记录。"
        "已删除个人信息的客户仍可取得评定结论，但不含个人信息。",
        audience=["branch"],
    ),
)
async def get_evidence(
    client_id: UUID,
    call: Call,
    as_of: Annotated[Moment | None, Query()] = None,
    purpose: Annotated[EvidencePurpose | None, Query()] = None,
) -> EvidenceView:
    found = await views.evidence(
        call.tx, client_id, as_of=as_of or call.now, purpose=purpose, scope=call.scope, by=call.principal, now=call.now
    )
    return EvidenceView(**found)
