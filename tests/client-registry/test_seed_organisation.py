"""The organisation from a file; what a caller may do by it, at once."""

import copy
from datetime import timedelta

import pytest
from client_registry.domain.organisation import OrganisationRefused
from client_registry.domain.reference import read_organisation
from client_registry.use_cases.seed_organisation import seed_organisation

from .conftest import UNITS


@pytest.fixture
def organisation() -> dict:
    return {
        "units": [
            {"code": "HQ", "parent_code": None, "kind": "head_office", "name_zh": "总行", "name_en": "Head office"},
            {"code": "GD-01", "parent_code": "GD", "kind": "second_level_branch", "name_zh": "东莞", "name_en": "Dongguan"},
            {"code": "GD", "parent_code": "HQ", "kind": "first_level_branch", "name_zh": "广东", "name_en": "Guangdong",
             "branch_code": "GD"},
        ],
        "staff": [
            {"staff_no": "9001", "name": "甲", "postings": [
                {"unit_code": "GD-01", "role": "relationship_manager", "reach": "own"},
                {"unit_code": "GD", "role": "auditor", "reach": "unit"},
            ]},
        ],
    }  # fmt: skip


@pytest.fixture
async def seed(bank):
    await bank.run("DELETE FROM tier_policies; DELETE FROM postings; DELETE FROM staff; DELETE FROM outbox")
    await bank.run("DELETE FROM unit_history; DELETE FROM units")

    async def seeded(given: dict):
        async with bank.database.transaction() as tx:
            return await seed_organisation(tx, read_organisation(given), now=bank.now)

    return seeded


@pytest.mark.requirement("XC-1")
async def test_units_get_their_paths_whatever_the_order_in_the_file(bank, seed, organisation) -> None:
    assert (await seed(organisation)).units == 3
    paths = [row["path"] for row in await bank.rows("SELECT path FROM units ORDER BY path")]
    assert paths == ["/hq/", "/hq/gd/", "/hq/gd/gd-01/"]
    said = await bank.said("OrgUnitChanged")
    assert [unit["code"] for unit in said] == ["HQ", "GD", "GD-01"]
    assert said[1]["branch_code"] == "GD" and said[1]["parent_id"] == said[0]["unit_id"]


async def test_the_same_file_twice_changes_nothing_and_says_nothing(bank, seed, organisation) -> None:
    await seed(organisation)
    before = await bank.rows("SELECT id FROM outbox")
    again = await seed(organisation)
    assert (again.units, again.postings) == (0, 0)
    assert await bank.rows("SELECT id FROM outbox") == before


async def test_a_changed_name_is_said_with_the_next_version(bank, seed, organisation) -> None:
    await seed(organisation)
    changed = copy.deepcopy(organisation)
    changed["units"][2]["name_zh"] = "广东省分行"
    assert (await seed(changed)).units == 1
    rows = await bank.rows("SELECT aggregate_version FROM outbox WHERE data->>'code' = 'GD' ORDER BY id")
    assert [row["aggregate_version"] for row in rows] == [1, 2]


async def test_a_revoked_posting_disappears_at_once(bank, seed, organisation, call, person) -> None:
    await seed(organisation)
    gateway, path = person("system", "gateway"), "/internal/principals/staff:9001"
    grants = (await call(gateway, "GET", path)).json()["grants"]
    assert grants == [
        {"role": "auditor", "unit_path": "/hq/gd/", "reach": "unit", "until": None},
        {"role": "relationship_manager", "unit_path": "/hq/gd/gd-01/", "reach": "own", "until": None},
    ]
    less = copy.deepcopy(organisation)
    less["staff"][0]["postings"].pop()
    await seed(less)
    grants = (await call(gateway, "GET", path)).json()["grants"]
    assert [grant["role"] for grant in grants] == ["relationship_manager"]
    ended = (await bank.said("StaffPosted"))[-1]
    assert (ended["role"], ended["until_on"]) == ("auditor", "2026-11-21")
    less["staff"][0]["postings"] = []
    await seed(less)
    assert (await call(gateway, "GET", path)).status_code == 404
    assert (await seed(organisation)).postings == 2
    assert len((await call(gateway, "GET", path)).json()["grants"]) == 2


async def test_a_delegation_gives_the_right_until_it_ends(bank, call, person) -> None:
    ids = {row["staff_no"]: row["id"] for row in await bank.rows("SELECT staff_no, id FROM staff")}
    until = bank.now + timedelta(hours=2)
    await bank.run(
        "INSERT INTO delegations (id, from_staff_id, to_staff_id, unit_id, role, reach, from_at, until_at)"
        " VALUES (uuidv7(), $1, $2, $3, 'wealth_centre_head', 'unit', $4, $5)",
        ids["1003"], ids["1001"], bank.units["bj-01-c1"], bank.now, until,
    )  # fmt: skip
    gateway, path = person("system", "gateway"), "/internal/principals/staff:1001"
    assert [grant["role"] for grant in (await call(gateway, "GET", path)).json()["grants"]] == [
        "relationship_manager",
        "wealth_centre_head",
    ]
    bank.now = until
    assert len((await call(gateway, "GET", path)).json()["grants"]) == 1


async def test_a_client_is_a_client_and_nobody_else_may_ask(bank, call, person) -> None:
    client = await bank.add_client()
    gateway = person("system", "gateway")
    answer = await call(gateway, "GET", f"/internal/principals/client:{client}")
    assert answer.json()["grants"] == [
        {"role": "client", "unit_path": "/hq/bj/bj-01/bj-01-c1/", "reach": "own", "until": None}
    ]
    for unknown in ("client:019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", "client:x", "staff:0", "robot:1"):
        assert (await call(gateway, "GET", f"/internal/principals/{unknown}")).status_code == 404
    assert (await call(person("1009"), "GET", "/internal/principals/staff:1001")).status_code == 403
    assert (await call(person("system", "card-service"), "GET", "/internal/principals/staff:1001")).status_code == 403


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda o: o["units"][1].update(parent_code="nowhere"), "parent"),
        (lambda o: o["units"][0].update(parent_code="GD-01"), "parent"),
        (lambda o: o["units"][0].update(kind="moon"), "moon"),
        (lambda o: o["staff"][0]["postings"][0].update(role="king"), "king"),
        (lambda o: o["staff"][0]["postings"][0].update(unit_code="nowhere"), "nowhere"),
        (lambda o: o["units"][0].pop("name_zh"), "name_zh"),
    ],
)
async def test_a_file_that_makes_no_organisation_is_refused_whole(bank, seed, organisation, change, reason) -> None:
    change(organisation)
    with pytest.raises(OrganisationRefused, match=reason):
        await seed(organisation)
    assert await bank.rows("SELECT id FROM units") == []


async def test_people_see_units_and_staff_around_their_own_place(call, person) -> None:
    units = (await call(person("1001"), "GET", "/v1/units")).json()["items"]
    assert [unit["code"] for unit in units] == ["hq", "bj", "bj-01", "bj-01-c1"]
    everything = (await call(person("1009"), "GET", "/v1/units", params={"limit": 200})).json()["items"]
    assert len(everything) == len(UNITS)
    found = (await call(person("1004"), "GET", "/v1/staff", params={"role": "relationship_manager"})).json()["items"]
    assert [(one["subject"], one["name"]) for one in found] == [("staff:1001", "王经理"), ("staff:1002", "李经理")]
    narrowed = await call(person("1009"), "GET", "/v1/staff", params={"unit_code": "sh-01-c1"})
    assert [one["staff_no"] for one in narrowed.json()["items"]] == ["2001"]
