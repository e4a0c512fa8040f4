"""What the registry says when two files turn out to be one person's."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class ClientsMerged(Fact):
    """One file went into another, or (`reversed`) came out of it again.

    Said twice: under the surviving client, and once more under the merged one, behind everything said of that one before.
    """

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    surviving_client_id: UUID
    merged_client_id: UUID
    merger_id: UUID
    reversed: bool
    effective_on: date
