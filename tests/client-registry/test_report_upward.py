"""Important client information goes upward promptly (CR-46): report, take note, and who may read the words."""

import pytest
from chassis.identity import Grant, Principal

WORDS = "客户拟将全部资产转往他行"


async def report(call, who, client, **wanted):
    body = {"kind": "leaving", "text": WORDS, **wanted}
    return await call(who, "POST", f"/v1/clients/{client}/upward-reports", body=body)


@pytest.mark.requirement("CR-46")
async def test_a_report_goes_before_the_supervisor_and_stands_on_the_file(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    made = await report(call, person("1001"), client)
    assert made.status_code == 201, made.text
    report_id = made.json()["report_id"]
    (item,) = (await call(person("1003"), "GET", "/v1/work-items")).json()["items"]
    assert (item["rule"], item["owner_role"]) == ("CR-46", "wealth_centre_head")
    assert item["summary"].startswith("A manager reports something important")
    path = f"/v1/clients/{client}/upward-reports"
    (masked,) = (await call(person("1003"), "GET", path)).json()["items"]
    assert (masked["kind"], masked["text"], masked["acknowledged_by"]) == ("leaving", None, None)
    shown = await call(person("1003"), "GET", path, params={"unmasked": True, "purpose": "client_service"})
    assert shown.json()["items"][0]["text"] == WORDS
    done = await call(person("1003"), "POST", f"{path}/{report_id}/acknowledgements")
    assert (done.status_code, done.json()["acknowledged_by"]) == (201, "staff:1003")
    assert (await call(person("1003"), "GET", "/v1/work-items")).json()["items"] == []
    (read,) = (await call(person("1001"), "GET", path)).json()["items"]
    assert read["acknowledged_by"] == "staff:1003"
    acts = [row["act"] for row in await bank.rows("SELECT act FROM audit WHERE client_id = $1 ORDER BY id", client)]
    assert acts == ["upward-report.made", "upward-reports.revealed", "upward-report.acknowledged"]
    sealed = await bank.row("SELECT text_sealed FROM upward_reports")
    assert WORDS.encode() not in sealed["text_sealed"]
    again = await call(person("1003"), "POST", f"{path}/{report_id}/acknowledgements", language="zh-CN")
    assert (again.status_code, again.json()["code"]) == (409, "upward-report.acknowledged")
    assert "已签收" in again.json()["detail"]


async def test_nobody_else_takes_note(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    report_id = (await report(call, person("1001"), client)).json()["report_id"]
    path = f"/v1/clients/{client}/upward-reports/{report_id}/acknowledgements"
    # 1004 sees the client from the branch, but another was asked; the reporter has risen meanwhile.
    risen = Principal("staff:1001", (Grant("wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", "unit"),))
    for who in (person("1004"), risen):
        refused = await call(who, "POST", path)
        assert (refused.status_code, refused.json()["code"]) == (403, "upward-report.not-yours")
    assert (await call(person("2002"), "POST", path)).status_code == 404
    # Ended in the list of work, the report itself still waits for whom it went to.
    (item,) = (await call(person("1003"), "GET", "/v1/work-items")).json()["items"]
    item_path = f"/v1/work-items/{item['id']}/completions"
    assert (await call(person("1003"), "POST", item_path, body={"result": "seen"})).status_code < 300
    assert (await call(person("1003"), "POST", path)).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "gossip"}, "/kind"),
        ({"text": "   "}, "/text"),
        ({"text": "x" * 1_001}, "/text"),
        ({"to": "me"}, "/to"),
    ],
)
async def test_a_report_that_cannot_be_is_refused(bank, call, person, wrong, pointer) -> None:
    client = await bank.add_client(manager="staff:1001")
    refused = await report(call, person("1001"), client, **wrong)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert (await report(call, person("1002"), client)).status_code == 404
    unasked = await call(person("1001"), "GET", f"/v1/clients/{client}/upward-reports", params={"unmasked": True})
    assert unasked.json()["errors"][0]["pointer"] == "/purpose"


async def test_where_nobody_is_above_it_is_said(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.run("UPDATE postings SET until_on = DATE '2026-11-01' WHERE role <> 'relationship_manager'")
    refused = await report(call, person("1001"), client)
    assert (refused.status_code, refused.json()["code"]) == (409, "upward-report.nobody-above")
