"""What a service says and hears, as an AsyncAPI 3 document; the schemas themselves stand in contracts/events."""

from typing import Any

from chassis.events import Fact, dataschema, event_type
from chassis.hearing import Hears
from chassis.texts import Language, Text


def asyncapi(*, title: Text, name: str, package: str, hears: Hears | None, language: Language) -> dict[str, Any]:
    """The document of one service: `package` is the Python package whose facts it says."""
    said = sorted((fact for fact in _facts(Fact) if fact.__module__.split(".")[0] == package), key=event_type)
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for fact in said:
        _channel(channels, fact.topic)["messages"][event_type(fact)] = _ref(event_type(fact))
        messages[event_type(fact)] = _message(fact, event_type(fact))
    for topic in sorted({fact.topic for fact in said}):
        operations[f"say {topic}"] = {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}}
    for topic in hears.topics if hears is not None else ():
        _channel(channels, topic)
        operations[f"hear {topic}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{topic}"},
            "x-hears": sorted(hears.hearers) if hears is not None else [],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title.say(language), "version": "1.0", "x-service": name},
        "defaultContentType": "application/cloudevents+json",
        "channels": dict(sorted(channels.items())),
        "operations": operations,
        "components": {"messages": messages},
    }


def _channel(channels: dict[str, Any], topic: str) -> dict[str, Any]:
    found: dict[str, Any] = channels.setdefault(topic, {"address": topic, "messages": {}})
    return found


def _ref(message: str) -> dict[str, str]:
    return {"$ref": f"#/components/messages/{message}"}


def _message(fact: type[Fact], name: str) -> dict[str, Any]:
    return {
        "name": name,
        "contentType": "application/cloudevents+json",
        "description": (fact.__doc__ or "").strip(),
        "x-key": fact.key_field,
        "x-aggregate": fact.aggregate,
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "time", "data"],
            "properties": {
                "type": {"const": name},
                "data": {"$ref": f"../events/{dataschema(name, fact.schema_version)}"},
            },
        },
    }


def _facts(kind: type[Fact]) -> list[type[Fact]]:
    return [found for below in kind.__subclasses__() for found in (below, *_facts(below))]
