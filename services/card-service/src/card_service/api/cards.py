"""Cards: reading them, and what to do when one is shown."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.db import Record
from chassis.etags import set_etag
from chassis.ids import new_id
from chassis.masking import mask_card_number
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.refusals import NotFound
from chassis.routing import router
from fastapi import Query, Response

from card_service.api.numbers import Level
from card_service.api.roles import READ_CARDS, READ_OF_CLIENT, VERIFY, places, recognises, scope_at_home
from card_service.domain.acceptance import WORDS, Outcome
from card_service.domain.cards import Card
from card_service.domain.levels import CardLevel
from card_service.domain.numbers import CardNumber
from card_service.use_cases.verify_card import verify_card
from card_service.views import cards

api = router()

Status = Literal["in_stock", "reserved", "issued", "stopped", "lost", "expired", "replaced", "spoiled", "destroyed"]
Face = Literal["gold", "silver"]


class CardView(Output):
    """One card."""

    id: UUID
    card_number: str
    level: Level
    face: Face = described(en="Gold for head-office level, silver for branch level", zh="总行级为金色，分行级为银色")
    status: Status
    unit_id: UUID = described(en="Whose stock it lies in, or which unit issued it", zh="库存或发卡机构")
    client_id: UUID | None
    issued_on: date | None
    expires_on: date | None = described(en="The last day of validity", zh="有效期最后一日")
    decision_id: UUID | None
    replaced_by: UUID | None


class CustodyStep(Output):
    """One movement: out of one place, into another."""

    step: int
    from_place: str
    to_place: str
    act: str
    act_id: UUID
    at: datetime


class CardDetail(CardView):
    """One card and its way from the factory."""

    custody: list[CustodyStep]


class ClientCardView(Output):
    """A client's card; whoever only recognises clients sees the status and a masked number."""

    card_id: UUID | None
    card_number: str
    level: Level
    face: Face
    status: Status
    issued_on: date | None
    expires_on: date | None


class ClientCards(Output):
    """The newest first."""

    items: list[ClientCardView]


class VerifyCard(Input):
    """A card shown to somebody."""

    card_number: str = described(en="The number on the card", zh="卡号", pattern=r"^[A-Z]{2}[01][0-9]{5}$")
    unit_id: UUID = described(en="The unit at which the card is shown", zh="出示卡片的机构")


class VerificationView(Output):
    """What to do with the card."""

    id: UUID
    outcome: Outcome
    valid_here: bool = described(en="Whether it opens the services here and now", zh="在本机构当前是否有效")
    ask_for_id: bool = described(en="Ask for a valid identity document (CS-27)", zh="须核验有效身份证件（CS-27）")
    level: Level | None
    face: Face | None
    expires_on: date | None
    advice: str


@api.get(
    "/v1/cards",
    **operation("listCards", allow=READ_CARDS, en="List cards", zh="查询卡片", audience=["branch", "front-end"]),
)
async def list_cards(
    call: Call,
    paging: Page,
    status: Annotated[Status | None, Query()] = None,
    level: Annotated[Level | None, Query()] = None,
    unit_id: Annotated[UUID | None, Query()] = None,
) -> PageOf[CardView]:
    after = paging.after(str)
    rows = await cards.list_cards(
        call.tx,
        scope=call.scope,
        status=status,
        level=level,
        unit_id=unit_id,
        after=after[0] if after else None,
        limit=paging.limit + 1,
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["number"],))
    return page([CardView(**_card(row)) for row in kept], cursor)


@api.get(
    "/v1/cards/{card_id}",
    **operation(
        "getCard",
        allow=READ_CARDS,
        en="Read a card and its custody",
        zh="查询单张卡片及其流转",
        audience=["branch", "front-end"],
    ),
)
async def get_card(card_id: UUID, call: Call, response: Response) -> CardDetail:
    row = await cards.get_card(call.tx, card_id, scope=call.scope)
    # The ledger names clients by id; whoever sees the card may see them.
    custody = [CustodyStep(**dict(entry)) for entry in await cards.custody_of(call.tx, card_id)]
    set_etag(response, row["version"], call.language.value)
    return CardDetail(**_card(row), custody=custody)


@api.get(
    "/v1/clients/{client_id}/cards",
    **operation(
        "listCardsOfClient",
        allow=READ_OF_CLIENT,
        en="List a client's cards",
        zh="查询客户的卡片",
        en_detail="The call centre sees every client's card status with the number masked; others see their own clients.",
        zh_detail="95566 坐席可查询全行客户的卡片状态（卡号脱敏）；其他岗位仅限本辖客户。",
        audience=["call-centre", "branch", "front-end"],
    ),
)
async def list_cards_of_client(client_id: UUID, call: Call) -> ClientCards:
    scope = scope_at_home(call)
    if scope is not None:
        try:
            rows = await cards.cards_of_client(call.tx, client_id, scope=scope)
            return ClientCards(items=[_client_card(row, masked=False) for row in rows])
        except NotFound:
            if not recognises(call):
                raise
    rows = await cards.cards_of_client(call.tx, client_id, scope=None)
    return ClientCards(items=[_client_card(row, masked=True) for row in rows])


@api.post(
    "/v1/card-verifications",
    status_code=201,
    **operation(
        "verifyCard",
        allow=VERIFY,
        en="Verify a card that is shown",
        zh="核验出示的卡片",
        en_detail="Head-office cards are good nationwide, branch cards in the branch on their number; always with an"
        " identity document. The presentation is kept (CS-27, CS-35).",
        zh_detail="总行级卡全国有效，分行级卡仅在发卡分行有效；须同时核验有效身份证件。系统留存出示记录（CS-27、CS-35）。",
        audience=["branch", "call-centre", "front-end"],
        example={"card_number": "BJ000001", "unit_id": "019a9c7e-0000-7000-8000-0000000000b1"},
    ),
)
async def verify(body: VerifyCard, call: Call) -> VerificationView:
    presentation_id = new_id()
    acceptance, card = await verify_card(
        call.tx,
        presentation_id,
        number=CardNumber.parse(body.card_number),
        unit_id=body.unit_id,
        places=places(call),
        by=call.principal,
        now=call.now,
    )
    shown: Card | None = None if acceptance.outcome in (Outcome.UNKNOWN, Outcome.NOT_ISSUED) else card
    return VerificationView(
        id=presentation_id,
        outcome=acceptance.outcome,
        valid_here=acceptance.valid_here,
        ask_for_id=acceptance.ask_for_id,
        level=None if shown is None else shown.number.level.value,
        face=None if shown is None else shown.number.level.face.value,
        expires_on=None if shown is None else shown.expires_on,
        advice=WORDS[acceptance.outcome].say(call.language),
    )


def _face(row: Record) -> str:
    return CardLevel(row["level"]).face.value


def _card(row: Record) -> dict[str, object]:
    return {
        **{name: row[name] for name in CardView.model_fields if name not in {"card_number", "face"}},
        "card_number": row["number"],
        "face": _face(row),
    }


def _client_card(row: Record, *, masked: bool) -> ClientCardView:
    return ClientCardView(
        card_id=None if masked else row["id"],
        card_number=mask_card_number(row["number"]) if masked else row["number"],
        level=row["level"],
        face=CardLevel(row["level"]).face.value,
        status=row["status"],
        issued_on=None if masked else row["issued_on"],
        expires_on=row["expires_on"],
    )
