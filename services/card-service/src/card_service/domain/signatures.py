"""Two signatures on every stock movement: one proposes, another confirms while the proposal is fresh (CS-13, CS-14)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from chassis.refusals import RuleBroken
from chassis.texts import Text

# How long a proposal waits for its second signature.
HELD_FOR = timedelta(days=3)


class HeldStatus(StrEnum):
    """Where a proposed movement stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# Read a row as: from this status, these are the only next ones.
NEXT: dict[HeldStatus, frozenset[HeldStatus]] = {
    HeldStatus.PENDING: frozenset({HeldStatus.CONFIRMED, HeldStatus.EXPIRED, HeldStatus.WITHDRAWN}),
    HeldStatus.CONFIRMED: frozenset(),
    HeldStatus.EXPIRED: frozenset(),
    HeldStatus.WITHDRAWN: frozenset(),
}


class SamePerson(RuleBroken):
    """Both signatures by one person (CS-14, notice 4: 双人签字)."""

    code = "signature.same-person"
    text = Text(en="The second signature must be another person's.", zh="双人签字须由两名不同人员完成。")


class NotPending(RuleBroken):
    """The proposal was confirmed, withdrawn or has run out."""

    code = "signature.not-pending"
    text = Text(en="The proposal no longer waits for a signature.", zh="该申请已不在待复核状态。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Who proposed, who confirmed, and until when the proposal may wait."""

    status: HeldStatus
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    countersigned_by: str | None = None
    countersigned_at: datetime | None = None

    @classmethod
    def opened(cls, by: str, *, at: datetime) -> Self:
        """The first signature."""
        return cls(status=HeldStatus.PENDING, proposed_by=by, proposed_at=at, expires_at=at + HELD_FOR)

    def countersigned(self, by: str, *, at: datetime) -> Self:
        """The second signature (CS-14). Raises `NotPending` when it comes too late and `SamePerson`."""
        self._require(HeldStatus.CONFIRMED)
        if at >= self.expires_at:
            raise NotPending()
        if by == self.proposed_by:
            raise SamePerson()
        return replace(self, status=HeldStatus.CONFIRMED, countersigned_by=by, countersigned_at=at)

    def expired(self) -> Self:
        """Nobody signed in time. Raises `NotPending`."""
        self._require(HeldStatus.EXPIRED)
        return replace(self, status=HeldStatus.EXPIRED)

    def withdrawn(self) -> Self:
        """Taken back before the second signature. Raises `NotPending`."""
        self._require(HeldStatus.WITHDRAWN)
        return replace(self, status=HeldStatus.WITHDRAWN)

    def _require(self, following: HeldStatus) -> None:
        if following not in NEXT[self.status]:
            raise NotPending()
