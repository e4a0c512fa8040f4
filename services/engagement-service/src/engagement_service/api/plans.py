"""`/v1/contact-plans`: the day's list, as far as the caller may see."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis.bodies import Output
from chassis.call import Call
from chassis.clock import business_day
from chassis.days import Day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.routing import router
from fastapi import Query

from engagement_service.api.roles import READ
from engagement_service.views import plans

api = router()


class DuePlan(Output):
    """One client whose contact falls due."""

    client_id: UUID
    manager: str | None
    home_unit_id: UUID | None
    plan_on: date
    latest_on: date
    interval: str
    rule: str
    missed_on: date | None
    provisional: bool


@api.get(
    "/v1/contact-plans",
    **operation(
        "listContactPlans",
        allow=READ,
        en="List planned contacts",
        zh="查询联系计划",
        en_detail="Contacts planned up to a day (default: today in Shanghai), earliest first, within the caller's scope.",
        zh_detail="截至指定日期(默认当天,北京时间)的联系计划,按日期排序,限于本人权限范围。",
        audience=["front-end", "branch"],
    ),
)
async def list_contact_plans(
    call: Call, paging: Page, until: Annotated[Day | None, Query(description="Last day to show")] = None
) -> PageOf[DuePlan]:
    rows, next_cursor = cut(
        await plans.due_plans(
            call.tx,
            until=until or business_day(call.now),
            after=paging.after(date, UUID) or plans.BEGINNING,
            size=paging.limit + 1,
            scope=call.scope,
        ),
        paging.limit,
        by=lambda row: (row["plan_on"], row["client_id"]),
    )
    return page([DuePlan(**{name: row[name] for name in DuePlan.model_fields}) for row in rows], next_cursor)
