"""Recognising a client (CR-97, XC-12): two steps for a phone or a name, one for a card or an identity number.

A value alone tells nothing about who it is; five failed factors of one staff member on one value lock that pair.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from chassis.refusals import NotFound, RuleBroken
from chassis.texts import Text

FAILURES_MAX = 5
LOCKED_FOR = timedelta(minutes=15)
LOOKUP_LIVES = timedelta(minutes=15)


class LookupWay(StrEnum):
    """What was asked for."""

    PHONE = "phone"
    NAME = "name"
    CARD_NUMBER = "card_number"
    IDENTITY_NUMBER = "identity_number"


class Matched(StrEnum):
    """How many files fit; a number above one is never told."""

    NONE = "0"
    ONE = "1"
    SEVERAL = "several"


# Who holds the card or the document in his hand needs no second factor.
ONE_STEP = frozenset({LookupWay.CARD_NUMBER, LookupWay.IDENTITY_NUMBER})


class LookupGone(NotFound):
    """No such look-up of this caller, or it is too old."""

    code = "lookup.gone"
    text = Text(en="This look-up is not known or has ended; look up again.", zh="查询不存在或已失效，请重新查询。")


class NotConfirmed(RuleBroken):
    """The look-up tells how many fit and not yet who it is."""

    code = "recognition.not-confirmed"
    text = Text(
        en="The client has not been recognised yet; confirm the look-up by a factor first.",
        zh="客户身份尚未核实，请先完成身份核对。",
    )


class FactorFailed(RuleBroken):
    """The factor fits no file of the look-up."""

    code = "recognition.factor-failed"
    text = Text(en="The answer does not fit; {left} tries are left.", zh="核对信息不符，还可尝试 {left} 次。")


class RecognitionLocked(RuleBroken):
    """Too many wrong answers of this person on this value."""

    code = "recognition.locked"
    text = Text(
        en="Too many wrong answers; this look-up is locked for you for 15 minutes.",
        zh="核对错误次数过多，15 分钟内您不能再次核对该信息。",
    )


def matched(count: int) -> Matched:
    """None, one or several."""
    return Matched.NONE if count == 0 else Matched.ONE if count == 1 else Matched.SEVERAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failed factors of one staff member on one value."""

    failed: int
    last_at: datetime | None
    locked_until: datetime | None

    def is_locked(self, now: datetime) -> bool:
        """Whether the pair is locked."""
        return self.locked_until is not None and now < self.locked_until

    def another(self, now: datetime) -> Self:
        """One more. The fifth within the window locks; older ones are forgotten."""
        stale = self.last_at is None or now - self.last_at >= LOCKED_FOR or self.locked_until is not None
        failed = 1 if stale else self.failed + 1
        locked_until = now + LOCKED_FOR if failed >= FAILURES_MAX else None
        return replace(self, failed=failed, last_at=now, locked_until=locked_until)

    @property
    def left(self) -> int:
        """Tries left before the lock."""
        return max(FAILURES_MAX - self.failed, 0)
