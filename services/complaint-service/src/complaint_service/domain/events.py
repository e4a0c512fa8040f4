"""What this service says. Ids, codes and instants only; never a text, a name or a way to reach somebody."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from complaint_service.domain.vocabulary import (
    Channel,
    ClosedBecause,
    ComplaintType,
    Kind,
    Outcome,
    ServiceTier,
)

COMPLAINTS = "vip.complaints.v1"


@dataclass(frozen=True, kw_only=True)
class OfCase:
    """What every fact of ours has; its key is the client, or the case where there is no client."""

    topic: ClassVar[str] = COMPLAINTS
    aggregate: ClassVar[str] = "case"
    aggregate_id_field: ClassVar[str] = "case_id"

    case_id: UUID
    client_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ComplaintOpened(OfCase, Fact):
    """A case was taken in and routed."""

    case_no: str
    kind: Kind
    complaint_type: ComplaintType | None
    channel: Channel
    tier_snapshot: ServiceTier | None
    routed_role: str
    routed_unit_id: UUID | None
    answer_due_at: datetime
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class ComplaintAssigned(OfCase, Fact):
    """A person has the case now: at opening, by a re-route, or for a new round."""

    handler: str
    role: str
    unit_id: UUID
    cause: str
    assigned_at: datetime


@dataclass(frozen=True, kw_only=True)
class ComplaintAnswered(OfCase, Fact):
    """The client has received the handling opinion; the quiet window runs from its delivery (CM-26, A10)."""

    kind: Kind
    round: int
    outcome: Outcome
    opinion_delivered_at: datetime
    quiet_until: datetime
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class ComplaintClosed(OfCase, Fact):
    """The case is closed."""

    kind: Kind
    because: ClosedBecause
    rounds: int
    closed_at: datetime


@dataclass(frozen=True, kw_only=True)
class ComplaintReopened(OfCase, Fact):
    """The client complained again inside the window: a new round with another handler (CM-27)."""

    kind: Kind
    round: int
    answer_due_at: datetime
    reopened_at: datetime


@dataclass(frozen=True, kw_only=True)
class ComplaintEscalated(OfCase, Fact):
    """A case was reported to the handler's superior: a clock was breached, or its route demands it."""

    cause: str
    clock: str | None
    due_at: datetime | None
    from_role: str
    to_role: str
    to_unit_id: UUID | None
    to_subject: str | None
    escalated_at: datetime
