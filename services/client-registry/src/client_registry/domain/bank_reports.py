"""What the bank's systems report at once about a client's accounts and risks (CR-51, CR-18, EN-27); never an amount."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS

FIGURES_TOPIC = "bank.figures.v1"
ACCOUNTS_TOPIC = "bank.account-events.v1"
RISKS_TOPIC = "bank.risk-events.v1"


class AccountEventKind(StrEnum):
    """What happened to an account or product."""

    OPENED = "opened"
    MATURED = "matured"
    CLOSED = "closed"
    LARGE_INFLOW = "large_inflow"
    LARGE_OUTFLOW = "large_outflow"
    DORMANT = "dormant"


# These change what is held; the others are put before the manager.
CHANGES_HOLDINGS = frozenset({AccountEventKind.OPENED, AccountEventKind.MATURED, AccountEventKind.CLOSED})


class RiskEventKind(StrEnum):
    """What went wrong."""

    LOAN_OVERDUE = "loan_overdue"
    CARD_OVERDUE = "card_overdue"
    MALICIOUS_OVERDRAFT = "malicious_overdraft"
    CREDIT_RECORD = "credit_record"
    GUARANTEE_DEFAULT = "guarantee_default"
    CURED = "cured"


@dataclass(frozen=True, kw_only=True)
class RiskEventRecorded(Fact):
    """A risk event of a client came in from the bank's systems (CR-18, EN-27)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "risk-event"
    aggregate_id_field: ClassVar[str] = "risk_event_id"
    client_id: UUID
    risk_event_id: UUID
    kind: str
    days_overdue: int | None
    occurred_on: date
