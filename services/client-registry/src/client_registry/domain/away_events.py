"""What the registry says about service away from home: codes, ids and instants, never what was said or done."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class AwayServiceRecorded(Fact):
    """A client was served by a unit that does not keep the file (CR-99, BOC-S Art. 28(4))."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "away_service"
    aggregate_id_field: ClassVar[str] = "away_service_id"
    key_field: ClassVar[str] = "client_id"
    away_service_id: UUID
    client_id: UUID
    unit_id: UUID
    home_unit_id: UUID
    manager: str | None
    service_tier: str
    product_codes: tuple[str, ...]
    card_shown: bool
    served_at: datetime
    follow_up_due_at: datetime | None
    report_due_at: datetime | None
