"""What engagement knows of one client: plan, memo, mutes."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.bodies import Output
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.routing import router

from engagement_service.api.explanations import Explanation, explain
from engagement_service.api.roles import READ, READ_PLAN
from engagement_service.views import contacts, mutes, plans

api = router()

# Later than anything a contact can have happened at.
NEWEST = (datetime.fromisoformat("9999-12-31T00:00:00+00:00"), UUID(int=2**128 - 1))


class ClientPlan(Output):
    """The plan of one client and why."""

    client_id: UUID
    manager: str | None
    last_contact_on: date | None
    plan_on: date | None
    latest_on: date | None
    interval: str | None
    provisional: bool | None
    missed_on: date | None
    explanation: Explanation


class MemoEntry(Output):
    """One contact in the client's memo."""

    contact_id: UUID
    by: str
    channel: str
    direction: str
    reason: str
    reached: bool
    happened_at: datetime
    memo: str | None


class MuteView(Output):
    """Marketing silenced by one case, and the return visit of that case (CM-38)."""

    case_id: UUID
    muted_at: datetime
    lifted_at: datetime | None
    return_visit_due_on: date | None
    return_visit_counted_from: str | None
    return_visit_done_at: datetime | None


class Mutes(Output):
    """Whether marketing to a client is silent now, and since which cases."""

    marketing_muted: bool
    items: list[MuteView]


@api.get(
    "/v1/clients/{client_id}/contact-plan",
    **operation(
        "getContactPlan",
        allow=READ_PLAN,
        en="Show a client's contact plan and why",
        zh="查看客户联系计划及依据",
        en_detail="The next contact, the rule that set it, the rules that lost, and the versions used (EN-1…EN-7).",
        zh_detail="下一次联系日期、适用规则、未采用的规则及所用版本。",
        audience=["front-end", "branch"],
    ),
)
async def get_contact_plan(client_id: UUID, call: Call) -> ClientPlan:
    row = await plans.contact_plan(call.tx, client_id, scope=call.scope)
    names = ("manager", "last_contact_on", "plan_on", "latest_on", "interval", "provisional", "missed_on")
    return ClientPlan(
        client_id=client_id, explanation=explain(row, call.language), **{name: row[name] for name in names}
    )


@api.get(
    "/v1/clients/{client_id}/contacts",
    **operation(
        "listContacts",
        allow=READ,
        en="Read a client's contact memo",
        zh="查看客户联系备忘录",
        en_detail="Newest first, with the memo's words; the reading is audited.",
        zh_detail="按时间倒序,含备忘内容;查阅留痕。",
        audience=["front-end", "branch"],
    ),
)
async def list_contacts(client_id: UUID, call: Call, paging: Page) -> PageOf[MemoEntry]:
    await plans.require_visible(call.tx, client_id, scope=call.scope)
    rows, next_cursor = cut(
        await contacts.contacts_of(
            call.tx, client_id, before=paging.after(datetime, UUID) or NEWEST, size=paging.limit + 1
        ),
        paging.limit,
        by=lambda row: (row["happened_at"], row["id"]),
    )
    await audit.record(
        call.tx,
        act="contact.read-memo",
        by=call.principal,
        object_type="client",
        object_id=client_id,
        client_id=client_id,
        at=call.now,
    )
    names = ("by", "channel", "direction", "reason", "reached", "happened_at")
    return page(
        [
            MemoEntry(contact_id=row["id"], memo=contacts.memo_of(call.tx, row), **{name: row[name] for name in names})
            for row in rows
        ],
        next_cursor,
    )


@api.get(
    "/v1/clients/{client_id}/mutes",
    **operation(
        "listMutes",
        allow=READ,
        en="Show whether marketing to a client is muted",
        zh="查看客户营销静默状态",
        en_detail="Marketing is silent while a complaint is open; each mute names its case and the return visit (CM-38).",
        zh_detail="投诉未办结期间暂停营销;列出对应个案及回访安排。",
        audience=["front-end", "branch"],
    ),
)
async def list_mutes(client_id: UUID, call: Call) -> Mutes:
    await plans.require_visible(call.tx, client_id, scope=call.scope)
    rows = await mutes.mutes_of(call.tx, client_id)
    return Mutes(
        marketing_muted=any(row["lifted_at"] is None for row in rows),
        items=[
            MuteView(
                case_id=row["case_id"],
                muted_at=row["muted_at"],
                lifted_at=row["lifted_at"],
                return_visit_due_on=row["due_on"],
                return_visit_counted_from=row["counted_from"],
                return_visit_done_at=row["done_at"],
            )
            for row in rows
        ],
    )
