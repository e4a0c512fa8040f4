"""Facts this service says. Never names, contact ways or what was talked about."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

ENGAGEMENTS = "vip.engagements.v1"
CLIENTS = "vip.clients.v1"
COMPLAINTS = "vip.complaints.v1"
CARDS = "vip.cards.v1"
ORGANISATION = "vip.organisation.v1"


@dataclass(frozen=True, kw_only=True)
class ContactCompleted(Fact):
    """A contact took place and was written into the memo (EN-12); the next one is planned (EN-13)."""

    topic: ClassVar[str] = ENGAGEMENTS
    aggregate: ClassVar[str] = "relationship"
    aggregate_id_field: ClassVar[str] = "client_id"

    client_id: UUID
    contact_id: UUID
    direction: str
    channel: str
    reason: str
    reached: bool
    next_due_on: date | None


@dataclass(frozen=True, kw_only=True)
class ContactMissed(Fact):
    """The latest day of a planned contact passed without one."""

    topic: ClassVar[str] = ENGAGEMENTS
    aggregate: ClassVar[str] = "relationship"
    aggregate_id_field: ClassVar[str] = "client_id"

    client_id: UUID
    latest_on: date
    rule: str
    manager: str | None
