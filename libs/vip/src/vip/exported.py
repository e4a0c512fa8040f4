"""The contracts as the code speaks them: OpenAPI in two languages, what services ask each other, AsyncAPI.

Services are imported by name here and nowhere else: this is a tool of the workspace, no part of any process.
"""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chassis.assembly import Service, openapi
from chassis.events import Fact, event_type
from chassis.texts import Language

from vip.places import SERVICES


def _service(module: str) -> Service:
    found = importlib.import_module(f"{module}.app").SERVICE
    if not isinstance(found, Service):
        raise TypeError(f"{module}.app.SERVICE is no chassis.assembly.Service")
    return found


def _facts(module: str) -> list[type[Fact]]:
    importlib.import_module(f"{module}.domain.events")
    own = [fact for fact in _below(Fact) if fact.__module__.startswith(f"{module}.")]
    return sorted((fact for fact in own if hasattr(fact, "topic")), key=event_type)


def _below(kind: type[Fact]) -> Iterator[type[Fact]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def asyncapi(service: Service, module: str, events: Path) -> dict[str, Any]:
    """What the service says and hears, as AsyncAPI 3; the schemas are those of contracts/events."""
    said = {event_type(fact): fact.schema_version for fact in _facts(module)}
    heard = {name: 1 for name in (service.hears.hearers if service.hears else {})}
    topics = {name: _topic(events, name, version) for name, version in {**heard, **said}.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": service.name, "version": service.version},
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            topic: {
                "address": topic,
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in sorted(topics) if topics[name] == topic
                },
            }
            for topic in sorted(set(topics.values()))
        },
        "operations": {
            **{f"say{name}": _operation("send", name, topics[name]) for name in sorted(said)},
            **{f"hear{name}": _operation("receive", name, topics[name]) for name in sorted(heard)},
        },
        "components": {
            "messages": {
                name: {
                    "name": name,
                    "contentType": "application/cloudevents+json",
                    "payload": {"$ref": f"../events/{name}.v{version}.schema.json"},
                }
                for name, version in sorted({**heard, **said}.items())
            }
        },
    }


def _topic(events: Path, name: str, version: int) -> str:
    schema = json.loads((events / f"{name}.v{version}.schema.json").read_text(encoding="utf-8"))
    return str(schema["x-topic"])


def _operation(action: str, name: str, topic: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"}],
    }


def documents(contracts: Path) -> dict[Path, dict[str, Any]]:
    """Every generated document of contracts/, by its path below it."""
    found: dict[Path, dict[str, Any]] = {}
    for name, module in SERVICES.items():
        service = _service(module)
        found[Path("openapi") / f"{name}.json"] = openapi(service, Language.EN)
        found[Path("openapi") / f"{name}.zh-CN.json"] = openapi(service, Language.ZH)
        found[Path("openapi") / "internal" / f"{name}.json"] = openapi(service, Language.EN, internal=True)
        found[Path("asyncapi") / f"{name}.json"] = asyncapi(service, module, contracts / "events")
    return found


def as_text(document: dict[str, Any]) -> str:
    """The bytes that stand in contracts/: indented, readable in both languages, ending in a line break."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
