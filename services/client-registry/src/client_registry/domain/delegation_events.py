"""What the registry says of people who stand in for others."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import ORGANISATION


@dataclass(frozen=True, kw_only=True)
class DelegationChanged(Fact):
    """Somebody stands in for an absent person at a post, or does so no longer (`until_at`)."""

    topic: ClassVar[str] = ORGANISATION
    aggregate: ClassVar[str] = "delegation"
    aggregate_id_field: ClassVar[str] = "delegation_id"
    key_field: ClassVar[str] = "staff_id"
    delegation_id: UUID
    staff_id: UUID
    subject: str
    stand_in: str
    unit_id: UUID
    role: str
    reach: str
    from_at: datetime
    until_at: datetime
