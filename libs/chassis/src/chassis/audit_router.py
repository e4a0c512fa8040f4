"""`/v1/audit-records`: "who looked at this client", for auditors. Each such look is a row of its own."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from chassis import audit
from chassis.audit_reading import AuditQuestion, list_records
from chassis.bodies import Output, described
from chassis.call import Call
from chassis.days import Moment
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router

_EXAMPLE = {
    "service": "client-registry",
    "id": 4711,
    "at": "2026-11-22T01:00:00Z",
    "act": "client.revealed",
    "subject": "staff:100234",
    "actor": None,
    "object_type": "client",
    "object_id": "019a9c7e-0000-7000-8000-000000000001",
    "client_id": "019a9c7e-0000-7000-8000-000000000001",
    "purpose": "service",
    "detail": {},
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "seq": 4700,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "chain": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "chain_before": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
}


class AuditRecordView(Output):
    """One act: who, what, on what, for what purpose; and its link in the chain once it is sealed."""

    service: str
    id: int
    at: datetime
    act: str = described(en="The act's word", zh="行为代码")
    subject: str = described(en="Who", zh="行为人")
    actor: str | None = described(en="The service that called on the person's behalf", zh="代为调用的服务")
    object_type: str
    object_id: str
    client_id: UUID | None
    purpose: str | None
    detail: dict[str, Any] = described(en="Ids, figures, classes and codes", zh="标识、数值、类别与代码")
    trace_id: str | None
    seq: int | None = described(en="Number of the seal; null until it is made", zh="封存序号，未封存时为空")
    digest: str | None = described(en="SHA-256 of the row", zh="该记录的 SHA-256 摘要")
    chain: str | None = described(en="SHA-256 over the chain so far", zh="累计链式摘要")
    chain_before: str | None = described(
        en="The chain up to the row before; empty for the first", zh="前一记录的链式摘要，首条为空"
    )


def audit_router(service: str) -> APIRouter:
    """What auditors read of this service's audit."""
    api = router()

    @api.get(
        "/v1/audit-records",
        **operation(
            "listAuditRecords",
            allow=allow("auditor"),
            en="Who did or looked at what",
            zh="查询审计记录",
            en_detail="The newest first. With a client: who looked at this client. The question itself is recorded too.",
            zh_detail="按时间倒序排列。指定客户时，可查何人查看过该客户。本次查询亦会留痕。",
            audience=("branch", "ops"),
            answer_example={"items": [_EXAMPLE], "next_cursor": None},
        ),
    )
    async def list_audit_records(
        page_: Page,
        call: Call,
        client_id: Annotated[UUID | None, Query()] = None,
        subject: Annotated[str | None, Query(pattern=r"^(staff|client|system):[0-9A-Za-z-]{1,64}$")] = None,
        act: Annotated[str | None, Query(pattern=r"^[a-z]+([.-][a-z]+)*$", max_length=80)] = None,
        object_id: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z:._-]{1,80}$")] = None,
        since: Annotated[Moment | None, Query()] = None,
        until: Annotated[Moment | None, Query()] = None,
    ) -> PageOf[AuditRecordView]:
        question = AuditQuestion(
            client_id=client_id, subject=subject, act=act, object_id=object_id, since=since, until=until
        )
        before = page_.after(datetime, str, int)
        rows = await list_records(call.tx, question, service=service, before=before, limit=page_.limit + 1)
        await audit.record(
            call.tx,
            act="audit.read",
            by=call.principal,
            object_type="audit",
            object_id=str(client_id or object_id or subject or act or "all"),
            client_id=client_id,
            detail={"rows": min(len(rows), page_.limit)},
            at=call.now,
        )
        kept, cursor = cut(rows, page_.limit, lambda row: (row["at"], row["service"], row["id"]))
        return page([AuditRecordView(**row) for row in kept], cursor)

    return api
