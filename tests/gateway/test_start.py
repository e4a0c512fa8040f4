"""The gateway starts only as it is meant to, and stops without losing a request."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chassis.tokens import generate_key, write_key
from gateway.routes import OWN, ContractBroken, Route, RoutingTable, read_contract, table_of
from gateway.settings import GatewaySettings
from joserfc.jwk import ECKey, KeySet
from vip.processes import free_port

from .conftest import ISSUER, PATHS, TELLER, FakeService, bank_token, grant, listening, operation


@pytest.fixture
def given(tmp_path: Path, contracts: Path) -> dict[str, Any]:
    key = tmp_path / "key.json"
    write_key(generate_key("gateway-1"), key, development=False)
    return {
        "environment": "production", "public_port": 0, "internal_port": 0, "signing_key_file": key,
        "contracts_dir": contracts, "issuer": ISSUER, "issuer_jwks_url": "https://login.bank.test/jwks",
        "upstreams": dict.fromkeys(PATHS, "http://127.0.0.1:1"), "registry_url": "http://127.0.0.1:1",
    }  # fmt: skip


def test_what_is_fit_for_production_is_taken(given: dict[str, Any]) -> None:
    assert not GatewaySettings(**given).docs_are_open


@pytest.mark.parametrize(
    "unsafe",
    [
        {"open_docs": True},
        {"cors_origins": ["*"]},
        {"debug": True},
        {"issuer_jwks_url": "http://127.0.0.1:8005/jwks"},
        {"token_algorithms": ["HS256"]},
        {"token_algorithms": ["ES256", "none"]},
        {"token_algorithms": []},
        {"upstreams": {"card-service": "http://127.0.0.1:1"}},
    ],
    ids=str,
)
def test_what_is_unsafe_in_production_is_refused(given: dict[str, Any], unsafe: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="GatewaySettings"):
        GatewaySettings(**{**given, **unsafe})


def test_a_development_key_is_refused_in_production(given: dict[str, Any], tmp_path: Path) -> None:
    write_key(generate_key("dev"), tmp_path / "dev.json", development=True)
    with pytest.raises(ValueError, match="development"):
        GatewaySettings(**{**given, "signing_key_file": tmp_path / "dev.json"})


def route(template: str, service: str = "card-service", method: str = "GET") -> Route:
    return Route(service, method, template, "x", frozenset({"auditor"}))


def test_a_fixed_word_wins_over_a_parameter_and_a_dead_end_goes_back() -> None:
    table = RoutingTable([route("/v1/a/{x}/b"), route("/v1/a/fixed"), route("/v1/{y}/fixed/c")])
    assert table.find("/v1/a/fixed")["GET"].template == "/v1/a/fixed"
    assert table.find("/v1/a/fixed/b")["GET"].template == "/v1/a/{x}/b"
    assert table.find("/v1/a/fixed/c")["GET"].template == "/v1/{y}/fixed/c"
    assert not table.find("/v1/a")


def test_two_services_may_not_offer_the_same_operation() -> None:
    with pytest.raises(ContractBroken, match="belongs to"):
        RoutingTable([route("/v1/a/{x}"), route("/v1/a/{y}", "complaint-service")])


def test_what_the_frame_gives_every_service_belongs_to_the_gateway() -> None:
    document = {"paths": {"/v1/operations/{id}": {"get": operation("getOperation", "auditor")}}}
    found = table_of({"card-service": document, "complaint-service": document}).find("/v1/operations/1")["GET"]
    assert (found.service, found.homes) == (OWN, ("card-service", "complaint-service"))


def test_an_operation_that_does_not_say_who_may_use_it_stops_the_gateway() -> None:
    silent = operation("x", "auditor")
    del silent["x-roles"]
    with pytest.raises(ContractBroken, match="x-roles"):
        table_of({"card-service": {"paths": {"/v1/x": {"get": silent}}}})


def test_a_missing_contract_stops_the_gateway(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="card-service"):
        read_contract(tmp_path, "card-service")


def environment(settings: Mapping[str, Any]) -> dict[str, str]:
    values = {
        f"GATEWAY_{name}".upper(): json.dumps(value) if isinstance(value, dict) else str(value)
        for name, value in settings.items()
    }
    return {**os.environ, **values}


def test_a_process_that_cannot_start_says_which_setting_and_no_value(given: dict[str, Any]) -> None:
    env = environment({**given, "issuer_jwks_url": "http://127.0.0.1:8005/jwks"})
    done = subprocess.run(
        [sys.executable, "-m", "gateway"], env=env, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert "issuer of development" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_process_told_to_stop_finishes_what_it_began(given: dict[str, Any]) -> None:
    key = ECKey.generate_key("P-256", {"kid": "bank-1"})
    issuer, registry = FakeService("issuer"), FakeService("client-registry")
    issuer.says("GET /jwks", KeySet([key]).as_dict(private=False))
    registry.grants[TELLER] = [grant("counter_teller")]
    registry.says("GET /v1/clients", {"items": []}, after_s=1.0)
    port, internal = free_port(), free_port()
    async with listening(issuer), listening(registry), aiohttp.ClientSession() as http:
        env = environment({
            **given, "environment": "development", "public_port": port, "internal_port": internal,
            "issuer_jwks_url": f"{issuer.url}/jwks", "registry_url": registry.url,
            "upstreams": dict.fromkeys(PATHS, registry.url), "drain_s": 1,
        })  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            await _ready(http, f"http://127.0.0.1:{internal}/readyz")
            now = time.time()
            claims = {"iss": ISSUER, "sub": TELLER, "aud": "vip-platform", "iat": int(now), "exp": int(now) + 60}
            headers = {"Authorization": f"Bearer {bank_token(key, claims)}"}
            begun = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/v1/clients", headers=headers))
            await asyncio.sleep(0.4)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            async with http.get(f"http://127.0.0.1:{internal}/readyz") as answer:
                assert answer.status == 503
            async with await begun as answer:
                assert answer.status == 200
            assert process.stdout is not None
            output = (await asyncio.wait_for(process.communicate(), 10))[0].decode()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0
    lines = [json.loads(line) for line in output.splitlines()]
    access = next(line for line in lines if line["event"] == "request" and line.get("route") == "/v1/clients")
    assert (access["caller"], access["outcome"], access["service"]) == (TELLER, "ok", "gateway")
    assert bank_token(key, claims)[:40] not in output


async def _ready(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)
