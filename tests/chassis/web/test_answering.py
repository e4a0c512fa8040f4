"""The way of a request: policy, transaction, commit before the answer, refusals in both languages."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from chassis.assembly import PolicyMissing, Service, create_app
from chassis.identity import Grant, Principal
from chassis.routing import router

Headers = Callable[..., dict[str, str]]
Keeper = Callable[..., Principal]
Shelve = Callable[..., Awaitable[UUID]]


async def test_a_created_thing_its_event_and_its_answer_commit_together(
    client: httpx.AsyncClient, headers: Headers, sql: asyncpg.Connection
) -> None:
    label = f"globe {uuid4().hex}"
    answer = await client.post("/v1/things", json={"label": label, "secret": "inside"}, headers=headers())
    assert answer.status_code == 201
    thing_id = answer.json()["id"]
    assert await sql.fetchval("SELECT label FROM things WHERE id = $1", UUID(thing_id)) == label
    assert await sql.fetchval("SELECT count(*) FROM outbox WHERE aggregate_id = $1", thing_id) == 1
    kept = await sql.fetchrow("SELECT * FROM idempotency_keys WHERE status = 201 ORDER BY created_at DESC LIMIT 1")
    assert kept is not None
    assert b"inside" not in kept["answer"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == "zh-CN"


async def test_a_refusal_rolls_back_everything_and_frees_the_key(
    client: httpx.AsyncClient, headers: Headers, sql: asyncpg.Connection
) -> None:
    sent = headers(accept_language="en")
    refused = await client.post("/v1/things", json={"label": "broken"}, headers=sent)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    body = refused.json()
    assert body["code"] == "thing.broken"
    assert body["detail"] == "A broken thing of level 3 cannot be lent."
    assert body["trace_id"] and body["trace_id"] in body["instance"]
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = 'broken'") == 0
    assert await sql.fetchval("SELECT count(*) FROM idempotency_keys WHERE key = $1", sent["Idempotency-Key"]) == 0
    mended = await client.post("/v1/things", json={"label": f"good {uuid4().hex}"}, headers=sent)
    assert mended.status_code == 201


async def test_refusals_speak_chinese_unless_asked_for_english(client: httpx.AsyncClient, headers: Headers) -> None:
    refused = await client.post("/v1/things", json={"label": "broken"}, headers=headers())
    assert refused.json()["detail"] == "等级 3 的损坏物品不可借出。"
    assert refused.json()["title"] == "当前无法办理"


async def test_a_commit_that_fails_promises_nothing(
    client: httpx.AsyncClient, headers: Headers, sql: asyncpg.Connection
) -> None:
    sent = headers()
    answer = await client.post("/v1/things", json={"label": "cut"}, headers=sent)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] == "store.away"
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = 'cut'") == 0
    assert await sql.fetchval("SELECT count(*) FROM idempotency_keys WHERE key = $1", sent["Idempotency-Key"]) == 0


async def test_what_nobody_expected_is_a_500_that_tells_nothing(
    client: httpx.AsyncClient, headers: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.post("/v1/things", json={"label": "crash", "secret": "13800138000"}, headers=headers())
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "13800138000" not in answer.text
    assert "RuntimeError" not in answer.text and "Traceback" not in answer.text
    assert "request failed" in capsys.readouterr().out


async def test_a_twin_label_is_a_conflict_and_not_a_failure(
    client: httpx.AsyncClient, headers: Headers, shelve: Shelve
) -> None:
    label = f"one {uuid4().hex}"
    await shelve(label=label)
    again = await client.post("/v1/things", json={"label": label}, headers=headers())
    assert again.status_code == 409
    assert again.json()["code"] == "conflict.already-there"
    assert label not in again.text


@pytest.mark.parametrize(
    ("principal", "status", "code"),
    [
        (Principal("staff:8", (Grant("teller", "/hq/bj/", "unit"),)), 403, "forbidden"),
        (Principal("staff:8"), 403, "forbidden"),
        (
            Principal("staff:8", (Grant("keeper", "/hq/", "unit"), Grant("third_party_staff", "/hq/", "own"))),
            403,
            "forbidden.third-party",
        ),
    ],
)
async def test_who_has_no_allowed_role_is_refused(
    client: httpx.AsyncClient, headers: Headers, principal: Principal, status: int, code: str
) -> None:
    answer = await client.get("/v1/things", headers=headers(principal))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.requirement("CR-85")
async def test_every_attempt_of_a_third_partys_staff_is_audited(
    client: httpx.AsyncClient, headers: Headers, sql: asyncpg.Connection
) -> None:
    subject = f"staff:{uuid4().hex[:8]}"
    refused = await client.get(
        "/v1/things", headers=headers(Principal(subject, (Grant("third_party_staff", "/hq/", "own"),)))
    )
    assert refused.status_code == 403
    row = await sql.fetchrow("SELECT act, object_id FROM audit WHERE subject = $1", subject)
    assert row is not None
    assert (row["act"], row["object_id"]) == ("access.denied", "GET /v1/things")


async def test_a_request_without_a_token_is_not_authenticated(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/things")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_another_units_thing_and_an_unknown_id_answer_alike(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, shelve: Shelve
) -> None:
    elsewhere = await shelve(unit_path="/hq/sh/sh-01/")
    mine = headers(keeper("/hq/bj/"))
    theirs = await client.get(f"/v1/things/{elsewhere}", headers=mine)
    unknown = await client.get(f"/v1/things/{uuid4()}", headers=mine)
    assert theirs.status_code == unknown.status_code == 404

    def told(answer: httpx.Response) -> dict[str, Any]:
        return {name: value for name, value in answer.json().items() if name not in {"trace_id", "instance"}}

    assert told(theirs) == told(unknown)


async def test_a_nationwide_role_sees_every_place(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, shelve: Shelve
) -> None:
    elsewhere = await shelve(unit_path="/hq/sh/sh-01/")
    agent = headers(keeper("/hq/bj/", role="agent", reach="own"))
    assert (await client.get(f"/v1/everywhere/{elsewhere}", headers=agent)).status_code == 200


async def test_only_a_named_service_reaches_an_internal_route(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, shelve: Shelve
) -> None:
    thing = await shelve(unit_path="/hq/sh/sh-01/")
    path = f"/internal/things/{thing}"
    itself = headers(Principal("system:friend"), issuer="friend")
    for_somebody = headers(Principal("staff:7", (), actor="friend"), issuer="friend")
    assert (await client.get(path, headers=itself)).status_code == 200
    assert (await client.get(path, headers=for_somebody)).status_code == 200
    assert (await client.get(path, headers=headers(keeper("/hq/")))).status_code == 403


async def test_a_route_without_a_policy_stops_the_start(sample: Callable[..., Service]) -> None:
    bare = router()

    @bare.get("/v1/open")
    async def open_to_all() -> dict[str, str]:
        return {}

    with pytest.raises(PolicyMissing, match="/v1/open"):
        create_app(sample(routers=(bare,)))


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/v1/13800138000")
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "route.not-found"
    assert "13800138000" not in unknown.text
    wrong = await client.delete("/v1/things")
    assert wrong.status_code == 405
    assert wrong.json()["code"] == "route.method-not-allowed"


async def test_a_time_that_is_used_up_ends_the_request(
    client: httpx.AsyncClient, headers: Headers, sql: asyncpg.Connection
) -> None:
    answer = await client.post("/v1/things", json={"label": "wait"}, headers=headers(x_time_left_ms="50"))
    assert answer.status_code == 503
    assert await sql.fetchval("SELECT count(*) FROM things WHERE label = 'wait'") == 0
