"""Calls between services: our own token, one second, a plain refusal."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from chassis.http_client import HttpClient
from chassis.identity import Grant, Principal
from chassis.peers import PeerAway, PeerRefused, Peers
from chassis.problems import status_of
from chassis.tokens import Verifier, generate_key, public_jwks
from chassis.tracing import span
from chassis.trusted_keys import TrustedKeys

KEY = generate_key("card-service-1")
WHO = Principal("staff:7", (Grant("keeper", "/hq/bj/", "unit"),))
Answer = Callable[[httpx.Request], Any]


def peers(answer: Answer) -> Peers:
    http = HttpClient(httpx.MockTransport(answer))
    return Peers(service="card-service", addresses={"client-registry": "http://registry/"}, key=KEY, http=http)


def verifier() -> Verifier:
    sources = {"card-service": public_jwks(KEY)}
    return Verifier(audience="client-registry", issuers=sources, keys=TrustedKeys(sources, HttpClient()))


class Registry:
    """The other side: remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, json={"confirmed": True})

    async def callers(self) -> list[Principal]:
        return [await verifier().verify(request.headers["authorization"].split()[1]) for request in self.asked]


async def test_a_call_for_somebody_carries_that_person_and_names_us() -> None:
    registry = Registry()
    told = await peers(registry).post("client-registry", "/internal/confirmations", json={"a": 1}, on_behalf_of=WHO)
    assert told == {"confirmed": True}
    assert await registry.callers() == [Principal(WHO.subject, WHO.grants, actor="card-service")]
    assert str(registry.asked[0].url) == "http://registry/internal/confirmations"
    assert json.loads(registry.asked[0].content) == {"a": 1}


async def test_a_call_of_our_own_is_the_systems() -> None:
    registry = Registry()
    ours = peers(registry)
    await ours.get("client-registry", "/internal/x")
    await ours.get("client-registry", "/internal/x", on_behalf_of=Principal("system:gateway"))
    assert await registry.callers() == [Principal("system:card-service")] * 2


async def test_a_token_is_used_again_for_the_same_person_only() -> None:
    registry = Registry()
    ours = peers(registry)
    for who in (WHO, WHO, None):
        await ours.get("client-registry", "/internal/x", on_behalf_of=who)
    tokens = [request.headers["authorization"] for request in registry.asked]
    assert tokens[0] == tokens[1] != tokens[2]


async def test_the_trace_goes_along() -> None:
    registry = Registry()
    with span("here") as here:
        await peers(registry).get("client-registry", "/internal/x")
    assert here.trace_id in registry.asked[0].headers["traceparent"]


def raising(raised: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise raised

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        raising(httpx.ConnectError("refused")),
        raising(httpx.ReadTimeout("slow")),
        lambda _: httpx.Response(503, json={"code": "store.away"}),
        lambda _: httpx.Response(502),
        lambda _: httpx.Response(200, content=b"not json"),
        lambda _: httpx.Response(200, json=[1]),
        lambda _: httpx.Response(200, content=b"[" + b" " * (9 * 1024 * 1024) + b"]"),
    ],
)
async def test_no_proper_answer_is_a_peer_that_is_away(answer: Answer) -> None:
    with pytest.raises(PeerAway) as raised:
        await peers(answer).get("client-registry", "/internal/x")
    assert status_of(raised.value) == 503


async def test_a_refusal_of_the_other_side_keeps_its_code() -> None:
    with pytest.raises(PeerRefused) as raised:
        await peers(lambda _: httpx.Response(409, json={"code": "client.closed"})).get("client-registry", "/internal/x")
    assert (raised.value.status, raised.value.refused_code) == (409, "client.closed")


async def test_a_redirect_is_not_followed() -> None:
    answer = httpx.Response(307, headers={"location": "http://mallory/"})
    with pytest.raises((PeerAway, PeerRefused)):
        await peers(lambda _: answer).get("client-registry", "/internal/x")


async def test_one_second_is_for_the_whole_call() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(100):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = HttpClient()
    ours = Peers(service="card-service", addresses={"slow": f"http://127.0.0.1:{port}"}, key=KEY, http=http)
    started = asyncio.get_running_loop().time()
    with pytest.raises(PeerAway):
        await ours.get("slow", "/x", timeout_s=0.3)
    assert asyncio.get_running_loop().time() - started < 1.0
    await http.close()
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.1)
