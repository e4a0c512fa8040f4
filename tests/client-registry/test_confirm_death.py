"""A client's death: one reports, another confirms, and everything ends at once."""

import pytest


def report(call, by, client, **said):
    return call(
        by, "POST", f"/v1/clients/{client}/deaths", body={"died_on": "2026-11-18", "source": "certificate", **said}
    )


async def test_nothing_ends_before_another_person_confirms(bank, call, person, member) -> None:
    client, _ = await member()
    reported = await report(call, person("1004"), client)
    assert reported.status_code == 201, reported.text
    path = f"/v1/clients/{client}/deaths/{reported.json()['death_id']}"
    assert (await bank.client(client))["died_on"] is None
    same = await call(person("1004"), "POST", f"{path}/confirmations")
    assert (same.status_code, same.json()["code"]) == (409, "approval.same-person")
    assert (await bank.client(client))["card_level"] == "head_office"


@pytest.mark.requirement("CR-79")
async def test_a_confirmed_death_ends_membership_contact_and_card_and_is_told(
    bank, call, person, registration, member
) -> None:
    client, _ = await member()
    tag = (await call(person("1001"), "GET", f"/v1/clients/{client}/consents")).headers["etag"]
    body = {"marketing": True, "events": True, "wished_interval": "monthly", "notice_version": "2026-01"}
    await call(person("1001"), "PUT", f"/v1/clients/{client}/consents", body=body, headers={"If-Match": tag})
    await bank.run("DELETE FROM outbox")
    death = (await report(call, person("1001"), client)).json()["death_id"]
    path = f"/v1/clients/{client}/deaths/{death}"
    confirmed = await call(person("1004"), "POST", f"{path}/confirmations")
    assert (confirmed.status_code, confirmed.json()["status"]) == (201, "confirmed"), confirmed.text
    file = await bank.client(client)
    assert (str(file["died_on"]), file["card_level"]) == ("2026-11-18", "none")
    assert [row["status"] for row in await bank.rows("SELECT status FROM memberships")] == ["ended"]
    types = [row["type"] for row in await bank.rows("SELECT type FROM outbox ORDER BY id")]
    assert types == ["MembershipEnded", "ClientDowngraded", "ConsentChanged", "ClientDied"]
    (consent,) = await bank.said("ConsentChanged", client)
    assert (consent["marketing"], consent["events"], consent["channels"]) == (False, False, [])
    assert await bank.rows("SELECT FROM work_items WHERE status <> 'done'") == []
    await bank.run("DELETE FROM outbox")
    await bank.evaluate()
    assert await bank.rows("SELECT FROM outbox") == []
    again = await call(person("1004"), "POST", f"{path}/confirmations")
    assert (again.status_code, again.json()["code"]) == (409, "death.not-reported")


async def test_a_refused_report_may_be_followed_by_another_one(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    first = (await report(call, person("1001"), client)).json()["death_id"]
    twice = await report(call, person("1001"), client)
    assert (twice.status_code, twice.json()["code"]) == (409, "death.known")
    path = f"/v1/clients/{client}/deaths/{first}/refusals"
    refused = await call(person("1004"), "POST", path, body={"reason": "wrong-client"})
    assert refused.json()["status"] == "refused"
    assert (await bank.client(client))["died_on"] is None
    assert (await report(call, person("1001"), client)).status_code == 201


async def test_a_day_that_cannot_be_is_refused(bank, call, person, registration) -> None:
    client = (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]
    for day, code in (("2026-11-23", "death.future"), ("1979-12-31", "death.before-birth")):
        answer = await report(call, person("1001"), client, died_on=day)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/died_on", code)]
    assert (await report(call, person("1002"), client)).status_code == 404
