"""What the registry says: never a name, contact way, identity number or balance (domain decisions, section 4)."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

CLIENTS = "vip.clients.v1"
ORGANISATION = "vip.organisation.v1"


@dataclass(frozen=True, kw_only=True)
class OrgUnitChanged(Fact):
    """A unit is new, was moved, renamed or closed."""

    topic: ClassVar[str] = ORGANISATION
    aggregate: ClassVar[str] = "unit"
    aggregate_id_field: ClassVar[str] = "unit_id"
    key_field: ClassVar[str] = "unit_id"
    unit_id: UUID
    parent_id: UUID | None
    kind: str
    code: str
    path: str
    name_zh: str
    name_en: str
    branch_code: str | None
    active: bool
    service_institution: str | None = None
    merged_into_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class StaffPosted(Fact):
    """A posting began, or got its end (`until_on`, the last day that counts)."""

    topic: ClassVar[str] = ORGANISATION
    aggregate: ClassVar[str] = "staff"
    aggregate_id_field: ClassVar[str] = "staff_id"
    key_field: ClassVar[str] = "staff_id"
    staff_id: UUID
    subject: str
    unit_id: UUID
    role: str
    reach: str
    from_on: date
    until_on: date | None


@dataclass(frozen=True, kw_only=True)
class WorkingCalendarPublished(Fact):
    """A new version of the working calendar; it replaces the earlier one whole."""

    topic: ClassVar[str] = ORGANISATION
    aggregate: ClassVar[str] = "calendar"
    aggregate_id_field: ClassVar[str] = "calendar"
    calendar: str
    calendar_version: int
    off_days: tuple[date, ...]
    work_days: tuple[date, ...]
    noticed_years: tuple[int, ...]

    def partition_key(self) -> str:
        """One fixed key: versions stay in order for everybody."""
        return "calendar"


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Fact):
    """A client file exists; the first tier stands here."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    client_no: str
    kind: str
    home_unit_id: UUID
    serving_unit_ids: tuple[UUID, ...]
    manager: str | None
    service_tier: str
    card_level: str
    asset_band: str | None
    synthetic: bool
    registered_on: date


@dataclass(frozen=True, kw_only=True)
class ClientMoved(Fact):
    """The file is kept elsewhere, or other outlets serve the client (CR-39)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    home_unit_id: UUID
    serving_unit_ids: tuple[UUID, ...]
    moved_on: date


@dataclass(frozen=True, kw_only=True)
class ClientQualified(Fact):
    """The client meets the standard of a level (CR-16); whether he joins is his choice (CR-3)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    level: str
    criteria: tuple[str, ...]
    decision_id: UUID
    policy_version: str
    as_of: date


@dataclass(frozen=True, kw_only=True)
class ClientEnrolled(Fact):
    """The client chose to join (CR-3)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    level: str
    membership_id: UUID
    decision_id: UUID
    channel: str
    enrolled_on: date


@dataclass(frozen=True, kw_only=True)
class ClientUpgraded(Fact):
    """Card level or service tier went up."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    card_level_from: str
    card_level_to: str
    service_tier_from: str
    service_tier_to: str
    cause: str
    decision_id: UUID
    policy_version: str
    home_unit_id: UUID
    effective_on: date


@dataclass(frozen=True, kw_only=True)
class ClientDowngraded(Fact):
    """Card level or service tier came down."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    card_level_from: str
    card_level_to: str
    service_tier_from: str
    service_tier_to: str
    cause: str
    decision_id: UUID
    policy_version: str
    home_unit_id: UUID
    effective_on: date


@dataclass(frozen=True, kw_only=True)
class HoldingsChanged(Fact):
    """The asset band moved (CR-25), or what is held (CR-51); bands, products, dates and yields, never the balance."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    asset_band: str
    lower_bound: bool
    products: tuple[str, ...]
    as_of: date
    # [{"product_code", "kind", "opened_on", "matures_on", "yield_percent"}]
    holdings: tuple[dict[str, str | None], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConsentChanged(Fact):
    """What the client allows, and his contact ways in his own order (CR-58, CR-66 to CR-68)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "consent"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    marketing: bool
    events: bool
    channels: tuple[str, ...]
    wished_interval: str | None


@dataclass(frozen=True, kw_only=True)
class RelationshipManagerAssigned(Fact):
    """The client has this manager from that day on (CR-43, CR-44)."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    manager: str
    unit_id: UUID
    from_on: date


@dataclass(frozen=True, kw_only=True)
class QualificationRevoked(Fact):
    """The qualification was cancelled for cause (CR-18); services stop at once."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    decision_id: UUID
    cause: str
    effective_on: date
