"""What the client allows, with nobody overwriting what somebody else recorded."""

import pytest

WISH = {"marketing": False, "events": True, "wished_interval": "monthly", "notice_version": "2026-01"}


@pytest.fixture
async def client_id(call, person, registration) -> str:
    return (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]


@pytest.mark.requirement("CR-66", "CR-67", "CR-68")
async def test_the_client_changes_what_he_allows_and_it_is_told(bank, call, person, client_id) -> None:
    path, himself = f"/v1/clients/{client_id}/consents", person("client", client_id)
    read = await call(himself, "GET", path)
    assert read.json() == {
        "recorded": True, "marketing": True, "events": False, "wished_interval": "quarterly",
        "notice_version": "2026-01", "channels": ["mobile", "email", "home_phone"], "version": 1,
    }  # fmt: skip
    changed = await call(himself, "PUT", path, body=WISH, headers={"If-Match": read.headers["etag"]})
    assert changed.status_code == 200 and changed.json()["version"] == 2
    said = (await bank.said("ConsentChanged", client_id))[-1]
    assert said == {
        "client_id": client_id, "marketing": False, "events": True, "wished_interval": "monthly",
        "channels": ["mobile", "email", "home_phone"],
    }  # fmt: skip
    row = await bank.row("SELECT recorded_by FROM client_consents")
    assert row["recorded_by"] == f"client:{client_id}"


async def test_a_stale_or_missing_tag_changes_nothing(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}/consents"
    assert (await call(person("1001"), "PUT", path, body=WISH)).status_code == 428
    tag = (await call(person("1001"), "GET", path)).headers["etag"]
    assert (await call(person("1001"), "PUT", path, body=WISH, headers={"If-Match": tag})).status_code == 200
    assert (await call(person("1001"), "PUT", path, body=WISH, headers={"If-Match": tag})).status_code == 412
    assert len(await bank.said("ConsentChanged", client_id)) == 2


async def test_a_client_nobody_has_asked_yet_gets_a_first_consent(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    path = f"/v1/clients/{client}/consents"
    read = await call(person("1001"), "GET", path)
    assert (read.json()["recorded"], read.json()["version"]) == (False, 0)
    done = await call(person("1001"), "PUT", path, body=WISH, headers={"If-Match": read.headers["etag"]})
    assert (done.status_code, done.json()["version"]) == (200, 1)
    assert (await call(person("1002"), "GET", path)).status_code == 404


@pytest.mark.requirement("CR-74")
async def test_every_yes_and_no_is_kept_with_notice_way_and_writer(bank, call, person, client_id) -> None:
    path, himself = f"/v1/clients/{client_id}/consents", person("client", client_id)
    tag = (await call(himself, "GET", path)).headers["etag"]
    await call(himself, "PUT", path, body={**WISH, "way": "app"}, headers={"If-Match": tag})
    history = (await call(himself, "GET", f"/v1/clients/{client_id}/consent-history")).json()["items"]
    assert [
        (each["purpose"], each["given"], each["wished_interval"], each["way"], each["recorded_by"]) for each in history
    ] == [
        ("contact_interval", True, "monthly", "app", f"client:{client_id}"),
        ("events", True, None, "app", f"client:{client_id}"),
        ("marketing", False, None, "app", f"client:{client_id}"),
        ("contact_interval", True, "quarterly", "form", "staff:1001"),
        ("events", False, None, "form", "staff:1001"),
        ("marketing", True, None, "form", "staff:1001"),
    ]  # fmt: skip
    assert {each["notice_version"] for each in history} == {"2026-01"}
    assert (await call(person("1002"), "GET", f"/v1/clients/{client_id}/consent-history")).status_code == 404


@pytest.mark.requirement("CR-67")
async def test_a_withdrawal_is_told_at_once_and_needs_no_notice(bank, call, person, client_id) -> None:
    path, himself = f"/v1/clients/{client_id}/consents", person("client", client_id)
    tag = (await call(himself, "GET", path)).headers["etag"]
    none = {"marketing": False, "events": False, "wished_interval": "quarterly", "notice_version": None}
    assert (await call(himself, "PUT", path, body=none, headers={"If-Match": tag})).status_code == 200
    assert (await bank.said("ConsentChanged", client_id))[-1]["marketing"] is False
    newest = (await call(himself, "GET", f"/v1/clients/{client_id}/consent-history")).json()["items"][0]
    assert (newest["purpose"], newest["given"]) == ("marketing", False)


async def test_a_yes_under_a_notice_that_is_not_published_changes_nothing(bank, call, person, client_id) -> None:
    path = f"/v1/clients/{client_id}/consents"
    tag = (await call(person("1001"), "GET", path)).headers["etag"]
    answer = await call(
        person("1001"), "PUT", path, body={**WISH, "notice_version": "2099-01"}, headers={"If-Match": tag}
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/notice_version")
    assert len(await bank.said("ConsentChanged", client_id)) == 1
