"""What is taken down when a client comes with something (CM-1, CM-4, CM-6)."""

from dataclasses import dataclass
from uuid import UUID

from complaint_service.domain.vocabulary import Channel, ComplaintType, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The taker's record. `first_receiver` is the employee whom the client addressed; without one it is the taker."""

    kind: Kind
    complaint_type: ComplaintType | None
    channel: Channel
    client_id: UUID | None
    about_unit_id: UUID | None
    subject: str
    text: str
    first_receiver: str | None
