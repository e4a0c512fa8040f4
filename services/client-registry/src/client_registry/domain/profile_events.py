"""What the registry says of changed client information: which groups, never a value (CR-79; domain decisions, section 4)."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class ClientProfileChanged(Fact):
    """Fields of these information groups changed (CR-76, CR-79); where the birth date did, its month and day."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "profile"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    groups: tuple[str, ...]
    occasion_month_day: str | None
