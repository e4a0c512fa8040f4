"""The service over HTTP: who may see what, explanations in words, the memo, bad input."""

from collections.abc import AsyncIterator

import pytest
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from engagement_service.app import SERVICE

HEAD = Principal("staff:2003", (Grant("wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", "unit"),))
ELSEWHERE = Principal("staff:3003", (Grant("wealth_centre_head", "/hq/sh/", "unit"),))
MANAGER = Principal("staff:10023", (Grant("relationship_manager", "/hq/bj/bj-01/bj-01-c1/", "own"),))
OTHER_MANAGER = Principal("staff:10024", (Grant("relationship_manager", "/hq/bj/bj-01/bj-01-c1/", "own"),))
AGENT = Principal("staff:9002", (Grant("call_centre_agent", "/hq/", "unit"),))


def himself(client_id) -> Principal:
    return Principal(f"client:{client_id}", (Grant("client", "/", "own"),))


@pytest.fixture
async def face(serve, database, engagement_url, now) -> AsyncIterator:
    async with serve(SERVICE, engagement_url, now=now) as face:
        yield face


def a_contact(client, **changes) -> dict:
    return {
        "client_id": str(client), "channel": "phone", "direction": "outbound", "reason": "cadence", "reached": True,
        "happened_at": "2026-11-20T09:30:00+08:00", "memo": "希望了解大额存单",
    } | changes  # fmt: skip


@pytest.mark.requirement("EN-1")
async def test_a_plan_says_why_in_words_and_in_figures(face, told) -> None:
    client = await told.register(band="ge_8m")
    await told.consent(client, wish="yearly")
    answer = await face(MANAGER, "GET", f"/v1/clients/{client}/contact-plan")
    assert answer.status_code == 200
    why = answer.json()["explanation"]
    assert (why["rule"], why["article"], why["wish_conflicts"]) == ("EN-1", "BOC-S Art. 31(2)", True)
    assert "once a week" in why["sentence"]
    assert "yearly" in why["sentence"]
    assert why["inputs"]["asset_band"] == "ge_8m"


async def test_a_client_sees_his_own_plan_and_nobody_elses(face, told) -> None:
    mine, another = await told.register(band="ge_8m"), await told.register(band="ge_8m")
    assert (await face(himself(mine), "GET", f"/v1/clients/{mine}/contact-plan")).status_code == 200
    assert (await face(himself(mine), "GET", f"/v1/clients/{another}/contact-plan")).status_code == 404
    assert (await face(himself(mine), "GET", f"/v1/clients/{mine}/contacts")).status_code == 403


@pytest.mark.parametrize(
    ("who", "status"), [(HEAD, 200), (MANAGER, 200), (ELSEWHERE, 404), (OTHER_MANAGER, 404), (AGENT, 403)]
)
async def test_the_memo_is_read_within_its_place_only(face, told, who, status) -> None:
    client = await told.register(band="ge_8m")
    assert (await face(MANAGER, "POST", "/v1/contacts", a_contact(client))).status_code == 201
    answer = await face(who, "GET", f"/v1/clients/{client}/contacts")
    assert answer.status_code == status
    if status == 200:
        assert [entry["memo"] for entry in answer.json()["items"]] == ["希望了解大额存单"]


async def test_reading_the_memo_leaves_a_trace(face, told, database) -> None:
    client = await told.register(band="ge_8m")
    await face(HEAD, "GET", f"/v1/clients/{client}/contacts")
    async with database.reading() as tx:
        readers = await tx.connection.fetch("SELECT act FROM audit WHERE client_id = $1", client)
    assert [row["act"] for row in readers] == ["contact.read-memo"]


@pytest.mark.requirement("EN-12", "EN-13")
async def test_a_logged_contact_answers_with_the_next_one_and_twins_are_one(face, told, database) -> None:
    client = await told.register(band="ge_8m")
    first = await face(MANAGER, "POST", "/v1/contacts", a_contact(client), key="contact-1")
    again = await face(MANAGER, "POST", "/v1/contacts", a_contact(client), key="contact-1")
    assert first.json() == again.json()
    assert first.json()["next_latest_on"] == "2026-11-27"
    async with database.reading() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM contacts WHERE client_id = $1", client) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"channel": "pigeon"}, "/channel"),
        ({"happened_at": "2026-11-20T09:30:00"}, "/happened_at"),
        ({"client_id": "12"}, "/client_id"),
        ({"memo": "x" * 4001}, "/memo"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_bad_input_names_its_field_and_echoes_nothing(face, told, change, pointer) -> None:
    client = await told.register(band="ge_8m")
    answer = await face(MANAGER, "POST", "/v1/contacts", a_contact(client, **change))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "pigeon" not in answer.text
    assert "xxxx" not in answer.text


async def test_a_contact_with_another_units_client_is_not_found(face, told) -> None:
    client = await told.register(band="ge_8m")
    answers = [
        await face(OTHER_MANAGER, "POST", "/v1/contacts", a_contact(client)),
        await face(OTHER_MANAGER, "POST", "/v1/contacts", a_contact(new_id())),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not-found")] * 2


async def test_a_manager_sees_that_marketing_is_muted(face, told) -> None:
    client = await told.register(band="ge_8m")
    await told.complain(client)
    answer = await face(MANAGER, "GET", f"/v1/clients/{client}/mutes")
    assert answer.json()["marketing_muted"] is True
    assert answer.json()["items"][0]["return_visit_due_on"] == "2026-11-26"


async def test_the_days_list_is_paged_without_gaps(face, told) -> None:
    manager = Principal("staff:555", (Grant("relationship_manager", "/hq/bj/bj-01/bj-01-c1/", "own"),))
    mine = {str(await told.register(band="ge_8m", manager="staff:555")) for _ in range(5)}
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = (await face(manager, "GET", "/v1/contact-plans", **query)).json()
        seen += [plan["client_id"] for plan in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == mine
