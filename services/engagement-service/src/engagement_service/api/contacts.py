"""`/v1/contacts`: write a contact into the memo (EN-12)."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.ids import new_id
from chassis.operation_docs import operation
from chassis.routing import router
from pydantic import AwareDatetime

from engagement_service import use_cases
from engagement_service.api.roles import WRITE
from engagement_service.domain.contacts import Channel, Contact, Direction, Reason
from engagement_service.views import plans

api = router()


class LogContact(Input):
    """A contact that took place."""

    client_id: UUID = described(en="The client", zh="客户编号")
    channel: Channel = described(en="How (EN-9)", zh="联系方式")
    direction: Direction = described(en="Who began it", zh="主动联系或客户来访来电")
    reason: Reason = described(en="What it was about (EN-14)", zh="联系内容类型")
    reached: bool = described(en="Whether the client was reached", zh="是否联系上客户")
    happened_at: AwareDatetime = described(en="When, not in the future", zh="联系时间,不得晚于当前")
    memo: str | None = described(
        en="Situation and needs, kept encrypted", zh="联系情况与具体需求(加密保存)", default=None, max_length=4000
    )


class LoggedContact(Output):
    """The contact as it was written, and the next one."""

    contact_id: UUID
    client_id: UUID
    happened_at: datetime
    counts: bool
    next_plan_on: date | None
    next_latest_on: date | None


@api.post(
    "/v1/contacts",
    status_code=201,
    **operation(
        "logContact",
        allow=WRITE,
        en="Log a contact",
        zh="登记一次客户联系",
        en_detail="Writes the memo (EN-12) and plans the next contact from it (EN-13). Refused where the client or an open"
        " complaint forbids it (EN-10).",
        zh_detail="写入CRM备忘录并据此安排下一次联系;客户不同意或有未办结投诉时拒绝营销类联系。",
        audience=["front-end", "branch"],
        example={
            "client_id": "0192f0c8-7e1a-7c3e-9d52-0242ac120002",
            "channel": "phone",
            "direction": "outbound",
            "reason": "cadence",
            "reached": True,
            "happened_at": "2026-11-20T10:30:00+08:00",
            "memo": "希望了解大额存单",
        },
    ),
)
async def log_contact(body: LogContact, call: Call) -> LoggedContact:
    await plans.require_visible(call.tx, body.client_id, scope=call.scope)
    contact = Contact(
        id=new_id(),
        client_id=body.client_id,
        by=call.principal.subject,
        channel=body.channel,
        direction=body.direction,
        reason=body.reason,
        reached=body.reached,
        happened_at=body.happened_at,
    )
    await use_cases.log_contact(call.tx, contact, memo=body.memo, now=call.now)
    await audit.record(
        call.tx,
        act="contact.log",
        by=call.principal,
        object_type="contact",
        object_id=contact.id,
        client_id=contact.client_id,
        at=call.now,
    )
    planned = await plans.contact_plan(call.tx, body.client_id, scope=call.scope)
    return LoggedContact(
        contact_id=contact.id,
        client_id=contact.client_id,
        happened_at=contact.happened_at,
        counts=contact.qualifies,
        next_plan_on=planned["plan_on"],
        next_latest_on=planned["latest_on"],
    )
