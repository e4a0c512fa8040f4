"""Clients near a standard: the branch's list for proactive contact, as pages and as a workbook (CR-16, CCB Art. 14)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, MoneyBody, Output
from chassis.call import Call, CallContext
from chassis.clock import business_day
from chassis.media_types import XLSX
from chassis.money import Money
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Depends, Query, Response
from pydantic import Field

from client_registry.api.clients import path_of
from client_registry.api.explanations import SentenceView
from client_registry.api.readers import QUALIFICATION_READERS
from client_registry.api.shortfall import sentence_of
from client_registry.domain.near_candidates import Reach
from client_registry.use_cases.ask_to_contact_near import ask_to_contact_near
from client_registry.views import near_candidates as views
from client_registry.views.near_candidates_sheet import near_candidates_sheet

api = router()
SHEET_MOST = 2_000
ASK_MOST = 200
_READERS = allow(*QUALIFICATION_READERS)
_ASKERS = allow(
    "relationship_manager", "private_banker", "rm_supervisor", "private_banking_supervisor", "wealth_centre_head",
    "outlet_head", "branch_personal_banking", "private_banking_department", "head_office_personal_banking",
    "client_service_section",
)  # fmt: skip
_TOO_SMALL = Text(en="An amount above zero.", zh="金额须大于零。")
Level = Literal["branch", "head_office"]


class ReachView(Output):
    """The way to one bound. `open_month_needs` is what the open month must bring (for a mean: its average balance) so
    that the standard is met once the oldest month has left the window."""

    criterion: str
    metric: str
    value: MoneyBody
    bound: MoneyBody
    missing: MoneyBody
    missing_percent: int
    reason: str
    article: str
    explanation: SentenceView
    decided: bool
    window_from: str
    window_to: str
    leaves_month: str
    leaves_on: date
    leaves_amount: MoneyBody
    open_month_needs: MoneyBody
    undelivered_months: list[str]


class NearCandidateView(Output):
    """A client who is near. `decided` says whether the nearest criterion's figures are all there."""

    client_id: UUID
    client_no: str
    name: str
    level: str
    missing_percent: int
    nearest_criterion: str
    decided: bool
    card_level: str
    service_tier: str
    home_unit_id: UUID
    home_code: str
    manager: str | None
    figures_until: str
    criteria: list[ReachView]
    contact: Literal["none", "asked", "done"]
    asked_at: datetime | None
    contacted_at: datetime | None


class AskToContact(Input):
    """Clients of the list whose managers are to get in touch with them."""

    level: Level = "head_office"
    client_ids: list[UUID] = Field(min_length=1, max_length=ASK_MOST)


class AskedView(Output):
    """Asked now; asked before and still open; not near this level among your clients."""

    asked_client_ids: list[UUID]
    already_asked_client_ids: list[UUID]
    not_near_client_ids: list[UUID]


class Filters:
    """The narrowing of the list and of the workbook alike."""

    def __init__(
        self,
        level: Level = "head_office",
        within_percent: Annotated[int | None, Query(ge=1, le=100)] = None,
        within_amount: Annotated[str | None, Query(pattern=r"^[0-9]{1,16}(\.[0-9]{1,2})?$")] = None,
        unit_id: UUID | None = None,
        manager: Annotated[str | None, Query(pattern=r"^staff:[A-Za-z0-9_-]{1,32}$")] = None,
        criterion: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_-]*$", max_length=80)] = None,
        decided: bool | None = None,
        contact: Literal["none", "asked", "done"] | None = None,
    ) -> None:
        self.level, self.within_percent, self.within_amount = level, within_percent, within_amount
        self.unit_id, self.manager, self.criterion = unit_id, manager, criterion
        self.decided, self.contact = decided, contact

    async def wanted(self, call: CallContext) -> views.Wanted:
        """As the view asks; without a nearness of its own the policy's. Raises Invalid for an unknown unit."""
        amount = None if self.within_amount is None else Decimal(self.within_amount)
        if amount == 0:
            raise Invalid([FieldError("/within_amount", "near.amount", _TOO_SMALL)])
        if self.within_percent is not None:
            share = Decimal(self.within_percent) / 100
        else:
            share = await views.default_share(call.tx) if amount is None else views.EVERYBODY
        return views.Wanted(
            level=self.level,
            share_most=share,
            short_most=amount,
            unit_path=await path_of(call, self.unit_id),
            manager=self.manager,
            criterion=self.criterion,
            decided=self.decided,
            contact=self.contact,
        )


Narrowed = Annotated[Filters, Depends()]


@api.get(
    "/v1/qualification-candidates/near",
    **operation(
        "listNearCandidates",
        allow=_READERS,
        en="List clients near a standard",
        zh="查询临近达标客户",
        en_detail="In your scope, the nearest first: what is missing to each bound, the month that leaves the window next "
        "and what the open month must bring. Without within_percent and within_amount the policy's percentage counts. "
        "Where months are not delivered the amount is marked undecided, with these months.",
        zh_detail="按差距由近及远返回您权限范围内临近达标的客户：各条件差额、即将移出统计区间的月份及当月须达到的金额。"
        "未指定差额范围时按政策百分比。数据不全的标为未定，并列出缺少数据的月份。",
        audience=["front-end", "branch"],
    ),
)
async def list_near(call: Call, params: Page, filters: Narrowed) -> PageOf[NearCandidateView]:
    after = params.after(Decimal, UUID)
    found = await views.list_near(
        call.tx,
        await filters.wanted(call),
        scope=call.scope,
        today=business_day(call.now),
        now=call.now,
        after=None if after is None else (after[0], after[1]),
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda candidate: (candidate.share, candidate.client_id))
    return page([_view(candidate) for candidate in kept], cursor)


@api.get(
    "/v1/qualification-candidates/near/sheet",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    **operation(
        "downloadNearCandidates",
        allow=_READERS,
        en="Download clients near a standard as a workbook",
        zh="导出临近达标客户（Excel）",
        en_detail=f"The same list, the nearest {SHEET_MOST} clients, one row a criterion; leaves an audit row.",
        zh_detail=f"导出同一清单中差距最小的 {SHEET_MOST} 户，每个条件一行；导出会留下审计记录。",
        audience=["branch"],
    ),
)
async def download(call: Call, filters: Narrowed) -> Response:
    found = await views.list_near(
        call.tx,
        await filters.wanted(call),
        scope=call.scope,
        today=business_day(call.now),
        now=call.now,
        after=None,
        size=SHEET_MOST,
    )
    await audit.record(
        call.tx, act="near-candidates.exported", by=call.principal, object_type="qualification-level",
        object_id=filters.level, detail={"clients": len(found)}, at=call.now,
    )  # fmt: skip
    headers = {
        "Content-Disposition": 'attachment; filename="near-candidates.xlsx"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(near_candidates_sheet(found, call.language), media_type=XLSX, headers=headers)


@api.post(
    "/v1/qualification-candidates/near/contacts",
    status_code=201,
    **operation(
        "askToContactNearCandidates",
        allow=_ASKERS,
        en="Have clients near a standard contacted",
        zh="安排联系临近达标客户",
        en_detail="Each client's manager gets a work item; where it is done the list says contacted.",
        zh_detail="为每名客户的客户经理生成联系任务；办结后清单显示为已联系。",
        audience=["branch"],
        example={"level": "head_office", "client_ids": ["019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"]},
    ),
)
async def ask(body: AskToContact, call: Call) -> AskedView:
    # A client outside the scope, one who has the level and one who meets it are told apart by nobody.
    named = sorted(set(body.client_ids))
    wanted = views.Wanted(level=body.level, share_most=views.EVERYBODY, only=named)
    near = await views.ids_near(
        call.tx, wanted, scope=call.scope, today=business_day(call.now), now=call.now, size=len(named)
    )
    done = await ask_to_contact_near(call.tx, near, level=body.level, by=call.principal, now=call.now)
    return AskedView(
        asked_client_ids=done.asked,
        already_asked_client_ids=done.already,
        not_near_client_ids=[one for one in named if one not in set(near)],
    )


def _view(found: views.NearCandidate) -> NearCandidateView:
    return NearCandidateView(
        client_id=found.client_id,
        client_no=found.client_no,
        name=found.name,
        level=found.level,
        missing_percent=found.missing_percent,
        nearest_criterion=found.nearest,
        decided=found.decided,
        card_level=found.card_level,
        service_tier=found.service_tier,
        home_unit_id=found.home_unit_id,
        home_code=found.home_code,
        manager=found.manager,
        figures_until=_month(found.figures_until),
        criteria=[_reach(each) for each in found.reaches],
        contact=found.contact,
        asked_at=found.asked_at,
        contacted_at=found.contacted_at,
    )


def _reach(reach: Reach) -> ReachView:
    missing = reach.missing
    return ReachView(
        criterion=missing.criterion,
        metric=missing.metric,
        value=_yuan(missing.value),
        bound=_yuan(missing.bound),
        missing=_yuan(missing.missing),
        missing_percent=missing.missing_percent,
        reason=missing.reason,
        article=missing.article,
        explanation=sentence_of(missing),
        decided=reach.decided,
        window_from=_month(reach.window_from),
        window_to=_month(reach.window_to),
        leaves_month=_month(reach.leaves_month),
        leaves_on=reach.leaves_on,
        leaves_amount=_yuan(reach.leaves_amount),
        open_month_needs=_yuan(reach.open_month_needs),
        undelivered_months=[_month(month) for month in reach.undelivered],
    )


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _yuan(amount: Decimal) -> MoneyBody:
    return MoneyBody.of(Money.of(f"{amount:.2f}", "CNY"))
