"""Opening client files: what goes in, what is sealed, what is refused, who sees it."""

import pytest


async def register(call, by, form):
    return await call(by, "POST", "/v1/clients", body=form)


@pytest.mark.requirement("CR-38", "CR-45", "CR-55")
async def test_a_file_is_opened_and_told_without_a_word_about_the_person(bank, call, person, registration) -> None:
    answer = await register(call, person("1001"), registration())
    assert answer.status_code == 201, answer.text
    client_id = answer.json()["client_id"]
    assert answer.json()["client_no"].startswith("KH")
    (registered,) = await bank.said("ClientRegistered")
    assert registered == {
        "client_id": client_id, "client_no": answer.json()["client_no"], "kind": "personal",
        "home_unit_id": str(bank.units["bj-01-c1"]), "serving_unit_ids": [], "manager": "staff:1001",
        "service_tier": "mass", "card_level": "none", "asset_band": None, "synthetic": False,
        "registered_on": "2026-11-22",
    }  # fmt: skip
    (assigned,) = await bank.said("RelationshipManagerAssigned")
    assert assigned["manager"] == "staff:1001"
    (consent,) = await bank.said("ConsentChanged")
    assert consent["channels"] == ["mobile", "email", "home_phone"]


@pytest.mark.requirement("XC-14")
async def test_no_row_of_the_database_holds_the_person_in_plain_text(bank, call, person, registration) -> None:
    form = registration(name="慕容紫英", birth_on=None)
    form["contacts"] = [{"way": "mobile", "value": "13900005678"}, {"way": "email", "value": "canary@example.com"}]
    form["confirm_mobile"] = "13900005678"
    assert (await register(call, person("1001"), form)).status_code == 201
    tables = await bank.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    whole = ""
    for table in tables:
        rows = await bank.rows(f"SELECT CAST(t AS text) AS line FROM {table['tablename']} t")
        whole += "\n".join(row["line"] for row in rows)
    number = form["identity"]["number"]
    for canary in ("慕容", "13900005678", "canary", number, number[6:14], number[-4:] + '"'):
        assert canary not in whole
        assert canary.encode().hex() not in whole


async def test_the_same_document_is_refused_and_nobody_is_named(call, person, registration) -> None:
    form = registration()
    assert (await register(call, person("1001"), form)).status_code == 201
    form["name"] = "别人"
    form["identity"]["number"] = " " + form["identity"]["number"].lower() + " "
    answer = await register(call, person("1002"), form)
    assert (answer.status_code, answer.json()["code"]) == (409, "client.known")
    assert "王" not in answer.text and "KH" not in answer.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"identity": {"type": "resident_id", "number": "110101198001010011"}}, "/identity/number"),
        ({"identity": {"type": "passport", "number": "E1"}}, "/identity/number"),
        ({"birth_on": "1981-01-01"}, "/birth_on"),
        ({"contacts": [{"way": "mobile", "value": "abc"}]}, "/contacts/0/value"),
        ({"contacts": [{"way": "fax", "value": "01066001234"}, {"way": "fax", "value": "01066001235"}]},
         "/contacts/1/way"),
        ({"manager": "staff:1006"}, "/manager"),
        ({"home_unit_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11"}, "/home_unit_id"),
        ({"nickname": "小明"}, "/nickname"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_with_its_place(call, person, registration, change, pointer) -> None:
    answer = await register(call, person("1001"), registration(**change))
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("passport", "E12345678"), ("hmt_permit", "H12345678"), ("hmt_permit", "12345678"),
        ("military_officer", "军字第1234567号"), ("household_book", None),
    ],
)  # fmt: skip
async def test_each_kind_of_document_of_the_form_is_taken(bank, call, person, registration, kind, number) -> None:
    form = registration(identity={"type": kind, "number": number or bank.resident_id()})
    assert (await register(call, person("1001"), form)).status_code == 201


async def test_a_file_is_opened_only_where_its_keeper_works(bank, call, person, registration) -> None:
    form = registration(home_unit_id=str(bank.units["sh-01-c1"]))
    answer = await register(call, person("1001"), form)
    assert (answer.status_code, answer.json()["code"]) == (403, "client.unit-outside")
    assert (await register(call, person("1007"), registration())).status_code == 403


@pytest.mark.requirement("CR-57", "CR-58")
async def test_a_file_is_masked_until_a_purpose_is_given_and_audited(bank, call, person, registration) -> None:
    number = bank.resident_id()
    form = registration(identity={"type": "resident_id", "number": number})
    client_id = (await register(call, person("1001"), form)).json()["client_id"]
    path = f"/v1/clients/{client_id}"
    masked = await call(person("1001"), "GET", path)
    assert masked.status_code == 200
    assert masked.headers["etag"].startswith('"1-') and masked.headers["cache-control"] == "no-store"
    body = masked.json()
    assert (body["name"], body["identity_number"], body["birth_on"], body["masked"]) == (
        "王**", number[0] + "*" * 16 + number[-1], None, True,
    )  # fmt: skip
    assert [(contact["way"], contact["priority"]) for contact in body["contacts"]] == [
        ("mobile", 1), ("email", 2), ("home_phone", 3),
    ]  # fmt: skip
    assert body["contacts"][0]["value"] == "+86138******78"
    refused = await call(person("1001"), "GET", path, params={"unmasked": "true"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "purpose.missing")
    opened = await call(person("1001"), "GET", path, params={"unmasked": "true", "purpose": "client_service"})
    assert (opened.json()["name"], opened.json()["identity_number"], opened.json()["birth_on"]) == (
        "王小明", number, "1980-01-01",
    )  # fmt: skip
    assert opened.json()["contacts"][1]["value"] == "wang.xm@example.com"
    assert opened.headers["etag"] != masked.headers["etag"]
    (looked,) = await bank.rows("SELECT subject, purpose, object_id FROM audit WHERE act = 'client.revealed'")
    assert looked == {"subject": "staff:1001", "purpose": "client_service", "object_id": client_id}


async def test_everybody_sees_the_files_of_his_own_scope_and_no_other(bank, call, person) -> None:
    own = await bank.add_client(manager="staff:1001")
    colleague = await bank.add_client(manager="staff:1002")
    served = await bank.add_client(home="sh-01-c1", manager="staff:2001")
    await bank.run("UPDATE clients SET serving_unit_ids = $2 WHERE id = $1", served, [bank.units["bj-01-o1"]])
    far = await bank.add_client(home="sh-01-c1")

    async def seen(by) -> set[str]:
        answer = await call(by, "GET", "/v1/clients")
        assert answer.status_code == 200
        return {item["client_id"] for item in answer.json()["items"]}

    assert await seen(person("1001")) == {str(own)}
    assert await seen(person("1003")) == {str(own), str(colleague)}
    assert await seen(person("1006")) == {str(served)}
    assert await seen(person("1004")) == {str(own), str(colleague), str(served)}
    assert await seen(person("1009")) == {str(own), str(colleague), str(served), str(far)}
    assert (await call(person("1007"), "GET", "/v1/clients")).status_code == 403
    for unseen in (colleague, far):
        answer = await call(person("1001"), "GET", f"/v1/clients/{unseen}")
        nobody = await call(person("1001"), "GET", "/v1/clients/019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11")
        assert answer.status_code == nobody.status_code == 404
        assert answer.json()["code"] == nobody.json()["code"]
    assert (await call(person("client", far), "GET", f"/v1/clients/{far}")).status_code == 200
    assert (await call(person("client", far), "GET", f"/v1/clients/{own}")).status_code == 404


async def test_the_list_goes_page_by_page_and_is_narrowed(bank, call, person) -> None:
    mass = await bank.add_clients(3)
    rich = await bank.add_clients(2, tier="wealth")
    first = (await call(person("1004"), "GET", "/v1/clients", params={"limit": 2})).json()
    second = (
        await call(person("1004"), "GET", "/v1/clients", params={"limit": 3, "cursor": first["next_cursor"]})
    ).json()
    ids = [item["client_id"] for item in first["items"] + second["items"]]
    assert ids == [str(client) for client in mass + rich] and second["next_cursor"] is None
    tiered = (await call(person("1004"), "GET", "/v1/clients", params={"tier": "wealth"})).json()["items"]
    assert [item["client_id"] for item in tiered] == [str(client) for client in rich]
    unit = {"unit_id": str(bank.units["bj-02"])}
    assert (await call(person("1004"), "GET", "/v1/clients", params=unit)).json()["items"] == []
    one = {"client_no": first["items"][0]["client_no"]}
    for by, found in (("1004", 1), ("2001", 0)):
        assert len((await call(person(by), "GET", "/v1/clients", params=one)).json()["items"]) == found
