"""The list of key corporate-finance clients: two persons, a tier for a time, an import answered line by line."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from chassis.metrics import Metrics
from chassis.sweeper import Sweeper
from client_registry.jobs import sweeps

MANAGER = Principal("staff:5001", (Grant("corporate_manager", "/hq/bj/bj-01/bj-01-c1/", "own"),))
HEAD = Principal("staff:5002", (Grant("corporate_head", "/hq/bj/", "unit"),))
SHANGHAI = Principal("staff:5003", (Grant("corporate_head", "/hq/sh/", "unit"),))
GIVEN = {
    "grounds": "全省重点企业", "evidence_no": "GSJR-18", "valid_from": "2026-11-22", "valid_until": "2026-12-31",
}  # fmt: skip


async def sweep(bank) -> None:
    await Sweeper(bank.database, sweeps, clock=lambda: bank.now, metrics=Metrics("client-registry")).sweep()


async def proposed(call, client: UUID, **wanted: Any) -> str:
    answer = await call(MANAGER, "POST", "/v1/corporate-vips", body={"client_id": str(client), **GIVEN, **wanted})
    assert answer.status_code == 201, answer.text
    return f"/v1/corporate-vips/{answer.json()['corporate_vip_id']}"


async def listed(call, client: UUID, **wanted: Any) -> str:
    path = await proposed(call, client, **wanted)
    approved = await call(HEAD, "POST", f"{path}/approvals")
    assert approved.status_code == 201, approved.text
    return path


async def tier(bank, client: UUID) -> str:
    return (await bank.client(client))["service_tier"]


@pytest.mark.requirement("CR-22", "CR-24")
@pytest.mark.parametrize("kind", ["corporate", "personal"])
async def test_an_approved_entry_gives_the_tier_until_its_last_day(bank, call, kind) -> None:
    client = await bank.add_client(manager="staff:5001", kind=kind)
    path = await proposed(call, client)
    assert await tier(bank, client) == "mass"
    approved = (await call(HEAD, "POST", f"{path}/approvals")).json()
    assert (approved["status"], approved["service_tier"], approved["tier_before"]) == (
        "approved",
        "corporate_vip",
        "mass",
    )
    (up,) = await bank.said("ClientUpgraded", client)
    assert (up["service_tier_from"], up["service_tier_to"], up["cause"], up["policy_version"], up["decision_id"]) == (
        "mass", "corporate_vip", "corporate_list", "corporate-vip/1", approved["corporate_vip_id"],
    )  # fmt: skip
    # A run over everybody leaves the list alone.
    await bank.evaluate()
    assert await tier(bank, client) == "corporate_vip"
    # The last second of 31 December in Shanghai, and the first of January.
    bank.now = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    await sweep(bank)
    assert await tier(bank, client) == "corporate_vip"
    bank.now = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    await sweep(bank)
    assert await tier(bank, client) == "mass"
    (down,) = await bank.said("ClientDowngraded", client)
    assert (down["service_tier_from"], down["service_tier_to"], down["cause"], down["effective_on"]) == (
        "corporate_vip", "mass", "ended", "2027-01-01",
    )  # fmt: skip
    ended = (await call(HEAD, "GET", path)).json()
    assert (ended["status"], ended["ended_on"], ended["grounds"]) == ("ended", "2026-12-31", "全省重点企业")


@pytest.mark.requirement("CR-22")
async def test_two_persons_of_the_line_and_both_in_their_place(bank, call, person) -> None:
    client, elsewhere = await bank.add_client(manager="staff:5001"), await bank.add_client(home="sh-01-c1")
    body = {"client_id": str(client), **GIVEN}
    own = (await call(HEAD, "POST", "/v1/corporate-vips", body=body)).json()
    path = f"/v1/corporate-vips/{own['corporate_vip_id']}"
    alone = await call(HEAD, "POST", f"{path}/approvals")
    assert (alone.status_code, alone.json()["code"]) == (409, "approval.same-person")
    assert (await call(MANAGER, "POST", f"{path}/approvals")).status_code == 403
    assert (await call(SHANGHAI, "POST", f"{path}/approvals")).status_code == 404
    assert (await call(person("1001"), "POST", "/v1/corporate-vips", body=body)).status_code == 403
    other = await call(MANAGER, "POST", "/v1/corporate-vips", body={"client_id": str(elsewhere), **GIVEN})
    assert other.status_code == 404
    twice = await call(MANAGER, "POST", "/v1/corporate-vips", body=body)
    assert twice.status_code == 409
    assert await tier(bank, client) == "mass"


async def test_a_refusal_changes_nothing_and_is_final(bank, call) -> None:
    client = await bank.add_client(manager="staff:5001")
    path = await proposed(call, client)
    refused = await call(HEAD, "POST", f"{path}/refusals", body={"reason": "evidence_missing"})
    assert (refused.status_code, refused.json()["status"], refused.json()["refusal"]) == (
        201,
        "refused",
        "evidence_missing",
    )
    for move, body in (("approvals", None), ("refusals", {"reason": "risk"})):
        again = await call(HEAD, "POST", f"{path}/{move}", body=body)
        assert (again.status_code, again.json()["code"]) == (409, "corporate-vip.decided")
    never = await call(HEAD, "POST", f"{path}/endings")
    assert (never.status_code, never.json()["code"]) == (409, "corporate-vip.not-running")
    assert await bank.said("ClientUpgraded", client) == []


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"valid_until": "2026-11-21", "valid_from": "2026-11-01"}, "corporate-vip.past"),
        ({"valid_until": "2026-11-21"}, "corporate-vip.dates-reversed"),
        ({"valid_until": "2028-11-23"}, "corporate-vip.too-long"),
        ({"valid_from": "2028-11-23", "valid_until": "2028-11-24"}, "corporate-vip.begins-too-late"),
        ({"valid_from": "9999-12-31", "valid_until": "9999-12-31"}, "corporate-vip.begins-too-late"),
    ],
)
async def test_wrong_days_are_named_in_both_languages(bank, call, wanted, code) -> None:
    client = await bank.add_client(manager="staff:5001")
    said = set()
    for language in ("en", "zh-CN"):
        body = {"client_id": str(client), **GIVEN, **wanted}
        answer = await call(MANAGER, "POST", "/v1/corporate-vips", body=body, language=language)
        (error,) = answer.json()["errors"]
        pointer = "/valid_from" if "begins" in code else "/valid_until"
        assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)
        said.add(error["detail"])
    assert len(said) == 2


async def test_a_text_with_a_nul_is_refused_where_it_stands(bank, call) -> None:
    rows = [{"client_no": "KH-1\0", **GIVEN}]
    answer = await call(HEAD, "POST", "/v1/corporate-vip-imports", body={"rows": rows}, language="en")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/rows/0/client_no", "field.string-nul")
    assert "NUL" in error["detail"]


async def test_the_longest_run_is_allowed_and_today_is_not_over(bank, call) -> None:
    longest, shortest = [await bank.add_client(manager="staff:5001") for _ in range(2)]
    await listed(call, longest, valid_until="2028-11-22")
    await listed(call, shortest, valid_until="2026-11-22")


@pytest.mark.requirement("CR-24")
async def test_a_later_first_day_waits_and_a_renewal_follows_without_a_gap(bank, call) -> None:
    client = await bank.add_client(manager="staff:5001", tier="wealth")
    await listed(call, client, valid_from="2026-11-23", valid_until="2026-11-30")
    assert await tier(bank, client) == "wealth"
    bank.now += timedelta(days=1)
    await sweep(bank)
    assert await tier(bank, client) == "corporate_vip"
    overlap = await call(
        MANAGER, "POST", "/v1/corporate-vips",
        body={"client_id": str(client), **GIVEN, "valid_from": "2026-11-30", "valid_until": "2027-01-31"},
    )  # fmt: skip
    assert (overlap.status_code, overlap.json()["code"]) == (409, "corporate-vip.listed")
    await listed(call, client, valid_from="2026-12-01", valid_until="2027-01-31")
    bank.now = datetime(2026, 12, 1, 4, tzinfo=UTC)
    await sweep(bank)
    assert await tier(bank, client) == "corporate_vip"
    assert await bank.said("ClientDowngraded", client) == []
    bank.now = datetime(2027, 2, 1, 4, tzinfo=UTC)
    await sweep(bank)
    # Without figures nothing lower follows than where the client stood before.
    assert await tier(bank, client) == "wealth"
    assert len(await bank.said("ClientUpgraded", client)) == 1


@pytest.mark.requirement("CR-24")
@pytest.mark.parametrize(("grace", "falls"), [(0, 0), (30, 30)])
async def test_taken_off_the_list_the_tier_falls_at_once_or_after_the_grace(bank, call, grace, falls) -> None:
    await bank.run(f'UPDATE standing_policies SET "values" = "values" || \'{{"corporate_vip_grace_days": {grace}}}\'')
    client = await bank.add_client(manager="staff:5001")
    await bank.rich(client, assets=3_000_000)
    path = await listed(call, client)
    ended = await call(HEAD, "POST", f"{path}/endings")
    assert (ended.status_code, ended.json()["ended_on"], ended.json()["ended_by"]) == (201, "2026-11-21", "staff:5002")
    assert await tier(bank, client) == ("corporate_vip" if falls else "wealth")
    if falls:
        bank.now += timedelta(days=falls - 1)
        await sweep(bank)
        assert await tier(bank, client) == "corporate_vip"
        bank.now += timedelta(days=1)
        await sweep(bank)
    # By figures of the moment, not by what he was before.
    assert await tier(bank, client) == ("wealth" if grace == 0 else "mass")
    again = await call(HEAD, "POST", f"{path}/endings")
    assert again.status_code == 409


@pytest.mark.requirement("CR-22")
async def test_an_import_answers_every_line_and_a_trial_keeps_nothing(bank, call) -> None:
    good, listed_one, foreign = [
        await bank.client(await bank.add_client(**wanted))
        for wanted in ({"manager": "staff:5001"}, {"manager": "staff:5001"}, {"home": "sh-01-c1"})
    ]
    await listed(call, listed_one["id"])
    rows = [
        {**GIVEN, "client_no": good["client_no"]},
        {**GIVEN, "client_no": good["client_no"]},
        {**GIVEN, "client_no": listed_one["client_no"]},
        {**GIVEN, "client_no": foreign["client_no"]},
        {**GIVEN, "client_no": "KH-UNKNOWN"},
        {**GIVEN, "client_no": good["client_no"], "valid_until": "2026-11-01"},
    ]
    wanted = [None, "approval.already-proposed", "corporate-vip.listed", "not-found", "not-found",
              "corporate-vip.dates-reversed"]  # fmt: skip
    for validate_only, entries in ((True, 1), (False, 2)):
        answer = await call(
            MANAGER, "POST", "/v1/corporate-vip-imports", body={"rows": rows, "validate_only": validate_only}
        )
        assert answer.status_code == 201, answer.text
        report = answer.json()
        assert (report["proposed"], report["refused"]) == (1, 5)
        assert [row["code"] for row in report["rows"]] == wanted
        assert report["rows"][5]["pointer"] == "/rows/5/valid_until"
        assert report["rows"][2]["explanation"]["zh"] != report["rows"][2]["explanation"]["en"]
        assert (report["rows"][0]["corporate_vip_id"] is None) is validate_only
        assert (await bank.row("SELECT count(*) AS n FROM corporate_vips"))["n"] == entries
    many = await call(MANAGER, "POST", "/v1/corporate-vip-imports", body={"rows": [rows[0]] * 201})
    assert many.status_code == 422
    found = (await call(MANAGER, "GET", "/v1/corporate-vips", params={"status": "proposed"})).json()["items"]
    assert [(entry["client_no"], entry["name"]) for entry in found] == [(good["client_no"], "测**")]
    assert (await call(SHANGHAI, "GET", "/v1/corporate-vips")).json()["items"] == []


async def test_the_grounds_are_sealed_and_reading_them_is_audited(bank, call) -> None:
    client = await bank.add_client(manager="staff:5001")
    path = await proposed(call, client)
    raw = await bank.row("SELECT grounds_sealed FROM corporate_vips")
    assert "全省重点企业".encode() not in raw["grounds_sealed"]
    assert (await call(HEAD, "GET", path)).json()["grounds"] == "全省重点企业"
    reads = await bank.rows("SELECT subject FROM audit WHERE act = 'corporate-vip.read'")
    assert len(reads) == 1
    assert date(2026, 11, 22) == datetime.fromisoformat((await call(HEAD, "GET", path)).json()["proposed_at"]).date()
