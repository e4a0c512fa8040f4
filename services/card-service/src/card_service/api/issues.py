"""Reservations and the issue of reserved cards."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.db import Record
from chassis.ids import new_id
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.routing import router
from chassis.texts import Language
from fastapi import Query

from card_service.api.numbers import Level, PaperStatus
from card_service.api.roles import KEEPER, READ_RESERVATIONS, READ_STOCK, SIGNATORIES, SUPERVISOR
from card_service.domain.issues import ISSUE_LIMIT, Eligibility
from card_service.domain.levels import CardLevel
from card_service.domain.reasons import explain
from card_service.domain.reservations import Reservation, ReservationStatus, Wish
from card_service.use_cases.confirm_issue import confirm_issue
from card_service.use_cases.propose_issue import propose_issue
from card_service.use_cases.withdraw_issue import withdraw_issue
from card_service.views import reservations

api = router()

# So many questions to the registry at once; each has one second (CS-22).
_AT_ONCE = 20
_ANSWER_S = 1


class ReservationView(Output):
    """A card set aside for a client, or the wait for one, and why."""

    id: UUID
    client_id: UUID
    level: Level
    status: Literal["waiting", "reserved", "issued", "cancelled"]
    card_id: UUID | None
    card_number: str | None
    home_unit_id: UUID
    stock_unit_id: UUID | None = described(en="The unit whose stock gave the card", zh="出库机构")
    issue_id: UUID | None = described(en="The issue it stands on", zh="所在出库单")
    decision_id: UUID
    asked_at: datetime
    reserved_at: datetime | None
    why: list[str] = described(en="Why this card, or why still waiting", zh="预留或等待的原因")


class ProposeIssue(Input):
    """The reservations whose cards go out, all from one unit's stock."""

    reservation_ids: list[UUID] = described(
        en="At most 100 reservations", zh="预留编号，一次最多 100 笔", min_length=1, max_length=ISSUE_LIMIT
    )


class IssueView(Output):
    """An issue and its two signatures."""

    id: UUID
    unit_id: UUID
    reservation_ids: list[UUID]
    status: PaperStatus
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime = described(en="Until then the second signature must be given", zh="复核签字截止时间")
    countersigned_by: str | None
    countersigned_at: datetime | None


@api.get(
    "/v1/card-reservations",
    **operation(
        "listCardReservations",
        allow=READ_RESERVATIONS,
        en="List card reservations",
        zh="查询卡片预留",
        en_detail="Cards set aside for clients and clients who wait for one, with the reason.",
        zh_detail="列出已预留及等待中的卡片，并说明原因。",
        audience=["branch", "front-end"],
    ),
)
async def list_reservations(
    call: Call,
    paging: Page,
    status: Annotated[Literal["waiting", "reserved", "issued", "cancelled"] | None, Query()] = None,
    client_id: Annotated[UUID | None, Query()] = None,
) -> PageOf[ReservationView]:
    rows = await reservations.list_reservations(
        call.tx,
        scope=call.scope,
        status=status,
        client_id=client_id,
        after=paging.after(datetime, UUID),
        limit=paging.limit + 1,
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["asked_at"], row["id"]))
    both = await reservations.names_of_lines(call.tx, kept)
    names = {path: zh if call.language is Language.ZH else en for path, (zh, en) in both.items()}
    return page([_reservation(row, names, call.language) for row in kept], cursor)


@api.post(
    "/v1/stock-issues",
    status_code=201,
    **operation(
        "proposeStockIssue",
        allow=KEEPER,
        en="Propose that reserved cards are handed out",
        zh="申请预留卡出库发放",
        en_detail="The keeper's signature on at most 100 reservations of one unit's stock; held three days (CS-14).",
        zh_detail="库管员签字，同一机构库存，一次最多 100 笔；三日内须复核（CS-14）。",
        audience=["branch"],
        example={"reservation_ids": ["019a9c7e-0000-7000-8000-0000000000d1"]},
    ),
)
async def propose(body: ProposeIssue, call: Call) -> IssueView:
    issue = await propose_issue(
        call.tx,
        new_id(),
        reservation_ids=body.reservation_ids,
        by=call.principal,
        scope=call.scope,
        now=call.now,
    )
    return _issue(await reservations.get_issue(call.tx, issue.id, scope=call.scope))


@api.get(
    "/v1/stock-issues",
    **operation(
        "listStockIssues", allow=READ_STOCK, en="List stock issues", zh="查询出库单", audience=["branch", "ops"]
    ),
)
async def list_issues(
    call: Call, paging: Page, status: Annotated[PaperStatus | None, Query()] = None
) -> PageOf[IssueView]:
    after = paging.after(UUID)
    rows = await reservations.list_issues(
        call.tx, scope=call.scope, status=status, after=after[0] if after else None, limit=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_issue(row) for row in kept], cursor)


@api.post(
    "/v1/stock-issues/{issue_id}/countersignatures",
    status_code=201,
    **operation(
        "countersignStockIssue",
        allow=SUPERVISOR,
        en="Countersign an issue: the cards are handed out",
        zh="复核出库单，发放卡片",
        en_detail="The second signature, another person's. The registry confirms each client at this moment; one that it"
        " does not confirm stops the whole paper, and without its answer nothing is issued (CS-14, CS-22).",
        zh_detail="须由另一人签字。系统即时向客户登记系统确认每位客户资格；任一客户未获确认则整单不发放，无应答亦不发放（CS-14、CS-22）。",
        audience=["branch"],
        late=True,
    ),
)
async def countersign(issue_id: UUID, call: Call) -> IssueView:
    async with call.app.database.reading() as tx:
        row = await reservations.get_issue(tx, issue_id, scope=call.scope)
        asked = await reservations.questions(tx, row["reservation_ids"])
    answers = await _ask_registry(call, sorted(set(asked)))
    tx = await call.begin()
    await confirm_issue(tx, issue_id, answers=answers, by=call.principal, now=call.now)
    return _issue(await reservations.get_issue(tx, issue_id, scope=call.scope))


@api.post(
    "/v1/stock-issues/{issue_id}/withdrawals",
    status_code=201,
    **operation(
        "withdrawStockIssue",
        allow=SIGNATORIES,
        en="Withdraw an issue",
        zh="撤回出库单",
        audience=["branch"],
    ),
)
async def withdraw(issue_id: UUID, call: Call) -> IssueView:
    await reservations.get_issue(call.tx, issue_id, scope=call.scope)
    await withdraw_issue(call.tx, issue_id, by=call.principal, now=call.now)
    return _issue(await reservations.get_issue(call.tx, issue_id, scope=call.scope))


async def _ask_registry(
    call: CallContext, questions: list[tuple[UUID, str]]
) -> dict[tuple[UUID, CardLevel], Eligibility]:
    """A fresh answer for every client, before the transaction opens. PeerAway closes the door (CS-22)."""
    answers: dict[tuple[UUID, CardLevel], Eligibility] = {}
    for start in range(0, len(questions), _AT_ONCE):
        some = questions[start : start + _AT_ONCE]
        for (client_id, level), answer in zip(
            some, await asyncio.gather(*(_ask_one(call, *question) for question in some)), strict=True
        ):
            answers[client_id, CardLevel(level)] = answer
    return answers


async def _ask_one(call: CallContext, client_id: UUID, level: str) -> Eligibility:
    answer = await call.app.peers.post(
        "client-registry",
        "/internal/eligibility-checks",
        json={"client_id": str(client_id), "level": level},
        on_behalf_of=call.principal,
        timeout_s=_ANSWER_S,
    )
    decision = answer.get("decision_id")
    return Eligibility(
        eligible=answer.get("eligible") is True, decision_id=None if decision is None else UUID(str(decision))
    )


def _reservation(row: Record, names: dict[str, str], language: Language) -> ReservationView:
    reservation = Reservation(
        id=row["id"],
        wish=Wish(
            client_id=row["client_id"],
            level=CardLevel(row["level"]),
            home_unit_id=row["home_unit_id"],
            home_path=row["home_path"],
            decision_id=row["decision_id"],
            cause=row["cause"],
        ),
        status=ReservationStatus(row["status"]),
        card_id=row["card_id"],
        found_at=row["found_at"],
        asked_at=row["asked_at"],
        reserved_at=row["reserved_at"],
        version=row["version"],
    )
    return ReservationView(
        id=row["id"],
        client_id=row["client_id"],
        level=row["level"],
        status=row["status"],
        card_id=row["card_id"],
        card_number=row["card_number"],
        home_unit_id=row["home_unit_id"],
        stock_unit_id=row["stock_unit_id"],
        issue_id=row["issue_id"],
        decision_id=row["decision_id"],
        asked_at=row["asked_at"],
        reserved_at=row["reserved_at"],
        why=explain(reservation, number=row["card_number"], names=names, language=language),
    )


def _issue(row: Record) -> IssueView:
    return IssueView(**{name: row[name] for name in IssueView.model_fields})
