"""What the registry says when somebody stops being a client, comes back, or is erased. Ids, days and codes only."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class RelationshipEnded(Fact):
    """The client has left the bank: the file is only read from now on, and nobody contacts the client any more."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    cause: str
    ended_on: date


@dataclass(frozen=True, kw_only=True)
class RelationshipReopened(Fact):
    """A former client is one again, with the file of then."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    reopened_on: date


@dataclass(frozen=True, kw_only=True)
class ClientErased(Fact):
    """What is kept of the person goes, by kind of record; with the kind `file` nothing of the person is left anywhere."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    kinds: tuple[str, ...]
    cause: str
    erased_on: date
