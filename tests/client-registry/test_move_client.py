"""Keeping a file elsewhere, and giving a client a manager."""

from datetime import date

import pytest


@pytest.mark.requirement("CR-39")
async def test_a_moved_file_is_seen_from_its_new_place(bank, call, person) -> None:
    client = await bank.add_client()
    body = {"home_unit_id": str(bank.units["bj-02-c1"]), "serving_unit_ids": [str(bank.units["bj-01-o1"])]}
    answer = await call(person("1008"), "POST", f"/v1/clients/{client}/moves", body=body)
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    (moved,) = await bank.said("ClientMoved", client)
    assert (moved["home_unit_id"], moved["serving_unit_ids"]) == (body["home_unit_id"], body["serving_unit_ids"])
    path = f"/v1/clients/{client}"
    assert [(await call(person(no), "GET", path)).status_code for no in ("1003", "1005", "1006")] == [404, 200, 200]


async def test_a_unit_that_is_not_there_or_a_client_elsewhere_is_refused(bank, call, person) -> None:
    client, far = await bank.add_client(), await bank.add_client(home="sh-01-c1")
    nowhere = {"home_unit_id": str(client)}
    assert (await call(person("1008"), "POST", f"/v1/clients/{client}/moves", body=nowhere)).status_code == 422
    here = {"home_unit_id": str(bank.units["bj-02-c1"])}
    assert (await call(person("1008"), "POST", f"/v1/clients/{far}/moves", body=here)).status_code == 404


@pytest.mark.requirement("CR-43")
async def test_a_client_gets_a_manager_who_holds_that_post(bank, call, person) -> None:
    client = await bank.add_client()
    path = f"/v1/clients/{client}/manager-assignments"
    answer = await call(person("1003"), "POST", path, body={"manager": "staff:1002"})
    assert answer.status_code == 201, answer.text
    (assigned,) = await bank.said("RelationshipManagerAssigned", client)
    assert assigned == {
        "client_id": str(client), "manager": "staff:1002", "unit_id": str(bank.units["bj-01-c1"]), "from_on": "2026-11-22",
    }  # fmt: skip
    assert (await call(person("1001"), "GET", f"/v1/clients/{client}")).status_code == 404
    assert (await call(person("1002"), "GET", f"/v1/clients/{client}")).status_code == 200
    wrong = await call(person("1003"), "POST", path, body={"manager": "staff:1006"})
    assert wrong.json()["errors"][0]["code"] == "manager.not-posted"


@pytest.mark.requirement("XC-23")
async def test_nobody_takes_a_client_from_a_manager_at_his_post_without_a_hand_over(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    path = f"/v1/clients/{client}/manager-assignments"
    answer = await call(person("1003"), "POST", path, body={"manager": "staff:1002"})
    assert (answer.status_code, answer.json()["code"]) == (409, "manager.hand-over-needed")
    await bank.run(
        "UPDATE postings SET until_on = $1 WHERE staff_id = (SELECT id FROM staff WHERE staff_no = '1001')",
        date(2026, 11, 21),
    )
    assert (await call(person("1003"), "POST", path, body={"manager": "staff:1002"})).status_code == 201
    assert (await bank.client(client))["manager"] == "staff:1002"
