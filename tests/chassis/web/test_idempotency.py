"""The same request twice: one effect, one answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import pytest
from chassis import idempotency
from chassis.assembly import create_app
from chassis.identity import Principal
from chassis.runtime import Runtime

from .conftest import make_service

Headers = Callable[..., dict[str, str]]
Keeper = Callable[..., Principal]
Sql = asyncpg.Connection


async def test_a_repeated_request_gets_the_stored_answer(client: httpx.AsyncClient, headers: Headers, sql: Sql) -> None:
    body, sent = {"label": f"lamp {uuid4().hex}"}, headers()
    first = await client.post("/v1/things", json=body, headers=sent)
    again = await client.post("/v1/things", json=body, headers=sent)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["content-language"] == first.headers["content-language"]
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = $1", body["label"]) == 1


async def test_a_hundred_twins_have_one_effect_and_equal_answers(
    client: httpx.AsyncClient, headers: Headers, sql: Sql
) -> None:
    body, sent = {"label": f"wait {uuid4().hex}"}, headers()
    answers = await asyncio.gather(*(client.post("/v1/things", json=body, headers=sent) for _ in range(100)))
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 409)
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = $1", body["label"]) == 1
    assert await sql.fetchval("SELECT count(*) FROM outbox WHERE data->>'thing_id' = $1", answers[0].json()["id"]) == 1


async def test_a_twin_of_a_refused_request_does_the_work_itself(
    client: httpx.AsyncClient, headers: Headers, sql: Sql
) -> None:
    label, sent = f"wait {uuid4().hex}", headers()
    async with sql.transaction():
        await sql.execute(
            "INSERT INTO idempotency_keys (caller, route, key, id, fingerprint) VALUES ($1, $2, $3, uuidv7(), '\\x00')",
            "staff:7|",
            "POST /v1/things",
            sent["Idempotency-Key"],
        )
        waiting = asyncio.create_task(client.post("/v1/things", json={"label": label}, headers=sent))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await sql.execute("DELETE FROM idempotency_keys WHERE key = $1", sent["Idempotency-Key"])
    assert (await waiting).status_code == 201


async def test_a_twin_still_running_after_the_wait_is_told_when_to_come_back(
    client: httpx.AsyncClient, headers: Headers, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_MS", 100)
    sent = headers()
    async with sql.transaction():
        await sql.execute(
            "INSERT INTO idempotency_keys (caller, route, key, id, fingerprint) VALUES ($1, $2, $3, uuidv7(), '\\x00')",
            "staff:7|",
            "POST /v1/things",
            sent["Idempotency-Key"],
        )
        answer = await client.post("/v1/things", json={"label": "late twin"}, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.still-running")
    assert int(answer.headers["retry-after"]) >= 1
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = 'late twin'") == 0


async def test_the_same_key_for_another_request_is_refused(client: httpx.AsyncClient, headers: Headers) -> None:
    sent = headers()
    await client.post("/v1/things", json={"label": f"a {uuid4().hex}"}, headers=sent)
    other = await client.post("/v1/things", json={"label": f"b {uuid4().hex}"}, headers=sent)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key-reused")


async def test_another_callers_key_is_another_key(client: httpx.AsyncClient, headers: Headers, keeper: Keeper) -> None:
    key = str(uuid4())
    one = await client.post("/v1/things", json={"label": f"a {uuid4().hex}"}, headers=headers(keeper(), key=key))
    other = await client.post(
        "/v1/things", json={"label": f"b {uuid4().hex}"}, headers=headers(keeper(subject="staff:9"), key=key)
    )
    assert (one.status_code, other.status_code) == (201, 201)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "钥匙".encode().decode("latin-1")])
async def test_a_post_without_a_proper_key_is_not_read_further(
    client: httpx.AsyncClient, headers: Headers, key: str
) -> None:
    sent = {**headers(), "Idempotency-Key": key}
    answer = await client.post(
        "/v1/things", json={"label": "x"}, headers={name: value.encode("latin-1") for name, value in sent.items()}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key-missing")


async def test_a_mere_look_up_needs_no_key(client: httpx.AsyncClient, headers: Headers) -> None:
    sent = headers()
    del sent["Idempotency-Key"]
    assert (await client.post("/v1/questions", json={"name": "globe"}, headers=sent)).status_code == 200


async def test_answers_are_forgotten_after_seven_days(runtime: Runtime, sql: Sql) -> None:
    now = datetime.now(UTC)
    for key, age in (("old", timedelta(days=7, minutes=1)), ("young", timedelta(days=6, hours=23))):
        await sql.execute(
            "INSERT INTO idempotency_keys (caller, route, key, id, fingerprint, created_at) "
            "VALUES ('staff:1|', 'POST /v1/sweep', $1, uuidv7(), '\\x00', $2)",
            key,
            now - age,
        )
    async with runtime.database.transaction() as tx:
        assert await idempotency.sweep(tx, now=now) >= 1
    left = await sql.fetch("SELECT key FROM idempotency_keys WHERE route = 'POST /v1/sweep'")
    assert [row["key"] for row in left] == ["young"]


async def test_an_endpoint_that_asks_first_holds_no_transaction_and_still_has_one_effect(
    client: httpx.AsyncClient, headers: Headers, sql: Sql, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[int] = []

    async def price(*_: object, **__: object) -> dict[str, int]:
        busy.append(
            await sql.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            )
        )
        return {"price": 7}

    monkeypatch.setattr(type(runtime.peers), "get", price)
    name, sent = uuid4().hex[:20], headers()
    first = await client.post("/v1/appraisals", json={"label": name}, headers=sent)
    again = await client.post("/v1/appraisals", json={"label": name}, headers=sent)
    assert (first.status_code, first.json()["label"]) == (200, f"{name}: 7")
    assert again.content == first.content
    assert busy == [0, 0]
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = $1", f"{name}: 7") == 1


async def test_an_endpoint_that_never_begins_answers_nothing(
    client: httpx.AsyncClient, headers: Headers, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def price(*_: object, **__: object) -> dict[str, int]:
        return {"price": 7}

    monkeypatch.setattr(type(runtime.peers), "get", price)
    answer = await client.post("/v1/appraisals", json={"label": "forgetful"}, headers=headers())
    assert answer.status_code == 500


def form(content: bytes) -> dict[str, tuple[str, bytes]]:
    return {"file": ("book.csv", content)}


async def test_an_upload_is_streamed_and_repeated_by_its_content(client: httpx.AsyncClient, headers: Headers) -> None:
    content, sent = b"0123456789abcdef" * 200_000, headers()
    first = await client.post("/v1/uploads", files=form(content), headers=sent)
    # Another boundary, the same file.
    again = await client.post("/v1/uploads", files=form(content), headers=sent)
    other = await client.post("/v1/uploads", files=form(content + b"!"), headers=sent)
    assert (first.status_code, first.json()["bytes"]) == (202, len(content))
    assert again.headers.get("idempotency-replayed") == "true"
    assert other.json()["code"] == "idempotency.key-reused"


async def test_a_json_body_above_one_mebibyte_is_too_large_whether_it_says_so_or_not(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65536 * 2

    said = await client.post("/v1/things", content=b"x" * (1024 * 1024 + 1), headers=headers())
    unsaid = await client.post("/v1/things", content=pieces(), headers=headers(content_type="application/json"))
    assert {said.status_code, unsaid.status_code} == {413}
    assert said.json()["code"] == unsaid.json()["code"] == "body-too-large"


async def test_an_id_of_a_stored_answer_cannot_be_swapped(
    client: httpx.AsyncClient, headers: Headers, sql: Sql
) -> None:
    sents = [headers(), headers()]
    bodies = [{"label": f"swap {uuid4().hex}"} for _ in sents]
    for sent, body in zip(sents, bodies, strict=True):
        await client.post("/v1/things", json=body, headers=sent)
    await sql.execute(
        "UPDATE idempotency_keys AS a SET answer = b.answer FROM idempotency_keys AS b WHERE a.key = $1 AND b.key = $2",
        sents[0]["Idempotency-Key"],
        sents[1]["Idempotency-Key"],
    )
    answer = await client.post("/v1/things", json=bodies[0], headers=sents[0])
    assert answer.status_code == 500
    assert bodies[1]["label"] not in answer.text


async def test_an_upload_above_its_limit_is_too_large_even_when_it_does_not_say_so(
    headers: Headers, runtime: Runtime
) -> None:
    smaller = replace(runtime, settings=runtime.settings.model_copy(update={"upload_limit_mib": 2}))
    transport = httpx.ASGITransport(app=create_app(make_service(), smaller), raise_app_exceptions=False)

    async def pieces() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(30):
            yield b"x" * 100_000
        yield b"\r\n--b--\r\n"

    sent = headers(content_type="multipart/form-data; boundary=b")
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
        answer = await client.post("/v1/uploads", content=pieces(), headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
