"""Handing reserved cards to their clients: stock-out with two signatures and the registry's fresh answer (CS-14, CS-22)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from card_service.domain.levels import CardLevel
from card_service.domain.reservations import Reservation, ReservationMoved, ReservationStatus
from card_service.domain.signatures import Signatures

ISSUE_LIMIT = 100


class CardNotEligible(RuleBroken):
    """The registry does not confirm the level at this moment: issuing is strictly forbidden (CS-22, CCB Art. 15)."""

    code = "card.not-eligible"
    text = Text(
        en="The registry does not confirm eligibility for {count} of the reservations: {reservations}. Nothing was issued.",
        zh="客户登记系统未确认其中 {count} 笔预留的资格：{reservations}。未发放任何卡片。",
    )


class ManyStocks(RuleBroken):
    """One paper takes cards out of one unit's stock (CS-14)."""

    code = "issue.several-stocks"
    text = Text(
        en="The cards lie in the stock of several units; issue them unit by unit.",
        zh="卡片分属多个机构库存，请按机构分别出库。",
    )


class ProposedAlready(RuleBroken):
    """The reservation stands on another proposal that waits for its second signature."""

    code = "issue.duplicate"
    text = Text(
        en="Some of these reservations already wait for a countersignature.", zh="部分预留已在其他待复核的出库申请中。"
    )


class PaperChanged(RuleBroken):
    """A line fell away since the keeper signed: a client moved or lost his standing (CS-14)."""

    code = "issue.changed"
    text = Text(
        en="The paper is no longer what the keeper signed; withdraw it and propose again.",
        zh="出库申请内容已变化，与库管员签字时不符，请撤回后重新申请。",
    )


class LevelChanged(RuleBroken):
    """The client's level, as last heard, no longer carries the reserved card."""

    code = "issue.level-changed"
    text = Text(
        en="The client's level no longer carries the card of reservation {reservation}.",
        zh="预留 {reservation} 的客户级别已不符合该卡级别。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StockIssue:
    """One stock-out paper: the reservations on it and the signatures; `whole` while every line still stands."""

    id: UUID
    unit_id: UUID
    reservation_ids: tuple[UUID, ...]
    signatures: Signatures
    whole: bool = True

    def countersigned(self, by: str, *, at: datetime) -> Self:
        """The second signature under what the first one saw. Raises `PaperChanged`, `NotPending` and `SamePerson`."""
        signed = replace(self, signatures=self.signatures.countersigned(by, at=at))
        if not self.whole:
            raise PaperChanged()
        return signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """The registry's answer to one question, asked just before the issue (CS-22)."""

    eligible: bool
    decision_id: UUID | None


def check_issue(reservations: Sequence[Reservation], levels: Mapping[UUID, CardLevel]) -> None:
    """What must hold of every line, when proposed and again when countersigned (CS-14).

    `levels` is each client's level as last heard. Raises `ReservationMoved` or `LevelChanged`.
    """
    for reservation in reservations:
        if reservation.status is not ReservationStatus.RESERVED:
            raise ReservationMoved(status=reservation.status.value, wanted=ReservationStatus.ISSUED.value)
        known = levels.get(reservation.wish.client_id, CardLevel.NONE)
        if reservation.wish.level.is_above(known):
            raise LevelChanged(reservation=reservation.id)


def confirmed_decisions(
    reservations: Sequence[Reservation], answers: Mapping[tuple[UUID, CardLevel], Eligibility]
) -> dict[UUID, UUID]:
    """The registry's decision id of each reservation. Raises `CardNotEligible` naming every one it does not confirm.

    A missing answer is no confirmation: the check fails closed (CS-22).
    """
    decisions: dict[UUID, UUID] = {}
    for reservation in reservations:
        answer = answers.get((reservation.wish.client_id, reservation.wish.level))
        if answer is not None and answer.eligible and answer.decision_id is not None:
            decisions[reservation.id] = answer.decision_id
    refused = [str(reservation.id) for reservation in reservations if reservation.id not in decisions]
    if refused:
        raise CardNotEligible(count=len(refused), reservations=", ".join(refused))
    return decisions
