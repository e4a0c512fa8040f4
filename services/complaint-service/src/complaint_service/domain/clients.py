"""What this service knows of a client: ids and tiers, never a name."""

from dataclasses import dataclass
from uuid import UUID

from complaint_service.domain.vocabulary import ServiceTier


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Our copy of a client."""

    id: UUID
    service_tier: ServiceTier
    home_unit_id: UUID
    serving_unit_ids: tuple[UUID, ...]
    manager: str | None
