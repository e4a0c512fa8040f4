"""Potential clients: recorded with consent, followed up, made clients without typing twice, forgotten in time (CR-24, CR-52)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from client_registry.use_cases.flag_potential_clients import find_potential_clients
from client_registry.use_cases.forget_potential_clients import forget_potential_clients

CONSENTS = {"marketing": False, "events": False}


def someone(bank, **more: Any) -> dict[str, Any]:
    return {
        "unit_id": str(bank.units["bj-01-c1"]), "name": "赵六六", "phone": "13912345678", "hobbies": ["travel"],
        "needs": "子女留学金融服务", "referral_source": "client_referral", "referred_by": "老客户介绍", "next_step": "电话约见",
        "next_on": "2026-12-01", "consented_on": "2026-11-20", "source": "active_contact", **more,
    }  # fmt: skip


async def record(call, by, body: dict[str, Any]) -> Any:
    return await call(by, "POST", "/v1/potential-clients", body=body)


def code(answer: Any) -> tuple[int, str]:
    problem = answer.json()
    return answer.status_code, problem["errors"][0]["code"] if problem.get("errors") else problem["code"]


@pytest.mark.requirement("CR-52")
async def test_a_potential_client_is_retained_followed_up_and_becomes_a_client_with_nothing_typed_twice(
    bank, call, person
) -> None:
    number = bank.resident_id()
    document = {"identity": {"type": "resident_id", "number": number}, "confirm_identity_number": number}
    made = await record(call, person("1001"), someone(bank, **document))
    assert made.status_code == 201, made.text
    seen = made.json()
    assert (seen["owner"], seen["status"], seen["name"], seen["forget_on"]) == (
        "staff:1001",
        "open",
        "赵**",
        "2028-11-22",
    )
    assert (seen["hobbies"], seen["needs"], seen["next_on"]) == (["travel"], "***", "2026-12-01")
    path = f"/v1/potential-clients/{seen['potential_id']}"
    row = await bank.row("SELECT name_sealed, phone_sealed, needs_sealed FROM potential_clients")
    assert not any("赵".encode() in bytes(value) or b"139" in bytes(value) for value in row.values())
    (item,) = await bank.rows("SELECT owner, rule, status FROM work_items WHERE kind = 'potential.follow-up'")
    assert item == {"owner": "staff:1001", "rule": "CR-52", "status": "open"}
    blind = await call(person("1001"), "GET", path, params={"unmasked": True})
    assert blind.json()["errors"][0]["pointer"] == "/purpose"
    open_ = await call(person("1001"), "GET", path, params={"unmasked": True, "purpose": "client_service"})
    assert (open_.json()["name"], open_.json()["next_step"]) == ("赵六六", "电话约见")
    assert len(await bank.rows("SELECT 1 FROM audit WHERE act = 'potential-client.revealed'")) == 1
    nxt = await call(person("1001"), "POST", f"{path}/follow-ups", body={"next_step": "活动", "next_on": "2026-12-20"})
    assert (nxt.status_code, nxt.json()["next_on"]) == (201, "2026-12-20")
    past = await call(person("1001"), "POST", f"{path}/follow-ups", body={"next_step": "活动", "next_on": "2026-11-01"})
    assert code(past) == (422, "potential.next-past")
    sex = "male" if int(number[16]) % 2 else "female"
    done = await call(person("1001"), "POST", f"{path}/conversions", body={"consents": CONSENTS, "sex": sex})
    assert done.status_code == 201, done.text
    client_id = done.json()["client_id"]
    file = await call(
        person("1001"), "GET", f"/v1/clients/{client_id}", params={"unmasked": True, "purpose": "client_service"}
    )
    assert (file.json()["name"], file.json()["identity_number"], file.json()["manager"]) == (
        "赵六六",
        number,
        "staff:1001",
    )
    assert [(each["way"], each["value"]) for each in file.json()["contacts"]] == [("mobile", "+8613912345678")]
    form = await call(
        person("1001"), "GET", f"/v1/clients/{client_id}/registration-form",
        params={"unmasked": True, "purpose": "client_service"},
    )  # fmt: skip
    assert (form.json()["hobbies"], form.json()["needs_and_suggestions"]) == (["travel"], "子女留学金融服务")
    origin = next(each for each in form.json()["origins"] if each["field"] == "hobbies")
    assert (origin["source"], origin["collector"]) == ("active_contact", "staff:1001")
    closed = (await call(person("1001"), "GET", path)).json()
    assert (closed["status"], closed["client_id"], closed["name"], closed["needs"]) == (
        "converted",
        client_id,
        None,
        None,
    )
    assert await bank.rows("SELECT 1 FROM work_items WHERE kind = 'potential.follow-up' AND status <> 'done'") == []
    again = await call(person("1001"), "POST", f"{path}/conversions", body={"consents": CONSENTS})
    assert code(again) == (409, "potential.ended")


async def test_who_is_a_client_already_is_named_only_in_scope(bank, call, person) -> None:
    number, registered = bank.resident_id(), {"way": "mobile", "value": "13912345678"}
    body = {
        "name": "赵六六", "identity": {"type": "resident_id", "number": number}, "confirm_identity_number": number,
        "contacts": [registered], "confirm_mobile": "13912345678", "consents": CONSENTS,
        "home_unit_id": str(bank.units["bj-01-c1"]),
    }  # fmt: skip
    client = (await call(person("1001"), "POST", "/v1/clients", body=body)).json()
    here = await record(call, person("1001"), someone(bank))
    assert code(here) == (409, "potential.is-client") and client["client_no"] in here.json()["detail"]
    shanghai = {"unit_id": str(bank.units["sh-01-c1"])}
    there = await record(call, person("2001"), someone(bank, **shanghai))
    assert code(there) == (409, "potential.is-client") and client["client_no"] not in there.json()["detail"]
    document = {"identity": {"type": "resident_id", "number": number}, "confirm_identity_number": number}
    there = await record(call, person("2001"), someone(bank, phone=None, **document, **shanghai))
    assert code(there) == (409, "potential.is-client") and client["client_no"] not in there.json()["detail"]
    # A family shares a phone: said aloud, another person is recorded; the second time he is known.
    shared = await record(call, person("2001"), someone(bank, shared_phone=True, **shanghai))
    assert shared.status_code == 201, shared.text
    assert code(await record(call, person("2001"), someone(bank, shared_phone=True, **shanghai))) == (
        409,
        "potential.known",
    )
    assert (
        await call(person("1001"), "GET", f"/v1/potential-clients/{shared.json()['potential_id']}")
    ).status_code == 404


async def test_a_record_that_cannot_be_is_refused_with_its_reason(bank, call, person) -> None:
    async def refused(status: int, expected: str, **body: Any) -> None:
        answer = await record(call, person("1001"), someone(bank, **body))
        assert code(answer) == (status, expected), answer.text

    await refused(422, "potential.no-consent", consented_on=None)
    await refused(422, "potential.consent-future", consented_on="2026-11-23")
    await refused(422, "potential.one-of", name=None)
    await refused(422, "code.unknown", hobbies=["sky_sailing"])
    await refused(422, "code.unknown", referral_source="oracle")
    await refused(422, "contact.not-valid", phone="1234")
    await refused(422, "potential.next-past", next_on="2026-11-21")
    await refused(422, "manager.not-posted", owner="staff:1007")
    await refused(403, "client.unit-outside", unit_id=str(bank.units["sh-01-c1"]))
    number = bank.resident_id()
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    await refused(422, "identity.check-digit", identity={"type": "resident_id", "number": wrong})
    await refused(422, "double-entry.missing", identity={"type": "resident_id", "number": number})
    made = await record(call, person("1001"), someone(bank))
    bare = await call(
        person("1001"),
        "POST",
        f"/v1/potential-clients/{made.json()['potential_id']}/conversions",
        body={"consents": CONSENTS},
    )
    assert code(bare) == (422, "field.missing")


async def test_after_the_policys_months_nothing_about_the_person_is_left(bank, call, person) -> None:
    kept = (await record(call, person("1001"), someone(bank))).json()
    closed = (await record(call, person("1001"), someone(bank, phone="13912345670"))).json()
    ended = await call(
        person("1001"),
        "POST",
        f"/v1/potential-clients/{closed['potential_id']}/closures",
        body={"because": "consent_withdrawn"},
    )
    assert (ended.status_code, ended.json()["status"], ended.json()["name"]) == (201, "closed", None)

    async def forget(now: datetime) -> None:
        async with bank.database.transaction() as tx:
            await forget_potential_clients(tx, now=now)

    # 24 months by the first policy: open on the last day before, gone on the day itself.
    await forget(bank.now.replace(year=2028) - timedelta(days=1))
    statuses = "SELECT status FROM potential_clients WHERE id = $1::text::uuid"
    assert (await bank.row(statuses, kept["potential_id"]))["status"] == "open"
    await forget(bank.now.replace(year=2028))
    assert (await bank.row(statuses, kept["potential_id"]))["status"] == "expired"
    left = await bank.rows("SELECT name_sealed, phone_index, needs_sealed, hobbies FROM potential_clients")
    assert left == [{"name_sealed": None, "phone_index": None, "needs_sealed": None, "hobbies": []}] * 2
    assert await bank.rows("SELECT 1 FROM work_items WHERE kind = 'potential.follow-up' AND status <> 'done'") == []


@pytest.mark.requirement("CR-24")
async def test_a_client_is_flagged_by_referral_or_by_rule_and_others_are_told(bank, call, person) -> None:
    referred, rich, poor, high = await bank.add_clients(4, manager="staff:1001")
    await bank.run("UPDATE clients SET service_tier = 'wealth' WHERE id = $1", high)
    for client_id, assets in ((rich, 100_000), (poor, 99_999), (high, 5_000_000)):
        await bank.run(
            "INSERT INTO client_metrics (client_id, fresh, changed_at, assets, assets_known) VALUES ($1, true, now(), $2, true)"
            " ON CONFLICT (client_id) DO UPDATE SET assets = excluded.assets, assets_known = true", client_id, assets,
        )  # fmt: skip
    body = someone(bank, client_id=str(referred), name=None, phone=None, consented_on=None)
    made = await record(call, person("1001"), body)
    assert (made.status_code, made.json()["client_id"]) == (201, str(referred)), made.text
    assert code(await record(call, person("1001"), body)) == (409, "potential.known")
    async with bank.database.transaction() as tx:
        await find_potential_clients(tx, now=bank.now)
    flagged = await bank.rows("SELECT id FROM clients WHERE potential ORDER BY id")
    assert [row["id"] for row in flagged] == [referred, rich]
    assert (await call(person("1001"), "GET", f"/v1/clients/{rich}")).json()["potential"] is True
    assert [told["potential"] for told in await bank.said("ClientProfileChanged", rich)] == [True]
    nobody = await call(
        person("1001"),
        "POST",
        f"/v1/potential-clients/{made.json()['potential_id']}/conversions",
        body={"consents": CONSENTS},
    )
    assert code(nobody) == (409, "potential.client-already")
    path = f"/v1/potential-clients/{made.json()['potential_id']}/closures"
    assert (await call(person("1001"), "POST", path, body={"because": "not_interested"})).status_code == 201
    assert [told["potential"] for told in await bank.said("ClientProfileChanged", referred)] == [True, False]
    # A manager of another branch sees none of them.
    assert (await call(person("2001"), "GET", "/v1/potential-clients", params={"status": "closed"})).json()[
        "items"
    ] == []
    assert (
        len((await call(person("1003"), "GET", "/v1/potential-clients", params={"status": "closed"})).json()["items"])
        == 1
    )
