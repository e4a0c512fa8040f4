"""Reviews: a filed qualification whose figures were corrected is never reversed silently (domain decisions, section 8)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text


class ReviewResult(StrEnum):
    """What becomes of the filing: it stands, it is to be revoked (by its own act), or the correction itself was wrong."""

    STANDS = "stands"
    TO_BE_REVOKED = "to_be_revoked"
    FIGURES_WRONG = "figures_wrong"


class ReviewClosed(RuleBroken):
    """Somebody has closed it already."""

    code = "review.closed"
    text = Text(en="This review is already closed.", zh="该复核已办结。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One filed level of one client under review."""

    id: UUID
    client_id: UUID
    level: str
    status: str
    result: str | None
    closed_at: datetime | None
    closed_by: str | None
    version: int

    def close(self, result: ReviewResult, *, by: str, at: datetime) -> Self:
        """Closed with a result, once. Raises ReviewClosed."""
        if self.status == "closed":
            raise ReviewClosed()
        return replace(self, status="closed", result=result.value, closed_by=by, closed_at=at, version=self.version + 1)
