"""Meetings with a client as they are answered: each field that was obtained with its source of today, never its content."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx

from client_registry.store import client_meetings as store


@dataclass(frozen=True, slots=True, kw_only=True)
class ObtainedField:
    """A field, and where what stands in it today comes from; nulls where it was cleared from the file since."""

    field: str
    source: str | None
    collector: str | None
    collected_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOnFile:
    """One meeting."""

    meeting_id: UUID
    client_id: UUID
    met_on: date
    collector: str
    recorded_at: datetime
    fields: list[ObtainedField]


async def meetings_of(tx: Tx, client_id: UUID, *, before: UUID | None, size: int) -> list[MeetingOnFile]:
    """The newest record first, of a file in scope."""
    sources = await store.sources_of(tx, client_id)
    found = []
    for row in await store.list_of(tx, client_id, before=before, size=size):
        fields = []
        for field in row["fields"]:
            kept = sources.get(field)
            fields.append(
                ObtainedField(
                    field=field,
                    source=None if kept is None else kept["source"],
                    collector=None if kept is None else kept["collector"],
                    collected_at=None if kept is None else kept["collected_at"],
                )
            )
        found.append(
            MeetingOnFile(
                meeting_id=row["id"],
                client_id=row["client_id"],
                met_on=row["met_on"],
                collector=row["collector"],
                recorded_at=row["recorded_at"],
                fields=fields,
            )
        )
    return found
