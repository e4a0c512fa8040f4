"""A request goes to the service that owns it, with nothing from outside but what is listed, and its answer comes back."""

import asyncio
import json
import time
from pathlib import Path

import pytest
import yarl
from aiohttp import web
from chassis.tokens import Verifier
from chassis.trusted_keys import keys_of

from .conftest import AGENT, CLIENT, OUTSIDER, STRANGER, TELLER, House, a_house, grant


async def test_a_request_reaches_its_service_and_the_answer_comes_back(house: House) -> None:
    answer = await house.ask("GET", "/v1/cards/42?limit=2", headers={"Accept-Language": "en"})
    assert answer.status == 200
    assert answer.json() == {"service": "card-service", "path": "/v1/cards/42?limit=2"}
    assert answer.headers["ETag"] == '"1-abc"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers
    assert house.cards.seen[-1].headers["accept-language"] == "en"


async def test_a_body_and_its_key_arrive_as_they_were_sent(house: House) -> None:
    await house.ask("POST", "/v1/clients", json={"kind": "personal"}, headers={"Idempotency-Key": "k-1"})
    seen = house.registry.seen[-1]
    assert json.loads(seen.body) == {"kind": "personal"}
    assert seen.headers["idempotency-key"] == "k-1"
    assert seen.headers["content-type"] == "application/json"


async def test_no_header_from_outside_tells_a_service_who_calls(house: House) -> None:
    forged = {
        "X-User-Id": "staff:1", "X-User-Roles": "auditor", "X-Forwarded-For": "10.0.0.1", "X-Forwarded-User": "root",
        "Forwarded": "for=10.0.0.1", "X-Request-Id": "mine", "Cookie": "session=1", "X-Time-Left-Ms": "999999",
        "X-Real-Ip": "10.0.0.1", "Connection": "keep-alive, x-user-id", "Te": "trailers",
    }  # fmt: skip
    own = f"Bearer {house.token()}"
    await house.ask("GET", "/v1/cards/42", headers={**forged, "Authorization": own})
    seen = {name.lower(): value for name, value in house.cards.seen[-1].headers.items()}
    allowed = {"host", "accept", "authorization", "traceparent", "x-time-left-ms", "accept-encoding", "user-agent"}
    assert set(seen) <= allowed
    assert seen["authorization"] != own
    assert 0 < int(seen["x-time-left-ms"]) <= 10_000


async def test_the_service_gets_our_token_for_this_caller_and_itself_alone(house: House) -> None:
    await house.ask("GET", "/v1/cards/42")
    token = house.cards.seen[-1].headers["authorization"].removeprefix("Bearer ")
    async with house.http.get(f"{house.internal}/internal/jwks") as response:
        keys = keys_of(await response.json())

    class Keys:
        async def find(self, issuer: str, kid: str) -> object:
            return keys.get(kid)

    principal = await Verifier(audience="card-service", issuers=["gateway"], keys=Keys()).verify(token)
    assert principal.subject == TELLER
    assert [(held.role, held.unit_path, held.reach) for held in principal.grants] == [
        ("counter_teller", "/hq/bj/", "unit")
    ]
    with pytest.raises(Exception, match=r"token\.refused"):
        await Verifier(audience="client-registry", issuers=["gateway"], keys=Keys()).verify(token)


async def test_an_internal_token_is_used_again_for_the_same_caller_and_service_only(house: House) -> None:
    for path in ("/v1/cards/1", "/v1/cards/2", "/v1/clients"):
        await house.ask("GET", path)
    first, second = (seen.headers["authorization"] for seen in house.cards.seen)
    assert first == second
    assert house.registry.seen[-1].headers["authorization"] != first


@pytest.mark.parametrize(
    "path",
    ["/v1/nothing", "/", "/v1/clients/", "/v1//clients", "/v1/clients/%2e%2e", "/v1/clients/a%2Fcards", "/v1/clients/..",
     "/internal/jwks", "/internal/principals/staff:1", "/livez", "/readyz", "/metrics", "/startupz", "/v1/data-feeds"],
)  # fmt: skip
async def test_what_no_contract_offers_to_people_does_not_exist(house: House, path: str) -> None:

    async with house.http.get(
        yarl.URL(house.url + path, encoded=True), headers={"Authorization": f"Bearer {house.token()}"}
    ) as response:
        assert response.status == 404
        assert (await response.json())["code"] == "route.not-found"
    assert not house.registry.seen


async def test_a_wrong_method_is_told_the_right_ones(house: House) -> None:
    answer = await house.ask("DELETE", "/v1/clients")
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "route.method-not-allowed", "GET, POST")


async def test_a_refusal_of_ours_speaks_the_callers_language(house: House) -> None:
    chinese = (await house.ask("GET", "/v1/nothing")).json()
    english = await house.ask("GET", "/v1/nothing", headers={"Accept-Language": "en"})
    assert chinese["detail"] == "没有此接口。"
    assert english.json()["detail"] == "There is no such operation."
    assert english.headers["Content-Type"] == "application/problem+json"
    assert english.json()["trace_id"] == english.headers["X-Request-Id"]


async def test_a_role_the_contract_does_not_name_goes_no_further(house: House) -> None:
    answer = await house.ask("GET", f"/v1/clients/{CLIENT}", by=AGENT)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert not house.registry.seen


async def test_somebody_the_registry_does_not_know_has_no_access(house: House) -> None:
    answer = await house.ask("GET", "/v1/clients", by=STRANGER)
    assert (answer.status, answer.code) == (403, "forbidden.no-posting")


async def test_a_grant_that_has_ended_counts_no_more(house: House) -> None:
    house.registry.grants[STRANGER] = [grant("counter_teller", until="2020-01-01T00:00:00+00:00")]
    assert (await house.ask("GET", "/v1/clients", by=STRANGER)).status == 403


@pytest.mark.requirement("CR-85", "XC-19")
async def test_third_party_staff_are_denied_whatever_else_they_were_granted_and_the_service_hears_of_it(
    house: House,
) -> None:
    house.cards.says("GET /v1/cards/42", {"code": "forbidden.third-party"}, status=403)
    answer = await house.ask("GET", "/v1/cards/42", by=OUTSIDER)
    assert (answer.status, answer.code) == (403, "forbidden.third-party")
    assert [seen.path for seen in house.cards.seen] == ["/v1/cards/42"]
    told = await house.ask("POST", "/v1/clients", by=OUTSIDER, json={"name": "王小明"})
    assert told.status == 403
    assert house.registry.seen[-1].body == b""


async def test_without_the_registrys_answer_there_is_no_access(house: House) -> None:
    house.registry.says(f"GET /internal/principals/{TELLER}", {"code": "internal"}, status=500)
    answer = await house.ask("GET", "/v1/cards/42")
    assert (answer.status, answer.code) == (503, "rights.unknown")
    assert int(answer.headers["Retry-After"]) >= 1
    assert not house.cards.seen


async def test_the_registry_is_asked_once_for_many_requests_of_one_person(house: House) -> None:
    asked = 0

    async def rights(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return web.json_response({"grants": [grant("counter_teller")]})

    house.registry.answers[f"GET /internal/principals/{TELLER}"] = rights
    answers = await asyncio.gather(*(house.ask("GET", f"/v1/cards/{n}") for n in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert asked == 1


async def test_a_revoked_posting_ends_within_the_time_it_is_remembered(contracts: Path, tmp_path: Path) -> None:
    ahead = 0.0
    async with a_house(contracts, tmp_path, monotonic=lambda: time.monotonic() + ahead) as house:
        assert (await house.ask("GET", "/v1/cards/42")).status == 200
        before = house.cards.seen[-1].headers["authorization"]
        house.registry.grants[TELLER] = [grant("counter_teller", "/hq/sh/")]
        ahead = 19.0
        await house.ask("GET", "/v1/cards/42")
        ahead = 20.5
        assert (await house.ask("GET", "/v1/cards/42")).status == 200
        assert house.cards.seen[-1].headers["authorization"] != before
        del house.registry.grants[TELLER]
        ahead = 41.0
        assert (await house.ask("GET", "/v1/cards/42")).status == 403


async def test_an_answer_that_comes_in_pieces_is_passed_on_in_pieces(house: House) -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await response.prepare(request)
        await response.write(b"first,")
        await release.wait()
        await response.write(b"second")
        return response

    release = asyncio.Event()
    house.cards.answers["GET /v1/cards/42"] = slowly
    headers = {"Authorization": f"Bearer {house.token()}"}
    async with house.http.get(f"{house.url}/v1/cards/42", headers=headers) as response:
        assert await response.content.readany() == b"first,"
        release.set()
        assert await response.content.read() == b"second"


async def test_the_probes_answer_on_the_internal_port_only(house: House) -> None:
    for path, expected in (
        ("/livez", 200),
        ("/readyz", 200),
        ("/startupz", 200),
        ("/metrics", 200),
        ("/v1/clients", 404),
    ):
        async with house.http.get(house.internal + path) as response:
            assert response.status == expected
    house.doors.health.draining = True
    async with house.http.get(house.internal + "/readyz") as response:
        assert response.status == 503


async def test_what_is_counted_names_routes_and_no_clients(house: House) -> None:
    await house.ask("GET", f"/v1/clients/{CLIENT}?q=13812345678")
    figures = house.doors.metrics.render().decode()
    assert 'route="/v1/clients/{client_id}",status="200"' in figures
    assert CLIENT not in figures
    assert "13812345678" not in figures


ORIGIN = "https://workbench.bank.test"


async def test_a_page_of_an_allowed_origin_may_ask_and_read_our_header_fields(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, cors_origins=[ORIGIN]) as house:
        asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        allowed = await house.ask("OPTIONS", "/v1/clients", by=None, headers=asks)
        assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
        assert allowed.headers["Access-Control-Allow-Methods"] == "GET, POST"
        assert "idempotency-key" in allowed.headers["Access-Control-Allow-Headers"]
        answer = await house.ask("GET", "/v1/clients", headers={"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "etag" in answer.headers["Access-Control-Expose-Headers"]
        refused = await house.ask("GET", "/v1/clients", by=None, headers={"Origin": ORIGIN})
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, ORIGIN)


async def test_a_page_of_another_origin_is_told_nothing(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, cors_origins=[ORIGIN]) as house:
        asks = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "GET"):
            answer = await house.ask(method, "/v1/clients", headers=asks)
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]
            assert answer.headers["Vary"] == "origin"
