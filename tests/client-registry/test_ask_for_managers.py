"""Who serves a client, layer behind layer; and who is served by nobody."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from client_registry.use_cases.ask_for_managers import ask_for_managers

LAYERS = [
    "relationship_manager", "wealth_centre_head", "quality_client_group", "key_client_section",
    "client_service_division",
]  # fmt: skip


async def post(bank, staff_no: str, unit: str, role: str) -> UUID:
    """Another posting for somebody of the small bank."""
    person = (await bank.row("SELECT id FROM staff WHERE staff_no = $1", staff_no))["id"]
    await bank.run(
        "INSERT INTO postings (id, staff_id, unit_id, role, reach, from_on) VALUES ($1, $2, $3, $4, 'unit', $5)",
        uuid4(), person, bank.units[unit], role, date(2026, 1, 1),
    )  # fmt: skip
    return person


async def leave(bank, staff_no: str) -> None:
    await bank.run(
        "UPDATE postings SET until_on = $1 WHERE staff_id = (SELECT id FROM staff WHERE staff_no = $2)",
        date(2026, 11, 21), staff_no,
    )  # fmt: skip


async def team(call, by, client):
    answer = await call(by, "GET", f"/v1/clients/{client}/service-team")
    assert answer.status_code == 200, answer.text
    layers = answer.json()["layers"]
    assert [layer["layer"] for layer in layers] == LAYERS
    return {layer["layer"]: layer for layer in layers}


@pytest.mark.requirement("CR-44", "XC-2")
async def test_every_layer_names_its_people_with_phone_unit_and_reason(bank, call, person) -> None:
    for staff_no, unit in (("1005", "bj-01"), ("1008", "bj"), ("1009", "hq"), ("2002", "sh")):
        await post(bank, staff_no, unit, "client_service_section")
    client = await bank.add_client(manager="staff:1001", tier="wealth")
    for reader in (person("1001"), person("1003"), person("client", client)):
        found = await team(call, reader, client)
        assert {code: [p["subject"] for p in layer["people"]] for code, layer in found.items()} == {
            "relationship_manager": ["staff:1001"], "wealth_centre_head": ["staff:1003"],
            "quality_client_group": ["staff:1005"], "key_client_section": ["staff:1008"],
            "client_service_division": ["staff:1009"],
        }  # fmt: skip
    (manager,) = found["relationship_manager"]["people"]
    assert (manager["name"], manager["work_phone"], manager["unit"]["en"], manager["stands_in_for"]) == (
        "王经理", "010-66001001", "Unit bj-01-c1", None,
    )  # fmt: skip
    head = found["wealth_centre_head"]
    assert head["gap"] is None and head["article"] == "WMC 客户服务机制"
    assert "理财中心" in head["why"]["zh"] and "wealth centre" in head["why"]["en"]
    assert (await call(person("1002"), "GET", f"/v1/clients/{client}/service-team")).status_code == 404
    assert (await call(person("1003"), "GET", f"/v1/clients/{uuid4()}/service-team")).status_code == 404


@pytest.mark.requirement("CR-44")
async def test_a_layer_without_anybody_is_stated_as_a_gap(bank, call, person) -> None:
    client = await bank.add_client(home="bj-01-o1")
    found = await team(call, person("1004"), client)
    for code in ("relationship_manager", "wealth_centre_head", "quality_client_group", "client_service_division"):
        assert found[code]["people"] == [] and found[code]["gap"]["zh"] and found[code]["gap"]["en"]


@pytest.mark.requirement("CR-44")
async def test_who_left_is_not_named_and_who_stands_in_is(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    ids = {row["staff_no"]: row["id"] for row in await bank.rows("SELECT staff_no, id FROM staff")}
    for giver, role in (("1001", "relationship_manager"), ("1003", "wealth_centre_head")):
        await bank.run(
            "INSERT INTO delegations (id, from_staff_id, to_staff_id, unit_id, role, reach, from_at, until_at)"
            " VALUES ($1, $2, $3, $4, $5, 'own', $6, $7)",
            uuid4(), ids[giver], ids["1002"], bank.units["bj-01-c1"], role, bank.now - timedelta(days=1),
            bank.now + timedelta(hours=1),
        )  # fmt: skip
    found = await team(call, person("1003"), client)
    assert [(p["subject"], p["stands_in_for"]) for p in found["relationship_manager"]["people"]] == [
        ("staff:1001", None), ("staff:1002", "staff:1001"),
    ]  # fmt: skip
    assert [(p["subject"], p["stands_in_for"]) for p in found["wealth_centre_head"]["people"]] == [
        ("staff:1003", None), ("staff:1002", "staff:1003"),
    ]  # fmt: skip
    bank.now = bank.now + timedelta(hours=1)
    found = await team(call, person("1003"), client)
    assert [p["subject"] for p in found["relationship_manager"]["people"]] == ["staff:1001"]
    await leave(bank, "1001")
    assert (await team(call, person("1003"), client))["relationship_manager"]["gap"] is not None


@pytest.mark.requirement("CR-43", "CR-44")
async def test_a_vip_client_without_a_manager_is_listed_and_becomes_work_for_the_head_once(bank, call, person) -> None:
    free = await bank.add_client(tier="wealth")
    left = await bank.add_client(tier="private_banking", manager="staff:1002")
    await bank.add_client(tier="wealth", manager="staff:1001")
    await bank.add_client(tier="mass")
    far = await bank.add_client(tier="wealth", home="sh-01-c1")
    await leave(bank, "1002")
    listed = (await call(person("1003"), "GET", "/v1/clients-without-manager")).json()["items"]
    assert [(item["client_id"], item["former_manager"]) for item in listed] == [
        (str(free), None), (str(left), "staff:1002"),
    ]  # fmt: skip
    first = (await call(person("1003"), "GET", "/v1/clients-without-manager", params={"limit": 1})).json()
    rest = {"limit": 1, "cursor": first["next_cursor"]}
    second = (await call(person("1003"), "GET", "/v1/clients-without-manager", params=rest)).json()
    assert [item["client_id"] for item in first["items"] + second["items"]] == [str(free), str(left)]
    assert (await call(person("1001"), "GET", "/v1/clients-without-manager")).status_code == 403
    for expected in (3, 0):
        async with bank.database.transaction() as tx:
            assert await ask_for_managers(tx, now=bank.now) == expected
    items = await bank.rows("SELECT client_id, owner_role, unit_path FROM work_items WHERE kind = 'manager.missing'")
    assert {(item["client_id"], item["unit_path"]) for item in items} == {
        (free, "/hq/bj/bj-01/bj-01-c1/"), (left, "/hq/bj/bj-01/bj-01-c1/"), (far, "/hq/sh/sh-01-c1/"),
    }  # fmt: skip
    assert {item["owner_role"] for item in items} == {"wealth_centre_head"}


async def test_the_work_ends_when_a_manager_is_assigned(bank, call, person) -> None:
    client = await bank.add_client(tier="wealth")
    async with bank.database.transaction() as tx:
        await ask_for_managers(tx, now=bank.now)
    assigned = await call(
        person("1003"), "POST", f"/v1/clients/{client}/manager-assignments", body={"manager": "staff:1002"}
    )
    assert assigned.status_code == 201
    assert (await bank.row("SELECT status, result FROM work_items")) == {"status": "done", "result": "manager-assigned"}
    assert (await call(person("1003"), "GET", "/v1/clients-without-manager")).json()["items"] == []
