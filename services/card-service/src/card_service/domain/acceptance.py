"""Does this card open the services here and now? (CS-27, CS-35, CCB Art. 17 and 27)"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.texts import Text

from card_service.domain.cards import Card, CardStatus
from card_service.domain.levels import CardLevel


class Outcome(StrEnum):
    """The answer to a presented card."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    NOT_ISSUED = "not_issued"
    STOPPED = "stopped"
    LOST = "lost"
    EXPIRED = "expired"
    REPLACED = "replaced"
    OTHER_BRANCH = "other_branch"


WORDS = {
    Outcome.ACCEPTED: Text(
        en="The card is good here. Ask for a valid identity document and compare it with the client.",
        zh="该卡在本机构有效。请核验客户有效身份证件，确认为本人使用。",
    ),
    Outcome.UNKNOWN: Text(en="There is no card of this number.", zh="无此卡号。"),
    Outcome.NOT_ISSUED: Text(
        en="The card was never issued; keep it and tell the card keeper.", zh="该卡未发放，请收回并通知库管员。"
    ),
    Outcome.STOPPED: Text(en="The services of this card were stopped.", zh="该卡服务已停止。"),
    Outcome.LOST: Text(en="The card was reported lost.", zh="该卡已挂失。"),
    Outcome.EXPIRED: Text(en="The card's two years are over; it is void.", zh="该卡已过两年有效期，作废。"),
    Outcome.REPLACED: Text(en="A newer card has replaced this one.", zh="该卡已由新卡替换。"),
    Outcome.OTHER_BRANCH: Text(
        en="A branch-level card is good only in the branch that issued it.", zh="分行级卡仅在发卡分行辖内有效。"
    ),
}

_OUTCOMES = {
    CardStatus.IN_STOCK: Outcome.NOT_ISSUED,
    CardStatus.RESERVED: Outcome.NOT_ISSUED,
    CardStatus.SPOILED: Outcome.NOT_ISSUED,
    CardStatus.DESTROYED: Outcome.NOT_ISSUED,
    CardStatus.STOPPED: Outcome.STOPPED,
    CardStatus.LOST: Outcome.LOST,
    CardStatus.EXPIRED: Outcome.EXPIRED,
    CardStatus.REPLACED: Outcome.REPLACED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What to do with the card; `ask_for_id` is always true for a card that opens anything (CS-27)."""

    outcome: Outcome
    valid_here: bool
    ask_for_id: bool


def accept(card: Card | None, *, branch_code_here: str | None, on: date) -> Acceptance:
    """Head-office cards are good nationwide, branch cards within the first-level branch on their number (CS-35).

    Always with an identity document (CS-27); never past the last day (CS-25) nor when stopped (CS-29).
    """
    outcome = _outcome(card, branch_code_here, on)
    good = outcome is Outcome.ACCEPTED
    return Acceptance(outcome=outcome, valid_here=good, ask_for_id=good)


def _outcome(card: Card | None, branch_code_here: str | None, on: date) -> Outcome:
    if card is None:
        return Outcome.UNKNOWN
    if card.status is not CardStatus.ISSUED:
        return _OUTCOMES[card.status]
    if not card.is_good_on(on):
        return Outcome.EXPIRED
    if card.number.level is CardLevel.HEAD_OFFICE or card.number.branch_code == branch_code_here:
        return Outcome.ACCEPTED
    return Outcome.OTHER_BRANCH
