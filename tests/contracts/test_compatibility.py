"""What has landed is a promise: a change may add to it and may not break it."""

import copy
import json
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from .compatibility import ROOT, breaks_of_api, breaks_of_event, landed

BASE: dict[str, Any] = {
    "paths": {
        "/v1/cards": {
            "post": {
                "operationId": "issueCard",
                "parameters": [{"in": "query", "name": "level", "schema": {"$ref": "#/components/schemas/Level"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Issue"}}}},
                "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Card"}}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "Level": {"type": "string", "enum": ["branch", "head_office"]},
            "Issue": {
                "type": "object", "additionalProperties": False, "required": ["level"],
                "properties": {"level": {"type": "string", "enum": ["branch", "head_office"]}},
            },
            "Card": {
                "type": "object", "required": ["card_number", "level"],
                "properties": {"card_number": {"type": "string"}, "level": {"type": "string", "enum": ["branch"]}},
            },
        }
    },
}  # fmt: skip
Change = Callable[[dict[str, Any]], object]


def _operation(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/v1/cards"]["post"]
    return found


def _schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(BASE)
    change(document)
    return document


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"].clear(),
        lambda d: _operation(d).update(operationId="makeCard"),
        lambda d: _operation(d)["parameters"].clear(),
        lambda d: _operation(d)["parameters"].append({"in": "query", "name": "x", "required": True, "schema": {}}),
        lambda d: _schema(d, "Level")["enum"].pop(),
        lambda d: _operation(d)["requestBody"].update(required=True),
        lambda d: _operation(d)["responses"].clear(),
        lambda d: _schema(d, "Issue")["properties"]["level"]["enum"].pop(),
        lambda d: _schema(d, "Issue").update(required=["level", "reason"], properties={
            "level": {"type": "string"}, "reason": {"type": "string"}}),
        lambda d: _schema(d, "Card")["properties"].pop("card_number") and _schema(d, "Card")["required"].pop(0),
        lambda d: _schema(d, "Card")["properties"]["card_number"].update(type="integer"),
        lambda d: _schema(d, "Card")["required"].pop(),
    ],
)  # fmt: skip
def test_a_breaking_change_of_an_interface_is_noticed(change: Change) -> None:
    assert list(breaks_of_api(BASE, changed(change)))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: None,
        lambda d: d["paths"].update({"/v1/stock": {}}),
        lambda d: _operation(d).update(summary="other words", **{"x-roles": ["card_keeper"]}),
        lambda d: _operation(d)["parameters"].append({"in": "query", "name": "x", "schema": {"type": "string"}}),
        lambda d: _schema(d, "Issue")["properties"].update(reason={"type": "string"}),
        lambda d: _schema(d, "Card")["properties"].update(face={"type": "string"}),
        lambda d: _schema(d, "Card")["properties"]["level"]["enum"].append("head_office"),
        lambda d: _schema(d, "Card").update(description="other words", title="Other"),
    ],
)
def test_a_change_that_only_adds_is_let_through(change: Change) -> None:
    assert not list(breaks_of_api(BASE, changed(change)))


@pytest.mark.parametrize(
    ("new", "breaks"),
    [
        ({"a": {"type": "string"}, "b": {"enum": ["x", "y"]}, "c": {"type": "string"}}, False),
        ({"a": {"type": "string", "description": "other"}, "b": {"enum": ["x"]}}, False),
        ({"a": {"type": "string"}}, True),
        ({"a": {"type": "integer"}, "b": {"enum": ["x", "y"]}}, True),
        ({"a": {"type": ["string", "null"]}, "b": {"enum": ["x", "y"]}}, True),
        ({"a": {"type": "string"}, "b": {"enum": ["x", "y", "z"]}}, True),
    ],
)
def test_an_event_may_gain_an_optional_field_and_nothing_else(new: dict[str, Any], breaks: bool) -> None:
    old = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"enum": ["x", "y"]}}, "required": ["a", "b"]}
    required = sorted({"a", "b"} & set(new))
    assert bool(list(breaks_of_event(old, {"type": "object", "properties": new, "required": required}))) is breaks


def _compared(folder: str, kind: str, breaks: Callable[[Any, Any], Any]) -> list[str]:
    found = []
    earlier = {path: document for path, document in landed(folder).items() if path.endswith(kind)}
    if not earlier:
        warnings.warn(f"no earlier contract below {folder}: nothing to compare with", NothingLanded, stacklevel=2)
    for path, old in earlier.items():
        now = ROOT / path
        if not now.exists():
            found.append(f"{path}: gone; a version is kept until nobody reads it")
        else:
            found += [f"{path}: {what}" for what in breaks(old, json.loads(now.read_text(encoding="utf-8")))]
    return found


class NothingLanded(UserWarning):
    """There is no earlier contract; said, and passed."""


@pytest.mark.filterwarnings("default::UserWarning")
def test_no_event_breaks_what_has_landed() -> None:
    assert not _compared("contracts/events", ".schema.json", breaks_of_event), "write a new version beside the old one"


@pytest.mark.filterwarnings("default::UserWarning")
def test_no_interface_breaks_what_has_landed() -> None:
    assert not _compared("contracts/openapi", ".json", breaks_of_api), "add /v2 beside /v1, with Deprecation and Sunset"
