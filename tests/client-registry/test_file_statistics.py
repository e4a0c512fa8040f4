"""Files counted by the unit that keeps them: centrally managed, maintained and analysed (CR-41)."""

from uuid import uuid4

import pytest

PATH = "/v1/client-file-statistics"


@pytest.mark.requirement("CR-41")
async def test_files_are_counted_by_unit_tier_class_completeness_and_age(bank, call, person, registration) -> None:
    client = (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]
    await bank.add_clients(2, tier="wealth", manager="staff:1002")
    await bank.add_client(home="sh-01-c1")
    merged = await bank.add_client()
    await bank.run("UPDATE clients SET merged_into = $2 WHERE id = $1", merged, client)
    await bank.run(
        "INSERT INTO client_classifications (client_id, value_class, value_score, parts, risk_class, risk_reasons, needs,"
        " model_version, decision_id, classified_on) VALUES ($1, 'high', 90, '[]', 'low', '{}', '{}', 1, $2, '2026-11-01')",
        client, uuid4(),
    )  # fmt: skip
    (unit,) = (await call(person("1004"), "GET", PATH)).json()["items"]
    assert (unit["code"], unit["files"]) == ("bj-01-c1", 3)
    assert (unit["by_tier"], unit["by_card_level"]) == ({"mass": 1, "wealth": 2}, {"none": 3})
    assert (unit["by_value_class"], unit["by_risk_class"]) == ({"high": 1, "none": 2}, {"low": 1, "none": 2})
    assert (unit["complete"], unit["stale"]) == (0, 0)
    quality = await call(person("1001"), "GET", f"/v1/clients/{client}/information-quality")
    # The two plain files have nothing of what weighs; the average is of all three.
    assert float(unit["score"]) == pytest.approx(quality.json()["score"] / 3, abs=0.1)
    await bank.run("UPDATE client_fields SET collected_at = '2024-01-01' WHERE field = 'mobile'")
    (unit,) = (await call(person("1003"), "GET", PATH)).json()["items"]
    assert unit["stale"] == 1


async def test_only_what_is_in_scope_is_counted_and_pages_follow_each_other(bank, call, person) -> None:
    await bank.add_clients(2, manager="staff:1001")
    await bank.add_client(manager="staff:1002")
    await bank.add_client(home="sh-01-c1", manager="staff:2001")
    own = (await call(person("1001"), "GET", PATH)).json()["items"]
    assert [(each["code"], each["files"]) for each in own] == [("bj-01-c1", 2)]
    elsewhere = await call(person("1004"), "GET", PATH, params={"unit_id": str(bank.units["sh"])})
    assert elsewhere.json()["items"] == []
    unknown = await call(person("1004"), "GET", PATH, params={"unit_id": str(uuid4())})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unit.unknown")
    first = (await call(person("1009"), "GET", PATH, params={"limit": 1})).json()
    second = (await call(person("1009"), "GET", PATH, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert {first["items"][0]["code"], second["items"][0]["code"]} == {"bj-01-c1", "sh-01-c1"}
    assert second["next_cursor"] is None
    assert (await call(person("1007"), "GET", PATH)).status_code == 403
