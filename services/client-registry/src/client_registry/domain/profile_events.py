"""What the registry says of changed client information: which groups, never a value (CR-79; domain decisions, section 4)."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class FamilyOccasion:
    """A date of the client's family that comes back every year: month and day, never the year, never a name (CR-48)."""

    occasion_id: UUID
    kind: str
    relation: str
    month_day: str
    lunar: bool
    leap_month: bool


@dataclass(frozen=True, kw_only=True)
class ClientProfileChanged(Fact):
    """Fields of these information groups changed (CR-76, CR-79); where the birth date did, its month and day.

    `family_occasions` is the whole list as it now stands and comes with `family_version`, which grows by one each time;
    both are None where the family's dates did not change. `potential` says whether the client is one to be developed
    (CR-24, CR-52), None where that did not change.
    """

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "profile"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    groups: tuple[str, ...]
    occasion_month_day: str | None
    family_occasions: tuple[FamilyOccasion, ...] | None = None
    family_version: int | None = None
    potential: bool | None = None
