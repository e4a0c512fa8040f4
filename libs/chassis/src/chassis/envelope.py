"""CloudEvents 1.0 in structured JSON: how a fact looks on the broker, and how one is read back. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from chassis.events import dataschema
from chassis.json_values import dumps

CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"


class Unreadable(Exception):
    """The message is no CloudEvent of ours: no JSON, or an attribute is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a listener needs of an event before it looks at the data."""

    event_id: UUID
    type: str
    aggregate_id: str
    aggregate_version: int
    occurred_at: datetime
    traceparent: str | None
    data: dict[str, Any]


class Row(Protocol):
    """An outbox row: values by column name."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it goes to the broker."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def write(row: Row, *, service: str) -> Message:
    """An outbox row as a message. `row["data"]` is the JSON text as PostgreSQL holds it, so that nobody parses it
    twice; the attributes are mirrored as `ce_` headers for those who route without reading."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(row["event_id"]),
        "source": f"/vip/{service}",
        "type": row["type"],
        "subject": row["aggregate_id"],
        "time": row["occurred_at"].isoformat(),
        "datacontenttype": "application/json",
        "dataschema": dataschema(row["type"], row["schema_version"]),
        "partitionkey": row["key"],
        "aggregateversion": row["aggregate_version"],
    }
    if row["traceparent"] is not None:
        attributes["traceparent"] = row["traceparent"]
    headers = [(f"ce_{name}", str(value).encode()) for name, value in attributes.items() if name != "datacontenttype"]
    return Message(
        topic=row["topic"],
        key=row["key"].encode(),
        value=f'{dumps(attributes)[:-1]},"data":{row["data"]}}}'.encode(),
        headers=[("content-type", CONTENT_TYPE), *headers],
    )


def read(value: bytes | None) -> Envelope:
    """The event in a message; Unreadable when it is none."""
    try:
        event = json.loads(value or b"")
        return Envelope(
            event_id=UUID(event["id"]),
            type=_text(event["type"]),
            aggregate_id=_text(event.get("subject", "")),
            aggregate_version=int(event.get("aggregateversion", 0)),
            occurred_at=datetime.fromisoformat(event["time"]),
            traceparent=event.get("traceparent"),
            data=_mapping(event["data"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise Unreadable(type(wrong).__name__) from wrong


def type_in_headers(headers: object) -> str | None:
    """The event's type without reading its body, where the sender mirrored it."""
    if isinstance(headers, list | tuple):
        for name, value in headers:
            if name == "ce_type":
                return bytes(value).decode(errors="replace")
    return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("object expected")
    return value
