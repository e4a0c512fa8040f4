"""Units by API: opened, renamed, moved, closed, with their history (XC-1, XC-2, XC-3, CR-27, CR-43, XC-7)."""

from datetime import date, timedelta

import pytest
from chassis import operations, work_items
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.migrating import differences
from client_registry.app import SERVICE

from .conftest import UNITS

STEWARD = Principal("staff:1008", (Grant("data_steward", "/hq/bj/", "unit"),))
HEAD_OFFICE = Principal("staff:9000", (Grant("head_office_personal_banking", "/hq/", "unit"),))


def a_unit(bank, **wanted):
    return {
        "parent_id": str(bank.units["bj-01"]), "kind": "outlet", "code": "bj-01-o9", "name_zh": "第九网点",
        "name_en": "Outlet 9", "reason": "批复12号", **wanted,
    }  # fmt: skip


def codes(answer) -> list[str]:
    return [f"{error['pointer']} {error['code']}" for error in answer.json()["errors"]]


async def tag(call, by, path) -> dict[str, str]:
    return {"If-Match": (await call(by, "GET", path)).headers["ETag"]}


@pytest.fixture
def at(bank):
    return lambda code: f"/v1/units/{bank.units[code]}"


async def test_the_migrations_make_what_the_tables_say(registry_url) -> None:
    assert await differences(registry_url, metadata=SERVICE.metadata) == []


@pytest.mark.requirement("XC-1", "CR-27")
async def test_a_steward_opens_a_unit_below_his_branch_and_everybody_is_told(bank, call) -> None:
    answer = await call(STEWARD, "POST", "/v1/units", body=a_unit(bank, service_institution="wealth_management_centre"))
    assert answer.status_code == 201
    unit = answer.json()
    assert (unit["path"], unit["service_institution"], unit["branch_code"]) == (
        "/hq/bj/bj-01/bj-01-o9/", "wealth_management_centre", None,
    )  # fmt: skip
    said = (await bank.said("OrgUnitChanged"))[-1]
    assert (said["unit_id"], said["service_institution"]) == (unit["id"], "wealth_management_centre")
    (row,) = await bank.rows("SELECT subject, act FROM audit WHERE object_id = $1", unit["id"])
    assert row == {"subject": "staff:1008", "act": "unit.opened"}
    (then,) = (await call(STEWARD, "GET", f"/v1/units/{unit['id']}/history")).json()["items"]
    assert (then["cause"], then["reason"], then["changed_by"], then["until_at"]) == (
        "opened", "批复12号", "staff:1008", None,
    )  # fmt: skip


@pytest.mark.requirement("XC-1", "XC-3")
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"code": "BJ-01-C1"}, "/code unit.code-taken"),
        ({"kind": "first_level_branch"}, "/branch_code unit.letters-missing"),
        ({"kind": "first_level_branch", "branch_code": "QD"}, "/parent_id unit.parent-kind"),
        ({"branch_code": "QD"}, "/branch_code unit.letters-of-branch-only"),
        ({"kind": "head_office"}, "/parent_id unit.parent-kind"),
        ({"kind": "second_level_branch"}, "/parent_id unit.parent-kind"),
        ({"kind": "sub_branch", "service_institution": "private_bank", "code": "a/b"}, "/code"),
        ({"kind": "second_level_branch", "service_institution": "private_bank"},
         "/service_institution unit.no-institution"),
        ({"parent_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"}, "/parent_id unit.unknown"),
    ],
)  # fmt: skip
async def test_a_unit_that_makes_no_sense_is_refused_field_by_field(bank, call, wanted, expected) -> None:
    answer = await call(STEWARD, "POST", "/v1/units", body=a_unit(bank, **wanted))
    assert answer.status_code == 422
    assert any(code.startswith(expected) for code in codes(answer)), codes(answer)
    assert len(await bank.rows("SELECT id FROM units")) == len(UNITS)


async def test_a_unit_of_another_branch_is_unknown_as_a_parent(bank, call) -> None:
    answer = await call(STEWARD, "POST", "/v1/units", body=a_unit(bank, parent_id=str(bank.units["sh"])))
    assert codes(answer) == ["/parent_id unit.unknown"]


@pytest.mark.requirement("XC-1")
async def test_only_head_office_opens_a_first_level_branch_and_two_never_share_their_letters(bank, call, at) -> None:
    body = a_unit(bank, parent_id=str(bank.units["hq"]), kind="first_level_branch", code="qd", branch_code="QD")
    refused = await call(STEWARD, "POST", "/v1/units", body=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "unit.head-office-only")
    assert (await call(HEAD_OFFICE, "POST", "/v1/units", body=body)).status_code == 201
    twice = await call(HEAD_OFFICE, "POST", "/v1/units", body={**body, "code": "qd-2"})
    assert codes(twice) == ["/branch_code unit.letters-taken"]
    own = await call(
        STEWARD, "PATCH", at("bj"), body={"name_zh": "京", "name_en": "BJ", "reason": "x"},
        headers=await tag(call, STEWARD, at("bj")),
    )  # fmt: skip
    assert (own.status_code, own.json()["code"]) == (403, "unit.head-office-only")


@pytest.mark.requirement("XC-15", "XC-20")
async def test_who_keeps_no_units_changes_none_and_the_auditor_reads(bank, call, person, at) -> None:
    body = {"name_zh": "新名", "name_en": "New", "reason": "x"}
    for by in (person("1004"), person("1009"), person("1003")):
        assert (await call(by, "PATCH", at("bj-01-c1"), body=body)).status_code == 403
    assert (await call(person("1009"), "GET", at("bj-01-c1"))).status_code == 200
    assert (await call(STEWARD, "PATCH", at("sh-01-c1"), body=body)).status_code == 404


@pytest.mark.requirement("XC-1")
async def test_a_renamed_unit_keeps_the_name_it_bore(bank, call, at) -> None:
    body = {"name_zh": "朝阳财富中心", "name_en": "Chaoyang", "service_institution": "wealth_centre", "reason": "更名"}
    path = at("bj-01-c1")
    assert (await call(STEWARD, "PATCH", path, body=body)).status_code == 428
    assert (await call(STEWARD, "PATCH", path, body=body, headers={"If-Match": '"7"'})).status_code == 412
    answer = await call(STEWARD, "PATCH", path, body=body, headers=await tag(call, STEWARD, path))
    assert (answer.status_code, answer.headers["ETag"], answer.json()["name_zh"]) == (200, '"2"', "朝阳财富中心")
    now, before = (await call(STEWARD, "GET", f"{path}/history")).json()["items"]
    assert (before["name_zh"], before["cause"], now["cause"]) == ("机构bj-01-c1", "stated", "renamed")
    assert before["until_at"] == now["from_at"]
    same = await call(STEWARD, "PATCH", path, body=body, headers={"If-Match": '"2"'})
    assert same.headers["ETag"] == '"2"'


@pytest.mark.requirement("XC-1", "XC-3")
async def test_a_moved_unit_takes_everything_below_it_and_every_stored_path_along(bank, call, person, at) -> None:
    async with bank.database.transaction() as tx:
        await work_items.add(
            tx, kind="k", rule="XC-1", text="t", client_id=None, subject_id=new_id(), owner=None,
            owner_role="wealth_centre_head", unit_id=bank.units["bj-01-c1"], unit_path="/hq/bj/bj-01/bj-01-c1/",
            due_at=None, now=bank.now,
        )  # fmt: skip
        run = await operations.start(
            tx, kind="qualification-run", started_by="staff:1004",
            detail={"unit_path": "/hq/bj/bj-01/", "scope_paths": ["/hq/bj/bj-01/bj-01-c1/%", "/hq/sh/%"]}, now=bank.now,
        )  # fmt: skip
        await tx.connection.execute(
            "INSERT INTO qualification_runs (id, as_of, cut_off_at, unit_path, started_by, created_at)"
            " VALUES (uuidv7(), $1, $2, '/hq/bj/bj-01/', 'staff:1004', $2)", date(2026, 11, 22), bank.now,
        )  # fmt: skip
    client = await bank.add_client(home="bj-01-c1")
    answer = await call(
        HEAD_OFFICE, "POST", f"{at('bj-01')}/moves", body={"parent_id": str(bank.units["sh"]), "reason": "划转"},
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["moved"]) == (201, 3)
    paths = [row["path"] for row in await bank.rows("SELECT path FROM units WHERE code LIKE 'bj-01%' ORDER BY path")]
    assert paths == ["/hq/sh/bj-01/", "/hq/sh/bj-01/bj-01-c1/", "/hq/sh/bj-01/bj-01-o1/"]
    told = [(fact["code"], fact["path"]) for fact in (await bank.said("OrgUnitChanged"))[-3:]]
    assert told == [
        ("bj-01", paths[0]), ("bj-01-c1", paths[1]), ("bj-01-o1", paths[2]),
    ]  # fmt: skip
    assert (await bank.row("SELECT unit_path FROM work_items"))["unit_path"] == paths[1]
    assert (await bank.row("SELECT unit_path FROM qualification_runs"))["unit_path"] == paths[0]
    assert (await bank.row("SELECT detail FROM operations WHERE id = $1", run.id))["detail"] == {
        "unit_path": paths[0], "scope_paths": ["/hq/sh/bj-01/bj-01-c1/%", "/hq/sh/%"],
    }  # fmt: skip
    grants = (await call(person("system", "gateway"), "GET", "/internal/principals/staff:1003")).json()["grants"]
    assert [grant["unit_path"] for grant in grants] == [paths[1]]
    assert (await call(person("1004"), "GET", f"/v1/clients/{client}")).status_code == 404
    assert (await call(person("2002"), "GET", f"/v1/clients/{client}")).status_code == 200


@pytest.mark.requirement("XC-1", "XC-3")
async def test_a_unit_never_stands_below_itself_or_where_its_kind_may_not(bank, call, at) -> None:
    async def move(code: str, parent: str):
        body = {"parent_id": str(bank.units[parent]), "reason": "x"}
        return await call(HEAD_OFFICE, "POST", f"{at(code)}/moves", body=body, headers={"If-Match": '"1"'})

    assert codes(await move("bj-01", "bj-01-c1")) == ["/parent_id unit.own-ancestor"]
    assert codes(await move("bj-01", "bj-01")) == ["/parent_id unit.own-ancestor"]
    assert codes(await move("bj-01", "hq")) == ["/parent_id unit.parent-kind"]
    assert codes(await move("hq", "bj")) == ["/parent_id unit.own-ancestor"]
    assert (await move("bj-01", "bj")).json()["moved"] == 1
    assert len(await bank.rows("SELECT version FROM unit_history")) == len(UNITS)


async def test_a_unit_that_keeps_clients_staff_or_units_is_not_closed(bank, call, person, at) -> None:
    async def close(code: str):
        return await call(STEWARD, "POST", f"{at(code)}/closures", body={"reason": "撤销"}, headers={"If-Match": '"1"'})

    client = await bank.add_client(home="bj-02-c1")
    assert (await close("bj-02-c1")).json()["code"] == "unit.keeps-clients"
    await bank.run("UPDATE clients SET home_unit_id = $1, serving_unit_ids = $2", bank.units["bj-01-c1"],
                   [bank.units["bj-02-c1"]])  # fmt: skip
    assert (await close("bj-02-c1")).json()["code"] == "unit.keeps-clients"
    await bank.run("DELETE FROM clients WHERE id = $1", client)
    assert (await close("bj-02")).json()["code"] == "unit.keeps-staff"
    await bank.run("UPDATE postings SET until_on = $1 WHERE unit_id = $2", date(2026, 11, 21), bank.units["bj-02"])
    assert (await close("bj-02")).json()["code"] == "unit.has-units-below"
    closed = await close("bj-02-c1")
    assert (closed.status_code, closed.json()["active"]) == (201, False)
    assert (await close("bj-02")).status_code == 201
    again = await call(STEWARD, "POST", f"{at('bj-02')}/closures", body={"reason": "x"}, headers={"If-Match": '"2"'})
    assert again.json()["code"] == "unit.closed"
    below = await call(STEWARD, "POST", "/v1/units", body=a_unit(bank, parent_id=str(bank.units["bj-02"])))
    assert codes(below) == ["/parent_id unit.parent-closed"]


@pytest.mark.requirement("XC-1")
async def test_the_tree_answers_as_it_was_on_a_day(bank, call, at) -> None:
    first_day = bank.now
    bank.now = first_day + timedelta(days=3)
    body = {"name_zh": "新名", "name_en": "New", "reason": "x"}
    await call(STEWARD, "PATCH", at("bj-02-c1"), body=body, headers={"If-Match": '"1"'})
    await call(STEWARD, "POST", "/v1/units", body=a_unit(bank))

    async def names(**params) -> dict[str, str]:
        items = (await call(STEWARD, "GET", "/v1/units", params=params)).json()["items"]
        return {item["code"]: item["name_zh"] for item in items}

    then, now = await names(as_of="2026-11-24"), await names(as_of="2026-11-25")
    assert (then["bj-02-c1"], now["bj-02-c1"]) == ("机构bj-02-c1", "新名")
    assert "bj-01-o9" not in then
    assert now == await names()
    assert await names(as_of="2026-11-21") == {}
    assert list(await names(as_of="2026-11-25", limit=2)) == ["hq", "bj"]


@pytest.mark.requirement("XC-7", "CR-43")
async def test_who_answers_for_a_unit_and_its_client_managers_are_read_from_it(bank, call, at) -> None:
    centre = (await call(STEWARD, "GET", at("bj-01-c1"))).json()
    assert [(one["subject"], one["name"]) for one in centre["first_responsible"]] == [("staff:1003", "赵主任")]
    assert (centre["directly_responsible"], centre["client_managers"]) == ([], 2)
    body = {"staff_no": "3001", "name": "副职", "posting": {
        "unit_id": str(bank.units["bj-01-o1"]), "role": "outlet_deputy", "reach": "unit"}}  # fmt: skip
    assert (await call(STEWARD, "POST", "/v1/staff", body=body)).status_code == 201
    outlet = (await call(STEWARD, "GET", at("bj-01-o1"))).json()
    assert [one["subject"] for one in outlet["directly_responsible"]] == ["staff:3001"]
    lacking = (await call(STEWARD, "GET", "/v1/units", params={"lacks_manager": True})).json()["items"]
    assert "bj-01-c1" not in [unit["code"] for unit in lacking]
    assert "bj-01-o1" in [unit["code"] for unit in lacking]
