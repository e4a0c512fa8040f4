"""Households: members with one relation each, one household a client, nobody his own relative (CR-48)."""

from typing import Any
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from client_registry.use_cases.confirm_death import confirm_death
from client_registry.use_cases.merge_clients import merge_clients
from client_registry.use_cases.propose_merger import propose_merger
from client_registry.use_cases.report_death import report_death
from client_registry.use_cases.reverse_merger import reverse_merger

BRANCH = "1004"
TO = {"from_on": "2026-01-02", "source": "active_contact"}
BOTH = Principal("staff:9002", (Grant("branch_personal_banking", "/hq/", "unit"),))


async def opened(call, person, client_id: UUID, by: str = "1001") -> dict[str, Any]:
    answer = await call(person(by), "POST", "/v1/households", body={"client_id": str(client_id), **TO})
    assert answer.status_code == 201, answer.text
    return answer.json()


def somebody(client_id: UUID, relation: str = "child", **more: Any) -> dict[str, Any]:
    person = {"file_of": str(client_id), "name": "李小红", "phone": "13812345678", "consent": "client_for_family",
              "purpose": "family_care"}  # fmt: skip
    return {"person": {**person, **more}, "relation": relation, **TO}


async def member(call, by: Principal, household: dict[str, Any], body: dict[str, Any]) -> Any:
    return await call(by, "POST", f"/v1/households/{household['household_id']}/members", body=body)


@pytest.mark.requirement("CR-48")
async def test_a_family_stands_in_one_household_with_clients_and_others(bank, call, person) -> None:
    wang, li = await bank.add_clients(2, manager="staff:1001")
    house = await opened(call, person, wang)
    path = f"/v1/households/{house['household_id']}"
    assert [(each["kind"], each["relation"]) for each in house["members"]] == [("client", None)]
    assert house["contact_id"] == house["head_id"]
    added = await member(call, person("1001"), house, {"client_id": str(li), "relation": "spouse", **TO})
    assert added.status_code == 201, added.text
    added = await member(call, person("1001"), house, somebody(wang))
    child = added.json()["members"][-1]
    assert (child["kind"], child["relation"], child["name"], child["consent"]) == (
        "person", "child", "李**", "client_for_family",
    )  # fmt: skip
    assert (child["source"], child["collector"], child["verified_at"]) == ("active_contact", "staff:1001", None)
    assert "13812345678" not in added.text and "小红" not in added.text
    open_ = await call(person("1001"), "GET", path, params={"unmasked": True})
    assert open_.json()["errors"][0]["pointer"] == "/purpose"
    open_ = await call(person("1001"), "GET", path, params={"unmasked": True, "purpose": "client_service"})
    assert [(each["name"], each["phone"]) for each in open_.json()["members"]][-1] == ("李小红", "13812345678")
    looks = await bank.rows("SELECT client_id FROM audit WHERE act = 'household.revealed'")
    assert {row["client_id"] for row in looks} == {wang, li}
    row = await bank.row("SELECT name_sealed, phone_sealed FROM household_members WHERE kind = 'person'")
    assert b"\xe6\x9d\x8e" not in bytes(row["name_sealed"]) and b"138123" not in bytes(row["phone_sealed"])
    of_li = await call(person("1001"), "GET", f"/v1/clients/{li}/household")
    assert of_li.json()["household_id"] == house["household_id"]
    verified = await call(person("1001"), "POST", f"/v1/clients/{wang}/family-verifications")
    assert verified.status_code == 201
    again = (await call(person("1001"), "GET", path)).json()
    assert again["members"][-1]["verified_at"] is not None


async def test_what_cannot_be_a_family_is_refused_with_its_reason(bank, call, person) -> None:
    wang, li, zhao = await bank.add_clients(3, manager="staff:1001")
    company = await bank.add_client(manager="staff:1001", kind="corporate")
    house = await opened(call, person, wang)

    async def refused(body: dict[str, Any], status: int, code: str) -> None:
        answer = await member(call, person("1001"), house, body)
        assert (answer.status_code, _code(answer)) == (status, code), answer.text

    await refused({"client_id": str(wang), "relation": "spouse", **TO}, 409, "household.own-relative")
    await refused({"client_id": str(li), "relation": "cousin", **TO}, 422, "code.unknown")
    await refused({"client_id": str(company), "relation": "other", **TO}, 409, "household.not-personal")
    await refused({**somebody(wang), "client_id": str(li)}, 422, "household.one-of")
    await refused({"relation": "child", **TO}, 422, "household.one-of")
    await refused({**somebody(wang), "from_on": "2027-01-01"}, 422, "household.period")
    await refused(somebody(zhao), 404, "not-found")
    no_consent = somebody(wang)
    del no_consent["person"]["consent"]
    await refused(no_consent, 422, "field.missing")
    assert (
        await member(call, person("1001"), house, {"client_id": str(li), "relation": "spouse", **TO})
    ).status_code == 201
    await refused(somebody(wang, "spouse"), 409, "household.second-spouse")
    await refused({"client_id": str(li), "relation": "child", **TO}, 409, "household.client-elsewhere")
    other = await call(person("1001"), "POST", "/v1/households", body={"client_id": str(li), **TO})
    assert (other.status_code, other.json()["code"]) == (409, "household.client-elsewhere")


def _code(answer: Any) -> str:
    problem = answer.json()
    return problem["errors"][0]["code"] if problem.get("errors") else problem["code"]


async def test_the_head_goes_last_or_hands_on_and_every_relation_is_stated_anew(bank, call, person) -> None:
    wang, li = await bank.add_clients(2, manager="staff:1001")
    house = await opened(call, person, wang)
    path = f"/v1/households/{house['household_id']}"
    await member(call, person("1001"), house, {"client_id": str(li), "relation": "spouse", **TO})
    house = (await member(call, person("1001"), house, somebody(wang, "child"))).json()
    head, spouse, child = (each["member_id"] for each in house["members"])
    away = {"until_on": "2026-11-20", "because": "moved_out"}
    stays = await call(person("1001"), "POST", f"{path}/members/{head}/departures", body=away)
    assert (stays.status_code, stays.json()["code"]) == (409, "household.head-needed")
    half = {"member_id": spouse, "relations": [{"member_id": head, "relation": "spouse"}]}
    refused = await call(person("1001"), "POST", f"{path}/heads", body=half)
    assert refused.json()["errors"][0]["code"] == "household.relations-incomplete"
    two = {"member_id": spouse, "relations": [{"member_id": each, "relation": "spouse"} for each in (head, child)]}
    refused = await call(person("1001"), "POST", f"{path}/heads", body=two)
    assert refused.json()["code"] == "household.second-spouse"
    half["relations"].append({"member_id": child, "relation": "child"})
    named = await call(person("1001"), "POST", f"{path}/heads", body=half)
    assert named.status_code == 201, named.text
    assert [each["relation"] for each in named.json()["members"]] == ["spouse", None, "child"]
    contact = await call(person("1001"), "POST", f"{path}/contacts", body={"member_id": spouse})
    assert contact.json()["contact_id"] == spouse
    gone = await call(person("1001"), "POST", f"{path}/members/{head}/departures", body={**away, "because": "divorced"})
    assert gone.json()["members"][0]["left_because"] == "divorced"
    twice = await call(person("1001"), "POST", f"{path}/members/{head}/departures", body=away)
    assert (twice.status_code, twice.json()["code"]) == (409, "household.member-gone")
    early = {"until_on": "2025-12-31", "because": "correction"}
    refused = await call(person("1001"), "POST", f"{path}/members/{child}/departures", body=early)
    assert refused.json()["errors"][0]["pointer"] == "/until_on"
    # The client who left is free to belong to another household.
    await opened(call, person, wang)


async def test_another_units_member_is_seen_only_masked(bank, call, person) -> None:
    wang = await bank.add_client(manager="staff:1001")
    away = await bank.add_client(home="sh-01-c1", manager="staff:2001")
    house = await opened(call, person, wang)
    path = f"/v1/households/{house['household_id']}"
    hidden = await member(call, person("1001"), house, {"client_id": str(away), "relation": "parent", **TO})
    assert hidden.status_code == 404  # nobody records a client whom he does not see
    head_office = Principal("staff:0001", (Grant("head_office_personal_banking", "/hq/", "unit"),))
    steward = Principal("staff:0002", (Grant("data_steward", "/hq/", "unit"),))
    added = await member(call, steward, house, {"client_id": str(away), "relation": "parent", **TO})
    assert added.status_code == 201, added.text
    await member(call, person("1001"), house, somebody(wang))
    seen = (await call(person("1001"), "GET", path, params={"unmasked": True, "purpose": "client_service"})).json()
    mine, parent, child = seen["members"]
    assert (mine["name"], mine["in_scope"]) == ("测试甲", True)
    assert (parent["name"], parent["in_scope"], parent["client_id"], parent["client_no"]) == ("测**", False, None, None)
    there = (await call(person("2001"), "GET", path, params={"unmasked": True, "purpose": "client_service"})).json()
    assert [each["name"] for each in there["members"]] == ["测**", "测试甲", "李**"]
    assert there["members"][2]["phone"] == "138******78"
    no = await call(person("2001"), "POST", f"{path}/members/{child['member_id']}/departures",
                    body={"until_on": "2026-11-20", "because": "correction"})  # fmt: skip
    assert no.status_code == 404
    assert (await call(person("2003"), "GET", path)).status_code == 404
    assert (await call(head_office, "GET", path)).status_code == 200


async def test_a_death_ends_the_membership_and_the_spouse_is_turned_to(bank, call, person) -> None:
    wang, li = await bank.add_clients(2, manager="staff:1001")
    house = await opened(call, person, wang)
    await member(call, person("1001"), house, {"client_id": str(li), "relation": "spouse", **TO})
    async with bank.database.transaction() as tx:
        death = await report_death(
            tx, wang, died_on=bank.now.date(), source="certificate", by=person("1001"), now=bank.now
        )
        await confirm_death(tx, wang, death, by=BOTH, now=bank.now)
    seen = (await call(person("1001"), "GET", f"/v1/clients/{li}/household")).json()
    head, spouse = seen["members"]
    assert (head["left_because"], head["until_on"]) == ("died", "2026-11-22")
    assert (seen["contact_id"], seen["closed_on"]) == (spouse["member_id"], None)
    async with bank.database.transaction() as tx:
        death = await report_death(
            tx, li, died_on=bank.now.date(), source="certificate", by=person("1001"), now=bank.now
        )
        await confirm_death(tx, li, death, by=BOTH, now=bank.now)
    seen = (await call(person("1001"), "GET", f"/v1/households/{house['household_id']}")).json()
    assert (seen["closed_on"], seen["contact_id"]) == ("2026-11-22", None)


async def test_two_files_of_one_head_make_one_household_and_the_reversal_makes_two_again(bank, call, person) -> None:
    one, two = await bank.add_clients(2, manager="staff:1001")
    kept, gone = await opened(call, person, one), await opened(call, person, two)
    await member(call, person("1001"), kept, somebody(one, "spouse"))
    await member(call, person("1001"), gone, somebody(two, "spouse"))
    child = (await member(call, person("1001"), gone, somebody(two, "child"))).json()["members"][-1]
    date = {"member_id": child["member_id"], "kind": "birthday", "month": 3, "day": 7, "source": "active_contact"}
    await call(person("1001"), "POST", f"/v1/clients/{two}/important-dates", body=date)
    async with bank.database.transaction() as tx:
        merger = await propose_merger(
            tx, surviving=one, merged=two, contacts=[], reason="一人", by=person("1004"), now=bank.now
        )
        await merge_clients(tx, merger, by=BOTH, now=bank.now)
    seen = (await call(person("1001"), "GET", f"/v1/clients/{one}/household")).json()
    present = [(each["relation"], each["client_id"]) for each in seen["members"] if each["until_on"] is None]
    assert (seen["household_id"], sorted(present, key=str)) == (
        kept["household_id"], sorted([(None, str(one)), ("spouse", str(one)), ("child", str(one))], key=str),
    )  # fmt: skip
    told = {str(each): (await bank.said("ClientProfileChanged", each))[-1]["family_occasions"] for each in (one, two)}
    assert ([each["month_day"] for each in told[str(one)]], told[str(two)]) == (["03-07"], [])
    items = await bank.rows("SELECT rule, owner FROM work_items WHERE kind = 'household.check'")
    assert items == [{"rule": "CR-48", "owner": "staff:1001"}]
    async with bank.database.transaction() as tx:
        await reverse_merger(tx, merger, by=BOTH, now=bank.now)
    first = (await call(person("1001"), "GET", f"/v1/clients/{one}/household")).json()
    second = (await call(person("1001"), "GET", f"/v1/clients/{two}/household")).json()
    assert (first["household_id"], second["household_id"]) == (kept["household_id"], gone["household_id"])
    assert [each["relation"] for each in second["members"] if each["until_on"] is None] == [None, "spouse", "child"]
    assert [each["relation"] for each in first["members"] if each["until_on"] is None] == [None, "spouse"]
    told = {str(each): (await bank.said("ClientProfileChanged", each))[-1]["family_occasions"] for each in (one, two)}
    assert (told[str(one)], [each["relation"] for each in told[str(two)]]) == ([], ["child"])


async def test_a_merged_file_leaves_the_household_where_the_survivor_is_in_another(bank, call, person) -> None:
    one, two, father = await bank.add_clients(3, manager="staff:1001")
    parents, own = await opened(call, person, father), await opened(call, person, two)
    await member(call, person("1001"), parents, {"client_id": str(one), "relation": "child", **TO})
    await member(call, person("1001"), own, somebody(two, "spouse"))
    async with bank.database.transaction() as tx:
        merger = await propose_merger(
            tx, surviving=one, merged=two, contacts=[], reason="一人", by=person("1004"), now=bank.now
        )
        await merge_clients(tx, merger, by=BOTH, now=bank.now)
    seen = (await call(person("1001"), "GET", f"/v1/clients/{one}/household")).json()
    assert seen["household_id"] == parents["household_id"]
    # His wife is no wife of the father's: the relation waits for the manager.
    assert sorted(str(each["relation"]) for each in seen["members"] if each["until_on"] is None) == [
        "None",
        "child",
        "other",
    ]
    async with bank.database.transaction() as tx:
        await reverse_merger(tx, merger, by=BOTH, now=bank.now)
    back = (await call(person("1001"), "GET", f"/v1/clients/{two}/household")).json()
    assert (back["household_id"], [each["relation"] for each in back["members"]]) == (
        own["household_id"],
        [None, "spouse"],
    )


async def test_the_same_person_twice_in_one_household_is_there_once_after_the_merger(bank, call, person) -> None:
    one, two = await bank.add_clients(2, manager="staff:1001")
    house = await opened(call, person, two)
    await member(call, person("1001"), house, {"client_id": str(one), "relation": "other", **TO})
    async with bank.database.transaction() as tx:
        merger = await propose_merger(
            tx, surviving=one, merged=two, contacts=[], reason="一人", by=person("1004"), now=bank.now
        )
        await merge_clients(tx, merger, by=BOTH, now=bank.now)
    seen = (await call(person("1001"), "GET", f"/v1/clients/{one}/household")).json()
    stays = next(each for each in seen["members"] if each["until_on"] is None)
    assert (stays["relation"], seen["head_id"], seen["contact_id"]) == (None, stays["member_id"], stays["member_id"])
