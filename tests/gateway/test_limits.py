"""Nobody gets more than their share: not a caller, not a slow service, not a large body."""

import asyncio
import io
import json
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from gateway.breaker import Breaker, State

from .conftest import AGENT, FakeService, House, a_house, grant, listening


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(least=4, monotonic=clock)
    for _ in range(4):
        assert breaker.admits()
        breaker.failed()
    return breaker


def test_the_breaker_opens_by_rate_and_not_by_a_few_failures_among_many() -> None:
    clock = Clock()
    breaker = Breaker(least=20, rate_percent=50, monotonic=clock)
    for number in range(100):
        assert breaker.admits()
        breaker.failed() if number % 3 == 0 else breaker.succeeded()
        clock.now += 0.05
    assert breaker.state is State.CLOSED
    for _ in range(60):
        breaker.failed()
    assert breaker.state is State.OPEN
    assert not breaker.admits()
    assert breaker.retry_after_s() >= 1


def test_failures_of_long_ago_count_no_more() -> None:
    clock = Clock()
    breaker = Breaker(least=4, monotonic=clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 11
    breaker.failed()
    assert breaker.state is State.CLOSED


def test_half_open_lets_a_few_through_and_closes_when_all_of_them_went_well() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    assert [breaker.admits() for _ in range(5)] == [True, True, True, False, False]
    breaker.given_up()
    assert breaker.admits()
    for _ in range(3):
        breaker.succeeded()
    assert breaker.state is State.CLOSED


def test_half_open_opens_again_at_the_first_failure() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    assert breaker.admits()
    breaker.failed()
    assert breaker.state is State.OPEN
    assert not breaker.admits()


async def test_a_caller_over_the_allowance_is_told_when_to_come_back_and_others_are_not_touched(
    contracts: Path, tmp_path: Path
) -> None:
    async with a_house(contracts, tmp_path, requests_per_minute=3) as house:
        house.registry.grants["staff:100002"] = [grant("counter_teller")]
        answers = [await house.ask("GET", "/v1/cards/1") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["RateLimit-Policy"] == '"calls";q=3;w=60'
        assert answers[0].headers["RateLimit"].startswith('"calls";r=2;t=')
        assert answers[3].code == "too-many-requests"
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
        assert (await house.ask("GET", "/v1/cards/1", by="staff:100002")).status == 200


@pytest.mark.requirement("XC-12")
async def test_recognition_has_a_smaller_allowance_of_its_own(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, recognitions_per_minute=2) as house:
        answers = [await house.ask("POST", "/v1/client-lookups", by=AGENT, json={}) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert (await house.ask("GET", "/v1/clients", by=AGENT)).status == 200


async def test_an_address_that_keeps_trying_bad_tokens_is_slowed_down(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, refused_tokens_per_minute=2) as house:
        forged = {"Authorization": "Bearer x.y.z"}
        bad = [await house.ask("GET", "/v1/cards/1", by=None, headers=forged) for _ in range(3)]
        assert [answer.status for answer in bad] == [401, 401, 429]
        late = {"Authorization": f"Bearer {house.token(exp=int(time.time()) - 1)}"}
        assert (await house.ask("GET", "/v1/cards/1", by=None, headers=late)).status == 401
        assert (await house.ask("GET", "/v1/cards/1")).status == 200


async def test_a_slow_service_is_cut_off_in_time_and_slows_nobody_else(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, total_s=1, upstream_connections=4) as house:
        house.cards.says("GET /v1/cards/1", {}, after_s=30)
        await house.ask("GET", "/v1/clients")
        slow = [asyncio.create_task(house.ask("GET", "/v1/cards/1")) for _ in range(20)]
        await asyncio.sleep(0.1)
        took = []
        for _ in range(20):
            began = time.perf_counter()
            assert (await house.ask("GET", "/v1/clients")).status == 200
            took.append(time.perf_counter() - began)
        assert max(took) < 0.5
        refused = await asyncio.gather(*slow)
        assert {answer.status for answer in refused} == {503}
        assert {answer.code for answer in refused} <= {"upstream.too-slow", "upstream.away"}


async def test_a_service_that_is_gone_is_left_alone_and_found_again_when_it_is_back(house: House) -> None:
    port = int(house.cards.url.rpartition(":")[2])
    await house.ask("GET", "/v1/clients")
    upstreams = house.doors.public._app._parts.upstreams  # type: ignore[attr-defined]
    upstreams._addresses["card-service"] = "http://127.0.0.1:9"
    answers = [await house.ask("GET", "/v1/cards/1") for _ in range(30)]
    assert {(answer.status, answer.code) for answer in answers} == {(503, "upstream.away")}
    assert upstreams.state_of("card-service") is State.OPEN
    assert 'vip_upstream_open{service="card-service"} 1.0' in house.doors.metrics.render().decode()
    assert (await house.ask("GET", "/v1/clients")).status == 200
    upstreams._addresses["card-service"] = f"http://127.0.0.1:{port}"
    await asyncio.sleep(2.1)
    assert [(await house.ask("GET", "/v1/cards/1")).status for _ in range(3)] == [200, 200, 200]
    assert upstreams.state_of("card-service") is State.CLOSED


async def test_a_service_that_is_being_replaced_loses_no_request_that_may_be_repeated(house: House) -> None:
    port = int(house.cards.url.rpartition(":")[2])
    upstreams = house.doors.public._app._parts.upstreams  # type: ignore[attr-defined]
    async with listening(FakeService("old")) as old:
        upstreams._addresses["card-service"] = old.url
        assert (await house.ask("GET", "/v1/cards/1")).status == 200
        again = int(old.url.rpartition(":")[2])
    async with listening(FakeService("new"), port=again):
        assert (await house.ask("GET", "/v1/cards/1")).json()["service"] == "new"
    assert port != again


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_one_mebibyte_is_refused(house: House, declared: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65_536

    data = io.BytesIO(b" " * (1024 * 1024 + 1)) if declared else pieces()
    answer = await house.ask("POST", "/v1/clients", data=data, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (413, "body-too-large")
    assert not [seen for seen in house.registry.seen if seen.path == "/v1/clients"]


async def test_an_upload_streams_through_flat_memory(house: House) -> None:
    received = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal received
        async for piece in request.content.iter_any():
            received += len(piece)
        return web.json_response({"received": received}, status=202)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1024):
            yield chunk

    house.registry.streams["POST /v1/client-imports"] = take
    chunk = b"x" * 65_536
    await house.ask("GET", "/v1/cards/1")
    tracemalloc.start()
    try:
        answer = await house.ask(
            "POST", "/v1/client-imports", data=pieces(), headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status, received) == (202, 64 * 1024 * 1024)
    assert peak < 16 * 1024 * 1024


async def test_an_upload_over_the_limit_is_refused_and_does_not_open_the_breaker(
    contracts: Path, tmp_path: Path
) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(4_000):
            sent += 1
            yield chunk

    async def take(request: web.Request) -> web.Response:
        async for _ in request.content.iter_any():
            pass
        return web.json_response({})

    chunk = b"x" * 65_536
    async with a_house(contracts, tmp_path, upload_limit_mib=2) as house:
        house.registry.streams["POST /v1/client-imports"] = take
        form = {"Content-Type": "multipart/form-data"}
        declared = await house.ask("POST", "/v1/client-imports", data=b"", headers={**form, "Content-Length": "0"})
        assert declared.status == 200
        answer = await house.ask("POST", "/v1/client-imports", data=pieces(), headers=form)
        assert (answer.status, answer.code) == (413, "body-too-large")
        # It is not read to its end: what lies in buffers on the way is a small part of it.
        assert sent < 1_000
        assert house.doors.public._app._parts.upstreams.state_of("client-registry") is State.CLOSED  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "The request body is larger than 262144 KiB."), ("zh-CN", "请求内容超过 262144 KiB 上限。")],
)
async def test_an_upload_that_says_it_is_300_mib_is_refused_unread(house: House, language: str, says: str) -> None:
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /v1/client-imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.token()}\r\n"
        f"Accept-Language: {language}\r\nContent-Type: multipart/form-data; boundary=b\r\nIdempotency-Key: big-1\r\n"
        f"Content-Length: {300 * 1024 * 1024}\r\n\r\n".encode()
    )
    # Not one byte of the body has been sent.
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.split()[1] == b"413"
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    body = json.loads(await reader.readexactly(int(length.split(b":")[1])))
    assert (body["code"], body["detail"]) == ("body-too-large", says)
    writer.close()


async def test_more_than_the_process_takes_on_is_shed_at_once(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, in_flight_max=5) as house:
        house.cards.says("GET /v1/cards/1", {}, after_s=0.5)
        answers = await asyncio.gather(*(house.ask("GET", "/v1/cards/1") for _ in range(30)))
        statuses = [answer.status for answer in answers]
        assert statuses.count(200) == 5
        assert {answer.code for answer in answers if answer.status == 503} == {"gateway.overloaded"}
        assert all("Retry-After" in answer.headers for answer in answers if answer.status == 503)


async def test_broken_requests_are_refused_by_the_server_itself(house: House) -> None:
    host, port = house.url.removeprefix("http://").split(":")
    smuggled = [
        b"POST /v1/clients HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/clients HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"GET /v1/clients HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n",
        b"GET /v1/clients HTTP/9.9\r\nHost: x\r\n\r\n",
    ]
    for raw in smuggled:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        await writer.drain()
        status = (await asyncio.wait_for(reader.read(4096), 5)).split(b" ", 2)[1]
        writer.close()
        assert status in {b"400", b"401"}, (raw, json.dumps(status.decode()))
    assert not house.registry.seen
