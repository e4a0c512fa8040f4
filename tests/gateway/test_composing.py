"""Answers put together from several services say what is missing, and never guess."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from chassis.pages import decode_cursor, encode_cursor

from .conftest import AGENT, CLIENT, SERVICES, TELLER, House, grant

LOOKUP = "0190f5e0-0000-7000-8000-00000000aaaa"
CONFIRMED = {"client_id": CLIENT, "surname": "王", "service_tier": "wealth", "manager": {"name": "李经理"}}
CONFIRM = f"POST /v1/client-lookups/{LOOKUP}/confirmations"
CARDS = f"GET /v1/clients/{CLIENT}/cards"
COMPLAINTS = f"GET /v1/clients/{CLIENT}/complaints"
PLAN = f"GET /v1/clients/{CLIENT}/contact-plan"


def page(*ids: int, more: str | None = None) -> dict[str, Any]:
    return {"items": [{"id": str(UUID(int=number)), "kind": "k"} for number in ids], "next_cursor": more}


@pytest.mark.requirement("XC-12")
async def test_a_caller_card_shows_the_recognised_client_with_cards_and_open_complaints(house: House) -> None:
    house.registry.says(CONFIRM, CONFIRMED, status=201)
    house.cards.says(CARDS, {"items": [{"card_number": "BJ000001"}]})
    house.services["complaint-service"].says(COMPLAINTS, {"items": []})
    answer = await house.ask(
        "POST", "/v1/caller-cards", by=AGENT, json={"lookup_id": LOOKUP, "last_four": "0038"},
        headers={"Idempotency-Key": "k-1"},
    )  # fmt: skip
    assert answer.status == 201
    assert answer.json() == {
        "client": CONFIRMED,
        "cards": {"available": True, "data": {"items": [{"card_number": "BJ000001"}]}, "problem": None},
        "complaints": {"available": True, "data": {"items": []}, "problem": None},
    }
    sent = house.registry.seen[-1]
    assert json.loads(sent.body) == {"last_four": "0038"}
    assert sent.headers["idempotency-key"] == "k-1"


async def test_a_missing_part_is_said_with_its_reason_and_the_rest_is_shown(house: House) -> None:
    house.registry.says(CONFIRM, CONFIRMED)
    house.cards.says(CARDS, {"code": "internal", "detail": "x"}, status=500)
    house.services["complaint-service"].says(COMPLAINTS, {"items": []})
    answer = await house.ask("POST", "/v1/caller-cards", by=AGENT, json={"lookup_id": LOOKUP})
    assert answer.status == 200
    assert answer.json()["cards"] == {
        "available": False,
        "data": None,
        "problem": {"code": "internal", "detail": "x"},
    }
    assert answer.json()["complaints"]["available"]


async def test_a_failed_factor_is_the_registrys_refusal_and_nobody_else_is_asked(house: House) -> None:
    house.registry.says(CONFIRM, {"code": "lookup.factor-failed", "status": 409}, status=409)
    answer = await house.ask("POST", "/v1/caller-cards", by=AGENT, json={"lookup_id": LOOKUP})
    assert (answer.status, answer.code) == (409, "lookup.factor-failed")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not house.cards.seen


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"lookup_id": "../x"}', 422, "invalid"),
        (b'{"lookup_id": 5}', 422, "invalid"),
    ],
)
async def test_a_broken_caller_card_request_is_refused_without_its_values(
    house: House, body: bytes, status: int, code: str
) -> None:
    answer = await house.ask("POST", "/v1/caller-cards", by=AGENT, data=body)
    assert (answer.status, answer.code) == (status, code)
    assert b"../x" not in answer.body
    assert not house.registry.seen


async def test_an_overview_leaves_out_what_the_callers_role_may_not_see(house: House) -> None:
    house.registry.says(f"GET /v1/clients/{CLIENT}", {"client_no": "C1"})
    answer = (await house.ask("GET", f"/v1/clients/{CLIENT}/overview", headers={"Accept-Language": "en"})).json()
    assert answer["client"] == {"client_no": "C1"}
    assert answer["cards"]["available"]
    assert answer["contact_plan"]["problem"] == {"code": "forbidden", "detail": "Your role does not allow this."}
    assert not house.services["engagement-service"].seen


async def test_an_overview_of_a_client_one_may_not_see_is_not_found(house: House) -> None:
    house.registry.says(f"GET /v1/clients/{CLIENT}", {"code": "not-found"}, status=404)
    answer = await house.ask("GET", f"/v1/clients/{CLIENT}/overview")
    assert (answer.status, answer.code) == (404, "not-found")
    assert not house.cards.seen


async def test_a_slow_part_is_missing_and_does_not_hold_up_the_rest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.composing._PART_S", 0.2)
    house.registry.says(f"GET /v1/clients/{CLIENT}", {"client_no": "C1"})
    house.cards.says(CARDS, {}, after_s=5)
    async with asyncio.timeout(2):
        answer = (await house.ask("GET", f"/v1/clients/{CLIENT}/overview")).json()
    assert answer["cards"]["problem"]["code"] == "upstream.too-slow"
    assert answer["complaints"]["available"]


async def test_work_items_of_all_services_come_in_one_order_page_by_page(house: House) -> None:
    own = {
        "client-registry": [1, 5, 9],
        "card-service": [2, 6],
        "complaint-service": [3],
        "engagement-service": [4, 7, 8],
    }
    for name, service in house.services.items():
        service.answers["GET /v1/work-items"] = _listing(own[name])
    seen: list[int] = []
    cursor = ""
    for _ in range(10):
        answer = (await house.ask("GET", f"/v1/work-items?limit=2{cursor}")).json()
        assert answer["missing"] == []
        seen += [UUID(item["id"]).int for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == list(range(1, 10))


def _listing(numbers: list[int]) -> Any:

    async def answer(request: web.Request) -> web.Response:
        given = request.query.get("cursor")
        after = decode_cursor(given, UUID)[0].int if given else 0
        left = [number for number in numbers if number > after]
        limit = int(request.query["limit"])
        more = encode_cursor(UUID(int=left[limit - 1])) if len(left) > limit else None
        return web.json_response(page(*left[:limit], more=more))

    return answer


async def test_audit_records_of_all_services_come_newest_first_and_none_is_skipped_at_a_page_end(
    house: House,
) -> None:
    house.registry.grants[TELLER] = [grant("auditor", "/hq/")]
    at = ["2026-11-22T01:00:00Z", "2026-11-22T01:00:00.500000Z", "2026-11-22T01:00:02Z"]
    # The same moment and the same number in two services: told apart by the service's name.
    own = {name: [(moment, 7) for moment in at] for name in SERVICES[:2]} | {SERVICES[2]: [(at[1], 9)], SERVICES[3]: []}
    for name, service in house.services.items():
        service.answers["GET /v1/audit-records"] = _audit_of(name, own[name])
    seen: list[tuple[str, str, int]] = []
    cursor = ""
    for _ in range(10):
        answer = (await house.ask("GET", f"/v1/audit-records?limit=2&client_id={CLIENT}{cursor}")).json()
        seen += [(item["at"], item["service"], item["id"]) for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    every = [(moment, name, number) for name, rows in own.items() for moment, number in rows]
    assert seen == sorted(every, key=lambda row: (datetime.fromisoformat(row[0]), *row[1:]), reverse=True)


def _audit_of(name: str, rows: list[tuple[str, int]]) -> Any:

    async def answer(request: web.Request) -> web.Response:
        keys = sorted(((datetime.fromisoformat(moment), name, number) for moment, number in rows), reverse=True)
        if given := request.query.get("cursor"):
            keys = [key for key in keys if key < decode_cursor(given, datetime, str, int)]
        limit = int(request.query["limit"])
        shown = [{"at": at.isoformat(), "service": name, "id": number} for at, _, number in keys[:limit]]
        for item in shown:
            item["at"] = next(
                m for m, _ in rows if datetime.fromisoformat(m) == datetime.fromisoformat(str(item["at"]))
            )
        more = encode_cursor(*keys[limit - 1]) if len(keys) > limit else None
        return web.json_response({"items": shown, "next_cursor": more})

    return answer


async def test_work_items_name_the_services_that_gave_no_answer(house: House) -> None:
    for service in house.services.values():
        service.says("GET /v1/work-items", page(1))
    house.cards.says("GET /v1/work-items", {"code": "store.away"}, status=503)
    answer = await house.ask("GET", "/v1/work-items")
    assert answer.status == 200
    assert answer.json()["missing"] == [{"service": "card-service", "code": "upstream.away"}]
    for service in house.services.values():
        service.says("GET /v1/work-items", {"code": "store.away"}, status=503)
    assert (await house.ask("GET", "/v1/work-items")).status == 503


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=abc", "owner=staff:1"])
async def test_a_broken_page_is_refused(house: House, query: str) -> None:
    assert (await house.ask("GET", f"/v1/work-items?{query}")).status == 422


async def test_an_operation_is_looked_for_service_by_service_until_one_knows_it(house: House) -> None:
    operation = "/v1/operations/1"
    for name in SERVICES:
        house.services[name].says(f"GET {operation}", {"code": "not-found"}, status=404)
    assert (await house.ask("GET", operation)).status == 404
    house.services["complaint-service"].says(f"GET {operation}", {"id": "1", "status": "running"})
    answer = await house.ask("GET", operation)
    assert answer.json() == {"id": "1", "status": "running"}
    assert len(house.services["engagement-service"].seen) == 1


async def test_while_one_service_is_away_what_the_others_do_not_know_is_not_called_unknown(house: House) -> None:
    for name in SERVICES:
        house.services[name].says("GET /v1/operations/1", {"code": "not-found"}, status=404)
    upstreams = house.doors.public._app._parts.upstreams  # type: ignore[attr-defined]
    upstreams._addresses["card-service"] = "http://127.0.0.1:9"
    answer = await house.ask("GET", "/v1/operations/1")
    assert (answer.status, answer.code) == (503, "upstream.away")


async def test_a_completion_reaches_the_service_that_has_the_item_with_body_and_key(house: House) -> None:
    target = f"/v1/work-items/{LOOKUP}/completions"
    for name in SERVICES[:3]:
        house.services[name].says(f"POST {target}", {"code": "not-found"}, status=404)
    await house.ask("POST", target, json={"result": "reached"}, headers={"Idempotency-Key": "k-9"})
    seen = house.services["engagement-service"].seen[-1]
    assert (json.loads(seen.body), seen.headers["idempotency-key"]) == ({"result": "reached"}, "k-9")


async def test_a_client_may_not_have_what_is_for_any_staff(house: House, contracts: Path) -> None:
    assert (await house.ask("GET", "/v1/work-items", by=f"client:{CLIENT}")).status == 403
    house.registry.grants[TELLER] = [grant("auditor", "/hq/")]
    for service in house.services.values():
        service.says("GET /v1/work-items", page())
    assert (await house.ask("GET", "/v1/work-items")).status == 200
