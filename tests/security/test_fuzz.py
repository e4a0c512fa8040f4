"""Generated requests, valid and broken, against every operation: never a 5xx, never an answer the contract does not have."""

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from chassis.identity import Grant, Principal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .matrix import CONTRACTS, KINDS, ROLES, Operation, Place, operations
from .small_bank import ME

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EVERYTHING = Principal(ME, tuple(Grant(role, "/hq/", "unit") for role in ROLES if role != "client"))
BASE = "http://service"


@cache
def contract_of(service: str) -> Any:
    """The contract without its security: who may call is the matrix's question."""
    document = json.loads((CONTRACTS / f"{service}.json").read_text(encoding="utf-8"))
    document.pop("security", None)
    document["components"].pop("securitySchemes", None)
    for item in document["paths"].values():
        for described in item.values():
            described.pop("security", None)
    return schemathesis.openapi.from_dict(document)


OPERATIONS = pytest.mark.parametrize("operation", operations(), ids=lambda each: f"{each.service}:{each.id}")


def known_ids(value: Any, place: Place) -> Any:
    """The same with real ids, so that a request gets past "not found"."""
    if isinstance(value, dict):
        return {name: _known(name, part, place) for name, part in value.items()}
    return value


def _known(name: str, part: Any, place: Place) -> Any:
    kind = KINDS.get(name)
    if kind not in place.known.ids:
        return known_ids(part, place)
    own = str(place.known.of(kind, "own"))
    if isinstance(part, list):
        return [own] if part and all(isinstance(each, str) for each in part) else part
    return own if isinstance(part, str) else part


def check_one(place: Place, ask: Callable[..., Any], case: Any, *, real: bool) -> None:
    broken = case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE
    if real and not broken:
        case.path_parameters = known_ids(case.path_parameters, place)
        case.body = known_ids(case.body, place)
    sent = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    # The key is only there where it was generated.
    headers: dict[str, Any] = {"Idempotency-Key": None}
    headers |= {name: value for name, value in sent.headers.items() if name.lower() != "user-agent"}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    answer = ask(EVERYTHING, sent.method, sent.url.removeprefix(BASE), body, headers=headers)
    assert answer.status_code < 500, (answer.status_code, answer.text, case.as_curl_command())
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "trace_id"} <= answer.json().keys()
    case.validate_response(answer, checks=CHECKS)


async def fuzz(place: Place, operation: Operation, examples: int, *, repeatable: bool) -> None:
    loop = asyncio.get_running_loop()
    described = contract_of(operation.service)[operation.path][operation.method]
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if _can_be_broken(described) else [])]
    cases = st.one_of([described.as_strategy(mode) for mode in modes])

    def ask(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(place.face(*args, **kwargs), loop).result(60)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=repeatable,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real=st.booleans())
    def every(case: Any, real: bool) -> None:
        check_one(place, ask, case, real=real)

    await asyncio.to_thread(every)


def _can_be_broken(operation: Any) -> bool:
    """Whether there is anything in a request that could be wrong."""
    return bool(operation.body or operation.query or operation.path_parameters)


@OPERATIONS
async def test_generated_requests_are_answered_as_the_contract_says(
    operation: Operation, places: dict[str, Place]
) -> None:
    await fuzz(places[operation.service], operation, 25, repeatable=True)


@pytest.mark.soak
@OPERATIONS
async def test_a_thousand_generated_requests_are_answered_as_the_contract_says(
    operation: Operation, places: dict[str, Place]
) -> None:
    await fuzz(places[operation.service], operation, 1_000, repeatable=False)
