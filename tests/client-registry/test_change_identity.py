"""Another name, another document: the old ones are kept, sealed, and still find the client."""

from uuid import UUID

import pytest


@pytest.fixture
async def client_id(call, person, registration) -> UUID:
    return UUID((await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"])


def change(call, by, client, **said):
    body = {"cause": "name_changed", "reason": "户口簿更名", **said}
    return call(by, "POST", f"/v1/clients/{client}/identity-changes", body=body)


def look_up(call, person, **value):
    return call(person("1007"), "POST", "/v1/client-lookups", body=value)


@pytest.mark.requirement("CR-79")
async def test_the_client_is_found_under_old_and_new_name_and_number(bank, call, person, client_id) -> None:
    done = await change(
        call, person("1008"), client_id, name="王晓明",
        identity={"type": "passport", "number": "E12345678"},
    )  # fmt: skip
    assert done.status_code == 201, done.text
    file = await call(
        person("1008"), "GET", f"/v1/clients/{client_id}", params={"unmasked": True, "purpose": "correction"}
    )
    assert (file.json()["name"], file.json()["identity_number"]) == ("王晓明", "E12345678")
    assert file.json()["birth_on"] == "1980-01-01"
    for name in ("王小明", "王晓明"):
        assert (await look_up(call, person, name=name)).json()["matched"] == "1"
    raw = await bank.row("SELECT * FROM former_identities")
    assert "王小明".encode() not in raw["name_sealed"] and raw["client_id"] == client_id
    async with bank.database.reading() as tx:
        number = tx.cipher.open("former_identities.identity_number", raw["id"], raw["identity_sealed"])
        assert tx.cipher.open("former_identities.name", raw["id"], raw["name_sealed"]) == "王小明"
    for each in (number, "E12345678"):
        found = (await look_up(call, person, identity_number=each)).json()
        assert found["client"]["client_id"] == str(client_id)
    (item,) = await bank.rows("SELECT kind, owner, rule FROM work_items WHERE kind = 'clients.identity-changed'")
    assert item == {"kind": "clients.identity-changed", "owner": "staff:1001", "rule": "CR-79"}
    kept = await call(
        person("1008"), "POST", f"/v1/clients/{client_id}/records/{done.json()['change_id']}/attachments",
        files={"file": ("户口簿.png", b"\x89PNG\r\n\x1a\nscan", "image/png")},
    )  # fmt: skip
    assert (kept.status_code, kept.json()["kind"]) == (201, "identity-change")


async def test_a_change_that_changes_nothing_or_cannot_be_is_refused(call, person, registration, client_id) -> None:
    steward = person("1008")
    same = await change(call, steward, client_id, name="王小明")
    assert (same.status_code, same.json()["errors"][0]["code"]) == (422, "identity.unchanged")
    broken = await change(call, steward, client_id, identity={"type": "resident_id", "number": "110101198001010000"})
    assert (broken.status_code, broken.json()["errors"][0]["pointer"]) == (422, "/identity/number")
    other = registration(name="李四")
    assert (await call(person("1001"), "POST", "/v1/clients", body=other)).status_code == 201
    taken = await change(call, steward, client_id, identity=other["identity"], cause="correction")
    assert (taken.status_code, taken.json()["code"]) == (409, "client.known")
    assert (await change(call, person("1001"), client_id, name="王五")).status_code == 403
    assert (await change(call, person("2002"), client_id, name="王五")).status_code == 404
