"""Countersign an issue: the cards are in their clients' hands, valid two years (CS-10, CS-14, CS-22, CS-25)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from uuid import UUID

from chassis import audit, due_work, outbox
from chassis.clock import SHANGHAI
from chassis.db import Tx
from chassis.events import Fact
from chassis.identity import Principal

from card_service.domain.cards import Card
from card_service.domain.custody import CustodyEntry
from card_service.domain.events import CardIssued
from card_service.domain.issues import Eligibility, StockIssue, check_issue, confirmed_decisions
from card_service.domain.levels import CardLevel
from card_service.domain.reservations import Reservation
from card_service.domain.validity import notice_on, void_from
from card_service.store import cards, clients, issues, reservations


async def confirm_issue(
    tx: Tx,
    issue_id: UUID,
    *,
    answers: Mapping[tuple[UUID, CardLevel], Eligibility],
    by: Principal,
    now: datetime,
) -> StockIssue:
    """All lines or none. `answers` are the registry's, asked just before this transaction opened (CS-22).

    Raises `NotPending`, `SamePerson`, `PaperChanged`, `ReservationMoved`, `LevelChanged` and `CardNotEligible`.
    """
    issue = await issues.lock_issue(tx, issue_id)
    signed = issue.countersigned(by.subject, at=now)
    known = await reservations.peek_reservations(tx, signed.reservation_ids)
    levels = await clients.lock_levels(tx, [reservation.wish.client_id for reservation in known])
    lines = await reservations.lock_reservations(tx, signed.reservation_ids)
    check_issue(lines, levels)
    decisions = confirmed_decisions(lines, answers)
    await issues.save_issue(tx, signed, decisions=decisions)
    await due_work.cancel(tx, kind="card.issue-held", subject_id=signed.id)
    issued = await _hand_out(tx, signed, lines, decisions, now=now)
    await _schedule_end(tx, issued)
    for fact in issued:
        await audit.record(
            tx,
            act="card.issued",
            by=by,
            object_type="card",
            object_id=fact.card_id,
            client_id=fact.client_id,
            detail={
                "issue_id": signed.id,
                "decision_id": fact.decision_id,
                "proposed_by": signed.signatures.proposed_by,
            },
            at=now,
        )
    return signed


async def _hand_out(
    tx: Tx, issue: StockIssue, lines: Sequence[Reservation], decisions: Mapping[UUID, UUID], *, now: datetime
) -> list[CardIssued]:
    """An older good card of the client ends first: he holds one at a time."""
    reserved = await cards.lock_cards(tx, [line.card_id for line in lines if line.card_id is not None])
    older = await cards.lock_issued_of(tx, [line.wish.client_id for line in lines])
    ended: list[Card] = []
    issued: list[Card] = []
    entries: list[CustodyEntry] = []
    said: list[CardIssued] = []
    facts: list[Fact] = []
    for line in lines:
        if line.card_id is None:
            continue  # refused before: a reserved line has its card
        card, fact, entry = reserved[line.card_id].issue(issue_id=issue.id, decision_id=decisions[line.id], at=now)
        if line.wish.client_id in older:
            former, replaced = older[line.wish.client_id].give_way(card, at=now)
            ended.append(former)
            facts.append(replaced)
        issued.append(card)
        entries.append(entry)
        said.append(fact)
    await cards.add_entries(tx, entries, at=now)
    await cards.save_cards(tx, ended)
    await cards.save_cards(tx, issued)
    await reservations.save_reservations(tx, [line.issued() for line in lines])
    await outbox.add(tx, *facts, *said)
    return said


async def _schedule_end(tx: Tx, issued: Sequence[CardIssued]) -> None:
    """Ninety days before the end the expiry is said, on the day after the last the card is void (CS-25, CS-26)."""
    await due_work.schedule_many(
        tx,
        kind="card.expiring",
        due=[(fact.card_id, datetime.combine(notice_on(fact.expires_on), time(), tzinfo=SHANGHAI)) for fact in issued],
    )
    await due_work.schedule_many(
        tx,
        kind="card.expired",
        due=[(fact.card_id, datetime.combine(void_from(fact.expires_on), time(), tzinfo=SHANGHAI)) for fact in issued],
    )
