"""The gateway's open parts, made from its settings and given back at the end."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from chassis.health import Health
from chassis.metrics import Metrics
from chassis.telemetry import TelemetryMiddleware
from chassis.texts import Language
from chassis.tokens import read_key
from starlette.types import ASGIApp

from gateway.app import InternalDoor, Parts, PublicDoor
from gateway.bank_tokens import Fetch, IssuerKeys, bank_tokens
from gateway.composing import Composer
from gateway.passes import Passes
from gateway.portal import Portal, documents_in
from gateway.principals import Ask, Principals
from gateway.proxy import Proxy
from gateway.rate_limits import RateLimits
from gateway.routes import OWN, table_of
from gateway.settings import GatewaySettings
from gateway.upstreams import Upstreams

REGISTRY = "client-registry"
_KEYS_S = 2
_RIGHTS_S = 2
_KEYS_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Doors:
    """Both applications and what the process tells them about its life."""

    public: ASGIApp
    internal: ASGIApp
    health: Health
    metrics: Metrics


@asynccontextmanager
async def open_gateway(
    settings: GatewaySettings, *, monotonic: Callable[[], float] = time.monotonic
) -> AsyncIterator[Doors]:
    """Opens everything; nobody has to be there yet. `monotonic` times what is remembered.

    Raises `ContractBroken` where there is nothing to route by.
    """
    table = table_of(documents_in(settings.contracts_dir, settings.upstreams, Language.EN))
    metrics, health = Metrics(OWN), Health()
    key, _ = read_key(settings.signing_key_file)
    passes = Passes(key, monotonic)
    addresses = {**settings.upstreams, REGISTRY: settings.registry_url}
    upstreams = Upstreams(
        addresses,
        metrics,
        connections=settings.upstream_connections,
        connect_s=settings.connect_s,
    )
    issuer = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_KEYS_S), cookie_jar=aiohttp.DummyCookieJar())
    proxy = Proxy(upstreams, passes, upload_s=settings.upload_s, upload_limit=settings.upload_limit)
    keys = IssuerKeys(settings.issuer_jwks_url, _fetch_with(issuer))
    parts = Parts(
        table=table,
        tokens=bank_tokens(settings.issuer, settings.audience, settings.token_algorithms, keys, monotonic),
        principals=Principals(_ask_rights(upstreams, passes), monotonic),
        upstreams=upstreams,
        proxy=proxy,
        composer=Composer(upstreams, proxy, table),
        portal=Portal(settings.contracts_dir, settings.upstreams),
        limits=RateLimits(
            per_minute=settings.requests_per_minute,
            recognitions=settings.recognitions_per_minute,
            refused_tokens=settings.refused_tokens_per_minute,
            storage=settings.rate_limit_storage,
            registry=metrics.registry,
        ),
        cors_origins=frozenset(settings.cors_origins),
        docs_are_open=settings.docs_are_open,
        in_flight_max=settings.in_flight_max,
        total_s=settings.total_s,
    )
    public = TelemetryMiddleware(PublicDoor(parts), metrics=metrics)
    try:
        yield Doors(public, InternalDoor(health, metrics, key), health, metrics)
    finally:
        await upstreams.close()
        await issuer.close()


def _fetch_with(session: aiohttp.ClientSession) -> Fetch:
    async def fetch(url: str) -> Mapping[str, Any]:
        try:
            async with session.get(url, allow_redirects=False) as response:
                if response.status != 200:
                    raise OSError(f"status {response.status}")
                found = json.loads(await response.content.read(_KEYS_LIMIT))
        except (aiohttp.ClientError, TimeoutError) as away:
            raise OSError(type(away).__name__) from away
        if not isinstance(found, dict):
            raise ValueError("not a JSON object")
        return found

    return fetch


def _ask_rights(upstreams: Upstreams, passes: Passes) -> Ask:
    async def ask(subject: str) -> tuple[int, Mapping[str, Any]]:
        headers = {"authorization": f"Bearer {passes.for_ourselves(REGISTRY)}", "accept": "application/json"}
        target = f"/internal/principals/{quote(subject, safe=':')}"
        reply = await upstreams.ask(REGISTRY, "GET", target, headers=headers, left_s=_RIGHTS_S)
        return reply.status, reply.body

    return ask
