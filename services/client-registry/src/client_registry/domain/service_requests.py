"""A client states a need: the queue by priority, and ten minutes to respond (CR-26, CR-101; BOC-S Art. 27, 28(3))."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from client_registry.domain.service_rules import PriorityRules

CLOCK = Text(
    en="Respond within {minutes} minutes of the need being stated; private, wealth and corporate VIP clients (CR-101, "
    "BOC-S Art. 28(3)).",
    zh="私人银行、财富及公司贵宾客户提出需求后{minutes}分钟内响应（CR-101，中行办法第28条第3款）。",
)


class Need(StrEnum):
    """What the client came for."""

    COUNTER = "counter"
    LOAN = "loan"
    WEALTH_PRODUCT = "wealth_product"
    CARD = "card"
    ADVICE = "advice"
    COMPLAINT = "complaint"
    OTHER = "other"


class AlreadyResponded(RuleBroken):
    """Somebody responded before."""

    code = "service-request.responded"
    text = Text(en="Somebody has responded to this request.", zh="该需求已有人响应。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """One need. `priority` 1 comes first; `due_at` is None where no clock runs."""

    id: UUID
    client_id: UUID
    unit_id: UUID
    need: Need
    priority: int
    service_tier: str
    card_level: str
    stated_at: datetime
    due_at: datetime | None
    taken_by: str
    catalogue_version: int
    responded_by: str | None = None
    responded_at: datetime | None = None
    escalated_at: datetime | None = None
    version: int = 1

    def respond(self, *, by: str, at: datetime) -> Self:
        """Somebody turned to the client. Raises AlreadyResponded."""
        if self.responded_at is not None:
            raise AlreadyResponded()
        return replace(self, responded_by=by, responded_at=at, version=self.version + 1)

    def is_late(self, now: datetime) -> bool:
        """Whether the response came, or still stays away, after the clock's end."""
        return self.due_at is not None and (self.responded_at or now) > self.due_at


def due_at(rules: PriorityRules, *, service_tier: str, stated_at: datetime) -> datetime | None:
    """The clock's end, for the tiers that have one."""
    return stated_at + rules.response_within if service_tier in rules.clock_tiers else None
