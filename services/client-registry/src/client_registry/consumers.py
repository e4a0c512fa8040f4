"""What the registry hears: cards and complaints come back on the client's file, its own findings become work."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.hearing import Heard, Hears

from client_registry.use_cases.ask_to_contact import ask_to_contact
from client_registry.use_cases.plan_card_review import plan_card_review
from client_registry.use_cases.record_service import record_service
from client_registry.use_cases.reverify_client import reverify_client
from client_registry.use_cases.write_card_number import write_card_number

hears = Hears("vip.clients.v1", "vip.cards.v1", "vip.complaints.v1")


class CardIssued(Heard):
    """A card went to the client."""

    client_id: UUID
    card_id: UUID
    card_number: str
    level: str
    face: str
    issued_on: date
    expires_on: date


class CardExpiring(Heard):
    """A card ends in ninety days."""

    client_id: UUID
    expires_on: date


class ComplaintOpened(Heard):
    """A case was opened, perhaps without a client."""

    case_id: UUID
    case_no: str
    client_id: UUID | None
    kind: str
    channel: str
    opened_at: datetime


class ClientQualified(Heard):
    """Our own finding: the client meets a standard."""

    client_id: UUID


@hears("CardIssued")
async def note_card(tx: Tx, fact: CardIssued, *, now: datetime) -> None:
    """CR-73, CS-24: the number comes back on the file, and the issue stands in the service record."""
    await write_card_number(
        tx,
        client_id=fact.client_id,
        card_id=fact.card_id,
        card_number=fact.card_number,
        level=fact.level,
        face=fact.face,
        issued_on=fact.issued_on,
        expires_on=fact.expires_on,
    )
    await plan_card_review(tx, fact.client_id, expires_on=fact.expires_on, now=now)


@hears("CardExpiring")
async def verify_again(tx: Tx, fact: CardExpiring, *, now: datetime) -> None:
    """CR-17: the client is verified again with the figures of the moment."""
    await reverify_client(tx, fact.client_id, expires_on=fact.expires_on, now=now)


@hears("ComplaintOpened")
async def note_complaint(tx: Tx, fact: ComplaintOpened, *, now: datetime) -> None:
    """CR-38: service information stands in the file; a case without a client concerns no file."""
    if fact.client_id is not None:
        await record_service(
            tx,
            client_id=fact.client_id,
            kind=f"{fact.kind}-opened",
            object_id=fact.case_id,
            detail={"case_no": fact.case_no, "channel": fact.channel},
            occurred_at=fact.opened_at,
        )


@hears("ClientQualified", batch=True)
async def ask_managers(tx: Tx, facts: list[ClientQualified], *, now: datetime) -> None:
    """CR-16: target clients are contacted proactively."""
    await ask_to_contact(tx, [fact.client_id for fact in facts], now=now)
