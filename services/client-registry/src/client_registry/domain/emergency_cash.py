"""Cash within a limit when a card is lost or stolen away from home (CR-91, CCB Art. 25): asked by one, released by another."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text


class CashReason(StrEnum):
    """Why the client cannot pay."""

    CARD_LOST = "card_lost"
    CARD_STOLEN = "card_stolen"


class CashStatus(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    RELEASED = "released"
    REFUSED = "refused"
    EXPIRED = "expired"


# Read a row as: from this status, these are the only next ones.
NEXT = {
    CashStatus.REQUESTED: {CashStatus.RELEASED, CashStatus.REFUSED, CashStatus.EXPIRED},
    CashStatus.RELEASED: set[CashStatus](),
    CashStatus.REFUSED: set[CashStatus](),
    CashStatus.EXPIRED: set[CashStatus](),
}


class NotEntitled(RuleBroken):
    """The client's level does not give emergency cash here."""

    code = "emergency-cash.not-entitled"
    text = Text(en="The client has no emergency cash here: {why}", zh="客户在本机构不享有紧急现金援助：{why}")


class NotAway(RuleBroken):
    """Emergency cash is for clients away from home."""

    code = "emergency-cash.not-away"
    text = Text(
        en="The place lies in the client's home branch; emergency cash is given away from home (CR-91).",
        zh="本机构在客户归属分行辖内，紧急现金援助仅适用于异地（CR-91）。",
    )


class AboveEventLimit(RuleBroken):
    """More than the limit of one event."""

    code = "emergency-cash.above-limit"
    text = Text(
        en="At most {limit} yuan at a time (CR-91, CCB Art. 25).", zh="单次不得超过{limit}元（CR-91，建行办法第25条）。"
    )


class AbovePeriodLimit(RuleBroken):
    """More than the limit of the period, with what was released and what is still asked for."""

    code = "emergency-cash.above-period-limit"
    text = Text(
        en="At most {limit} yuan within {days} days; {left} yuan are left (CR-91).",
        zh="{days}天内累计不得超过{limit}元，剩余额度{left}元（CR-91）。",
    )


class Ended(RuleBroken):
    """It was released, refused, or its time is over."""

    code = "emergency-cash.ended"
    text = Text(en="This request is no longer open.", zh="该申请已办结或已失效。")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashRequest:
    """One request."""

    id: UUID
    client_id: UUID
    unit_id: UUID
    reason: CashReason
    amount: Decimal
    status: CashStatus
    catalogue_version: int
    decision_id: UUID
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    refusal: str | None = None
    version: int = 1

    def become(self, status: CashStatus, *, by: str, at: datetime, refusal: str | None = None) -> Self:
        """Released, refused or expired. Raises Ended, also for a release whose time is over."""
        late = status is CashStatus.RELEASED and at >= self.expires_at
        if status not in NEXT[self.status] or late:
            raise Ended()
        return replace(self, status=status, decided_by=by, decided_at=at, refusal=refusal, version=self.version + 1)


def check_amount(amount: Decimal, *, event_max: Decimal | None, period_max: Decimal, used: Decimal, days: int) -> None:
    """Both limits are inclusive. `used` is what others of the period took or still ask for.

    Raises AboveEventLimit and AbovePeriodLimit.
    """
    if event_max is not None and amount > event_max:
        raise AboveEventLimit(limit=event_max)
    if used + amount > period_max:
        raise AbovePeriodLimit(limit=period_max, days=days, left=max(period_max - used, Decimal(0)))
