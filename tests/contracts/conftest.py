"""The four services as they describe themselves, and the contracts as they are committed."""

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from chassis.assembly import Service
from chassis.events import Fact, event_type
from vip.places import SERVICES

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
EVENTS = CONTRACTS / "events"


@cache
def services() -> dict[str, Service]:
    return {name: importlib.import_module(f"{package}.app").SERVICE for name, package in SERVICES.items()}


def _below(kind: type[Fact]) -> list[type[Fact]]:
    return [found for one in kind.__subclasses__() for found in (one, *_below(one))]


@cache
def facts() -> dict[str, type[Fact]]:
    """Every fact that a service says, by its type on the wire."""
    services()
    packages = set(SERVICES.values())
    return {event_type(fact): fact for fact in _below(Fact) if fact.__module__.split(".")[0] in packages}


@cache
def schema(type_name: str, version: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{type_name}.v{version}.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def example(type_name: str, version: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{type_name}.v{version}.example.json").read_text(encoding="utf-8"))
    return found
