"""What the registry says about a client's standing: leaving, re-verification, a fall foreseen, the classes."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class MembershipEnded(Fact):
    """The client is no member any more (CR-3): the one event that stops the card after leaving."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    membership_id: UUID
    level: str
    cause: str
    decision_id: UUID
    ended_on: date


@dataclass(frozen=True, kw_only=True)
class ClientReverified(Fact):
    """The client was verified again with the figures of the moment (CR-17); `level` is what holds from now on."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    passed: bool
    level_before: str
    level: str
    reasons: tuple[str, ...]
    home_unit_id: UUID
    decision_id: UUID
    verified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One criterion of the standard and how much is missing, in whole percent of its bound; never an amount."""

    criterion: str
    metric: str
    missing_percent: int


@dataclass(frozen=True, kw_only=True)
class DowngradeForeseen(Fact):
    """A level will come down on a day unless something is done before (A5)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    attribute: str
    level_from: str
    level_to: str
    cause: str
    days_left: int
    falls_on: date
    shortfalls: tuple[Shortfall, ...]
    decision_id: UUID


@dataclass(frozen=True, kw_only=True)
class ClientClassified(Fact):
    """Value, risk and needs of a client by the classification model (CR-28 to CR-32)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    value_class: str
    risk_class: str
    needs: tuple[str, ...]
    model_version: int
    classified_on: date
