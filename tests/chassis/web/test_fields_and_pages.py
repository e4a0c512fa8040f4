"""Refused fields, ETags, cursors and what a caller may see."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.etags import etag
from chassis.identity import Grant, Principal
from chassis.pages import CursorBroken, decode_cursor, encode_cursor
from chassis.policy import allow
from chassis.scope import scope_of
from chassis.texts import Language, Text, negotiate

Headers = Callable[..., dict[str, str]]
Keeper = Callable[..., Principal]
Shelve = Callable[..., Awaitable[UUID]]

CANARY = "13800138000"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/name", "field.missing"),
        ({"name": CANARY}, "/name", "field.string-pattern-mismatch"),
        ({"name": 7}, "/name", "field.string-type"),
        ({"name": "a", "count": CANARY + "x"}, "/count", "field.int-parsing"),
        ({"name": "a", "count": -13800138000}, "/count", "field.greater-than"),
        ({"name": "a", "kind": CANARY}, "/kind", "field.literal-error"),
        ({"name": "a", "client_id": CANARY}, "/client_id", "field.uuid-parsing"),
        ({"name": "a", "tags": [CANARY, "b", "c"]}, "/tags", "field.too-long"),
        ({"name": "a", "tags": [1]}, "/tags/0", "field.string-type"),
        ({"name": "a", "days": [None, 0]}, "/days/1", "field.date-type"),
        ({"name": "a", "days": ["0"]}, "/days/0", "field.date-parsing"),
        ({"name": "a", "days": ["2026-11-22T00:00:00"]}, "/days/0", "field.date-parsing"),
        ({"name": "a", "asked_at": 1380013800}, "/asked_at", "field.datetime-type"),
        ({"name": "a", "asked_at": "1380013800"}, "/asked_at", "field.datetime-parsing"),
        ({"name": "a", "surname": CANARY}, "/surname", "field.extra-forbidden"),
        ({"name": "a", CANARY: 1}, "/*", "field.extra-forbidden"),
        ([CANARY], "", "field.model-attributes-type"),
        (CANARY, "", "field.model-attributes-type"),
    ],
)
async def test_a_refused_field_is_named_by_pointer_and_its_value_never_returns(
    client: httpx.AsyncClient, headers: Headers, body: Any, pointer: str, code: str
) -> None:
    answer = await client.post("/v1/questions", json=body, headers=headers(accept_language="en"))
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [(error["in"], error["pointer"], error["code"]) for error in errors] == [("body", pointer, code)]
    assert CANARY not in answer.text
    assert answer.headers["content-language"] == "en"


async def test_refused_fields_are_explained_in_chinese_by_default(client: httpx.AsyncClient, headers: Headers) -> None:
    answer = await client.post("/v1/questions", json={"name": "a", "count": 0}, headers=headers())
    assert answer.json()["errors"][0]["detail"] == "须大于 0。"


async def test_a_query_parameter_is_refused_in_its_own_place(client: httpx.AsyncClient, headers: Headers) -> None:
    answer = await client.post("/v1/questions?depth=13800138000", json={"name": "a"}, headers=headers())
    assert answer.json()["errors"][0] | {"detail": ""} == {
        "in": "query",
        "pointer": "/depth",
        "code": "field.less-than-equal",
        "detail": "",
    }
    assert CANARY not in answer.text


async def test_a_query_parameter_that_the_operation_does_not_have_is_refused_not_ignored(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """A filter that nobody applies would show everything; a name that is no field name is not repeated."""
    answer = await client.get(f"/v1/things?limit=1&colour=red&{CANARY}=1", headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    errors = [(error["in"], error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert errors == [("query", "/colour", "field.extra-forbidden"), ("query", "/*", "field.extra-forbidden")]
    assert CANARY not in answer.text


async def test_what_a_get_refuses_itself_stood_in_the_query(client: httpx.AsyncClient, headers: Headers) -> None:
    answer = await client.get("/v1/things?cursor=broken", headers=headers())
    assert [(error["in"], error["pointer"]) for error in answer.json()["errors"]] == [("query", "/cursor")]


@pytest.mark.parametrize("content", [b"{", b'{"name": "13800138000', b"\xff\xfe", b"[" * 100_000])
async def test_broken_json_is_a_400(client: httpx.AsyncClient, headers: Headers, content: bytes) -> None:
    answer = await client.post("/v1/questions", content=content, headers=headers(content_type="application/json"))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert CANARY not in answer.text


async def test_a_body_that_is_not_json_is_refused(client: httpx.AsyncClient, headers: Headers) -> None:
    answer = await client.post("/v1/questions", content=b"name=a", headers=headers(content_type="text/plain"))
    assert answer.status_code == 422


@pytest.mark.parametrize("amount", ["12.3.4", "1e5", "NaN", "", "12,30"])
async def test_money_is_a_plain_decimal_in_text(client: httpx.AsyncClient, headers: Headers, amount: str) -> None:
    body = {"label": f"m {uuid4().hex}", "price": {"amount": amount, "currency": "CNY"}}
    answer = await client.post("/v1/things", json=body, headers=headers())
    assert answer.json()["errors"][0]["pointer"] == "/price/amount"


async def test_a_change_needs_the_etag_last_read(client: httpx.AsyncClient, headers: Headers, shelve: Shelve) -> None:
    path = f"/v1/things/{await shelve()}"
    read = await client.get(path, headers=headers())
    assert read.headers["cache-control"] == "no-store"
    tag = read.headers["etag"]
    body = {"label": f"new {uuid4().hex}"}
    missing = await client.patch(path, json=body, headers=headers())
    anything = await client.patch(path, json=body, headers=headers(if_match="*"))
    weak = await client.patch(path, json=body, headers=headers(if_match=f"W/{tag}"))
    assert (missing.status_code, anything.status_code, weak.status_code) == (428, 428, 412)
    assert (await client.patch(path, json=body, headers=headers(if_match=tag))).status_code == 200
    stale = await client.patch(path, json={"label": "late"}, headers=headers(if_match=tag))
    assert (stale.status_code, stale.json()["code"]) == (412, "if-match.stale")


async def test_each_language_has_its_own_tag_and_either_lets_a_change_through(
    client: httpx.AsyncClient, headers: Headers, shelve: Shelve
) -> None:
    path = f"/v1/things/{await shelve()}"
    chinese = (await client.get(path, headers=headers())).headers["etag"]
    english = (await client.get(path, headers=headers(accept_language="en"))).headers["etag"]
    assert chinese != english
    changed = await client.patch(path, json={"label": f"n {uuid4().hex}"}, headers=headers(if_match=english))
    assert changed.status_code == 200
    assert etag(3) == '"3"' and etag(3, "masked").startswith('"3-')


async def test_a_list_is_read_in_pages_without_a_gap_or_a_double(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, shelve: Shelve
) -> None:
    place = f"/hq/{uuid4().hex[:8]}/"
    shelved = {str(await shelve(unit_path=place)) for _ in range(7)}
    mine = headers(keeper(place))
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        found = (await client.get("/v1/things", params=asked, headers=mine)).json()
        assert set(found) == {"items", "next_cursor"}
        seen += [item["id"] for item in found["items"]]
        cursor = found["next_cursor"]
    assert cursor is None
    assert len(seen) == 7 and set(seen) == shelved


@pytest.mark.parametrize("limit", ["0", "201", "x"])
async def test_a_page_has_one_to_two_hundred_entries(client: httpx.AsyncClient, headers: Headers, limit: str) -> None:
    answer = await client.get("/v1/things", params={"limit": limit}, headers=headers())
    assert answer.json()["errors"][0]["pointer"] == "/limit"


SOME_ID = UUID("019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11")


@pytest.mark.parametrize(
    "cursor",
    ["x", "?", "AAAA", encode_cursor("not an id"), encode_cursor(SOME_ID, 1), encode_cursor(SOME_ID)[:-2] + "zz"],
)
async def test_a_broken_cursor_is_refused(client: httpx.AsyncClient, headers: Headers, cursor: str) -> None:
    answer = await client.get("/v1/things", params={"cursor": cursor}, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor.broken")


def test_a_cursor_keeps_every_kind_of_key() -> None:
    key = (uuid4(), datetime(2026, 11, 22, tzinfo=UTC), date(2026, 11, 22), Decimal("1.20"), 7, "甲", None)
    kinds = (UUID, datetime, date, Decimal, int, str, str)
    assert decode_cursor(encode_cursor(*key), *kinds) == key
    with pytest.raises(CursorBroken):
        decode_cursor(encode_cursor("one"), Decimal)


async def test_a_scope_is_the_places_below_and_nothing_beside_them(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, shelve: Shelve
) -> None:
    here, below, beside, serving = (
        await shelve(unit_path="/hq/b_1/"),
        await shelve(unit_path="/hq/b_1/x/y/"),
        # The underscore of a unit's code must not match like a pattern's.
        await shelve(unit_path="/hq/bz1/"),
        await shelve(unit_path="/hq/zz/", serving_paths=["/hq/b_1/s/"]),
    )
    mine = headers(keeper("/hq/b_1/"))
    found = {
        thing: (await client.get(f"/v1/things/{thing}", headers=mine)).status_code for thing in (here, below, serving)
    }
    assert set(found.values()) == {200}
    assert (await client.get(f"/v1/things/{beside}", headers=mine)).status_code == 404


async def test_who_reaches_only_his_own_sees_only_what_he_keeps(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, shelve: Shelve
) -> None:
    mine, others = await shelve(owner="staff:41"), await shelve(owner="staff:42")
    caller = headers(keeper("/hq/bj/bj-01/", reach="own", subject="staff:41"))
    assert (await client.get(f"/v1/things/{mine}", headers=caller)).status_code == 200
    assert (await client.get(f"/v1/things/{others}", headers=caller)).status_code == 404


async def test_a_client_sees_only_what_is_about_himself(
    client: httpx.AsyncClient, headers: Headers, shelve: Shelve
) -> None:
    one, other = uuid4(), uuid4()
    mine = await shelve(client_id=str(one))
    await shelve(client_id=str(other))
    caller = Principal(f"client:{one}", (Grant("client", "/", "own"),))
    found = (await client.get("/v1/things", headers=headers(caller))).json()["items"]
    assert [item["id"] for item in found] == [str(mine)]


def test_only_grants_of_allowed_roles_give_places() -> None:
    both = Principal("staff:1", (Grant("keeper", "/hq/a/", "unit"), Grant("auditor", "/hq/", "unit")))
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert scope_of(both, allow("keeper"), now).paths == ["/hq/a/%"]
    assert scope_of(both, allow("keeper") | allow("auditor"), now).covers("/hq/anywhere/")
    assert not scope_of(both, allow("keeper"), now).covers("/hq/b/")


def test_joining_policies_never_widens_a_place() -> None:
    assert not (allow("agent", nationwide=True) | allow("keeper")).nationwide
    assert (allow("agent", nationwide=True) | allow("head", nationwide=True)).nationwide


@pytest.mark.parametrize(
    ("field", "language"),
    [
        (None, Language.ZH),
        ("", Language.ZH),
        ("en", Language.EN),
        ("en-GB,zh;q=0.5", Language.EN),
        ("zh-TW", Language.ZH),
        ("fr, en;q=0.3", Language.EN),
        ("en;q=0.2, zh-CN;q=0.9", Language.ZH),
        ("en;q=0", Language.ZH),
        ("de", Language.ZH),
        ("*", Language.ZH),
        ("en;q=x", Language.ZH),
        ("en;Q", Language.ZH),
        ("en;q=", Language.ZH),
        ("en;q=.5, zh;q=.4", Language.ZH),
    ],
)
def test_the_language_is_negotiated(field: str | None, language: Language) -> None:
    assert negotiate(field) is language


def test_a_half_translated_sentence_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="different parameters"):
        Text(en="At least {least}.", zh="至少。")
