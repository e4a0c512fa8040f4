"""Facts: what happened, said in the past tense. Pure; how a fact travels is the outbox's and the relay's business."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from chassis.json_values import json_ready

_NOT_DATA = frozenset({"at", "version"})


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A said event; its class name is the event's type. Subclasses are frozen, keyword-only dataclasses.

    `topic`, `aggregate` and `aggregate_id_field` are set by each subclass; `key_field` names the field that keeps
    order on the broker. Never put names, contact ways, identity numbers or balances into a fact.
    """

    topic: ClassVar[str]
    aggregate: ClassVar[str]
    aggregate_id_field: ClassVar[str]
    key_field: ClassVar[str] = "client_id"
    schema_version: ClassVar[int] = 1

    at: datetime
    version: int

    def data(self) -> dict[str, Any]:
        """All fields but `at` and `version`, JSON-ready: the event's `data`."""
        return {
            field.name: json_ready(getattr(self, field.name)) for field in fields(self) if field.name not in _NOT_DATA
        }

    def aggregate_key(self) -> str:
        """The id of the aggregate whose `version` this is."""
        return str(getattr(self, self.aggregate_id_field))

    def partition_key(self) -> str:
        """The value of `key_field`; where that is None (a case without a client), the aggregate's own id.

        A fact with a fixed key (the calendar) overrides this.
        """
        value = getattr(self, self.key_field)
        return self.aggregate_key() if value is None else str(value)


def event_type(fact: type[Fact] | Fact) -> str:
    """`ClientUpgraded`: the class name is the type on the wire."""
    return (fact if isinstance(fact, type) else type(fact)).__name__


def dataschema(type_name: str, schema_version: int) -> str:
    """The file in contracts/events that describes the data: `ClientUpgraded.v1.schema.json`."""
    return f"{type_name}.v{schema_version}.schema.json"
