"""Producers say what the schemas promise, consumers understand the examples, and nobody's data travels."""

import dataclasses
import itertools
import re
import types
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from chassis.envelope import read
from chassis.events import Fact, dataschema
from chassis.json_values import dumps, json_ready
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter

from .conftest import EVENTS, example, facts, schema, services

# A word of a property's name that would carry a person's data or a secret. A VIP card number is a business number.
PERSONAL = frozenset(
    {
        "pan",
        "cvv",
        "cvc",
        "pin",
        "passport",
        "phone",
        "mobile",
        "telephone",
        "name",
        "surname",
        "email",
        "fax",
        "address",
        "birthday",
        "birth",
        "identity",
        "id_number",
        "idno",
        "balance",
        "amount",
        "salary",
        "password",
        "account",
        "employer",
        "wechat",
    }
)
ALLOWED = frozenset({"card_number", "name_zh", "name_en"})

TYPES = sorted(facts())
HEARD = sorted(
    (service, hearer)
    for service, made in services().items()
    for hearer in (made.hears.hearers if made.hears is not None else ())
)


def validator(definition: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(definition)
    return Draft202012Validator(definition, format_checker=FormatChecker())


@pytest.mark.parametrize("type_name", TYPES)
def test_a_fact_and_its_schema_have_the_same_fields(type_name: str) -> None:
    fact = facts()[type_name]
    fields = {field.name for field in dataclasses.fields(fact)} - {"at", "version"}
    written = schema(type_name, fact.schema_version)
    assert set(written["properties"]) == fields
    assert set(written.get("required", ())) <= fields
    assert written["$id"] == dataschema(type_name, fact.schema_version)
    assert written["x-topic"] == fact.topic


@pytest.mark.parametrize("type_name", TYPES)
def test_the_example_is_a_cloud_event_that_the_fact_says_word_for_word(type_name: str) -> None:
    fact_type = facts()[type_name]
    event = example(type_name, fact_type.schema_version)
    message = KafkaMessage(
        headers={"content-type": b"application/cloudevents+json"}, key=None, value=dumps(event).encode()
    )
    parsed = from_structured_event(message)
    assert parsed.get_type() == type_name
    assert event["dataschema"] == dataschema(type_name, fact_type.schema_version)
    given = {**event["data"], "at": event["time"], "version": event["aggregateversion"]}
    fact: Fact = TypeAdapter(fact_type).validate_python(given)
    assert json_ready(fact.data()) == event["data"]
    assert fact.partition_key() == event["partitionkey"]
    assert fact.aggregate_key() == event["subject"]
    assert not list(validator(schema(type_name, fact_type.schema_version)).iter_errors(fact.data()))


@pytest.mark.parametrize("type_name", TYPES)
def test_every_value_a_fact_may_have_is_valid_by_its_schema(type_name: str) -> None:
    fact_type = facts()[type_name]
    properties = schema(type_name, fact_type.schema_version)["properties"]
    for name, hint in typing.get_type_hints(fact_type).items():
        if name in properties and typing.get_origin(hint) is not typing.ClassVar:
            for value in _values(hint):
                errors = list(validator(properties[name]).iter_errors(json_ready(value)))
                assert not errors, f"{type_name}.{name} = {value!r}: {errors[0].message}"


def _values(hint: Any) -> Iterator[Any]:
    """Every value of a closed kind (enums, literals, None, bool), one of an open one; free text has no own rule."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        yield from itertools.chain.from_iterable(_values(one) for one in arguments)
    elif origin is typing.Literal:
        yield from arguments
    elif origin in {tuple, list, set, frozenset}:
        yield []
        yield from ([value] for value in _values(arguments[0]))
    elif hint in {type(None), None}:
        yield None
    elif isinstance(hint, type) and issubclass(hint, Enum):
        yield from hint
    else:
        single = {
            UUID: UUID(int=1), bool: True, datetime: datetime(2026, 11, 22, tzinfo=UTC), typing.Any: None,
        }  # fmt: skip
        if hint in single and hint is not typing.Any:
            yield single[hint]


@pytest.mark.parametrize(("service", "type_name"), HEARD)
def test_a_consumer_understands_the_producers_example(service: str, type_name: str) -> None:
    hears = services()[service].hears
    assert hears is not None
    event = example(type_name)
    envelope = read(dumps(event).encode())
    head = {
        "event_id": envelope.event_id,
        "occurred_at": envelope.occurred_at,
        "aggregate_version": envelope.aggregate_version,
    }
    heard = hears.hearers[type_name].model.model_validate(envelope.data | head)
    for name in type(heard).model_fields:
        if name not in head and name in event["data"]:
            assert json_ready(getattr(heard, name)) == event["data"][name], f"{service} reads another {name}"
    assert schema(type_name)["x-topic"] in hears.topics, f"{service} does not listen where {type_name} is said"


@pytest.mark.parametrize(("service", "type_name"), HEARD)
def test_a_consumer_relies_only_on_what_is_promised(service: str, type_name: str) -> None:
    hears = services()[service].hears
    assert hears is not None
    promised = set(schema(type_name).get("required", ()))
    needed = {name for name, field in hears.hearers[type_name].model.model_fields.items() if field.is_required()}
    assert needed - {"event_id", "occurred_at", "aggregate_version"} <= promised


FILES = sorted(EVENTS.glob("*.schema.json"))


def _properties(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for value in node.values():
            yield from _properties(value)
    elif isinstance(node, list):
        for value in node:
            yield from _properties(value)


def personal(properties: set[str]) -> set[str]:
    return {name for name in properties - ALLOWED if PERSONAL & {*re.split(r"[_\-.]", name.lower()), name.lower()}}


@pytest.mark.parametrize("path", FILES, ids=[path.name.split(".")[0] for path in FILES])
def test_no_event_carries_a_persons_data(path: Any) -> None:
    assert not personal({*_properties(schema(path.name.split(".")[0]))})


def test_the_search_for_personal_data_catches_it() -> None:
    bad = {"properties": {"a": {"properties": {"client_name": {}, "Phone": {}, "level": {}}}, "passport": {}}}
    assert personal({*_properties(bad)}) == {"client_name", "Phone", "passport"}


@pytest.mark.parametrize("path", FILES, ids=[path.name.split(".")[0] for path in FILES])
def test_every_schema_is_said_by_somebody(path: Any) -> None:
    name = path.name.split(".")[0]
    # What the bank's own systems say is a contract for them: then a service must hear it.
    said_by_the_bank = schema(name)["x-topic"].startswith("bank.") and name in {heard for _, heard in HEARD}
    assert said_by_the_bank or name in facts()
