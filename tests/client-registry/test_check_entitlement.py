"""Entitlements: what a level gives where, never more than head-office level, one call that says yes or no and why."""

import json
from collections import Counter
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

import pytest
from client_registry.domain.entitlements import Limits
from client_registry.domain.service_rules import read_service_rules

from .conftest import ENTITLEMENTS


@pytest.fixture
async def clients(bank) -> dict:
    """A head-office-level, a branch-level and a plain client of Beijing, and a wealth client without a card."""
    found = {}
    for name, level, tier in (
        ("head_office", "head_office", "mass"),
        ("branch", "branch", "mass"),
        ("plain", "none", "mass"),
        ("wealth", "none", "wealth"),
    ):
        client = await bank.add_client(manager="staff:1001", tier=tier)
        await bank.run("UPDATE clients SET card_level = $2 WHERE id = $1", client, level)
        found[name] = client
    return found


def check(call, bank, by, client, service, unit, **wanted):
    body = {"client_id": str(client), "service": service, "unit_id": str(bank.units[unit]), **wanted}
    return call(by, "POST", "/v1/entitlement-checks", body={k: v for k, v in body.items() if v is not None})


@pytest.mark.requirement("CR-86", "CR-87", "CR-88", "CR-89")
def test_the_catalogue_has_five_families_and_seven_seven_and_four_items() -> None:
    catalogue = read_service_rules(ENTITLEMENTS).catalogue
    families = Counter(item.family.value for item in catalogue.entitlements)
    assert families == {"priority": 7, "preferential": 7, "advisory": 4, "care": 1, "emergency": 1}
    articles = [item.article for item in catalogue.entitlements]
    for article, number in ((21, 7), (22, 7), (23, 4)):
        assert [each for each in articles if f"Art. {article}(" in each] == [
            f"CCB Art. {article}({each})" for each in range(1, number + 1)
        ]
    assert all(item.title.zh != item.title.en and item.words.zh != item.words.en for item in catalogue.entitlements)


@pytest.mark.requirement("CR-19")
@pytest.mark.parametrize(
    ("branch", "head_office", "more"),
    [
        ({"discount_percent": "10"}, {"discount_percent": "10"}, ()),
        ({"discount_percent": "10.01"}, {"discount_percent": "10"}, ("discount_percent",)),
        ({"discount_percent": "0.01"}, {}, ("discount_percent",)),
        ({}, {"discount_percent": "10"}, ()),
        ({"amount_max": "100.01"}, {"amount_max": "100"}, ("amount_max",)),
        ({"amount_max": "100.00"}, {"amount_max": "100"}, ()),
        ({}, {"amount_max": "100"}, ("amount_max",)),
        ({"amount_max": "100"}, {}, ()),
        ({"count_max": 1, "period": "month"}, {"count_max": 12, "period": "year"}, ()),
        ({"count_max": 1, "period": "month"}, {"count_max": 11, "period": "year"}, ("count_max",)),
        ({"count_max": 1, "period": "day"}, {"count_max": 31, "period": "month"}, ()),
        ({"minutes_max": 10}, {"minutes_max": 10}, ()),
        ({"minutes_max": 9}, {"minutes_max": 10}, ("minutes_max",)),
        ({"minutes_max": 60}, {}, ("minutes_max",)),
    ],
)
def test_two_limits_are_compared_as_values_in_every_measure(branch, head_office, more) -> None:
    def limits(given) -> Limits:
        return Limits(**{k: Decimal(v) if isinstance(v, str) and k != "period" else v for k, v in given.items()})

    assert limits(branch).exceeding(limits(head_office)) == more
    assert limits(branch).within(limits(head_office)).exceeding(limits(head_office)) == ()


@pytest.mark.requirement("CR-19")
@pytest.mark.parametrize(
    "broken",
    [
        {"limits": {"head_office": {"discount_percent": "10"}, "branch": {"discount_percent": "11"}}},
        {"limits": {"head_office": {"count_max": 1}, "branch": {}}},
        {"limits": {"head_office": {"discount_percent": "101"}, "branch": {}}},
        {"limits": {"head_office": {"prose": "best"}, "branch": {}}},
        {"code": "loan-priority"},
        {"family": "gifts"},
    ],
)
def test_a_broken_catalogue_is_not_taken(broken) -> None:
    document = deepcopy(ENTITLEMENTS)
    document["entitlements"][0] |= broken
    with pytest.raises(ValueError):
        read_service_rules(document)


@pytest.mark.requirement("CR-20", "CR-21")
@pytest.mark.parametrize(
    ("who", "service", "by", "unit", "allowed", "reason"),
    [
        ("head_office", "note-exchange", "1006", "bj-01-o1", True, "head-office-level"),
        ("head_office", "note-exchange", "2003", "sh-01-o1", True, "head-office-level"),
        ("head_office", "loan-rate", "1006", "bj-01-o1", True, "head-office-level"),
        ("head_office", "loan-rate", "2003", "sh-01-o1", False, "not-away"),
        ("branch", "note-exchange", "1006", "bj-01-o1", True, "branch-level-at-home"),
        ("branch", "note-exchange", "2003", "sh-01-o1", False, "branch-level-elsewhere"),
        ("plain", "note-exchange", "1006", "bj-01-o1", False, "no-level"),
        ("wealth", "direct-service", "2003", "sh-01-o1", True, "by-service-tier"),
        ("wealth", "note-exchange", "1006", "bj-01-o1", False, "no-level"),
    ],
)
async def test_where_a_level_holds(bank, call, person, clients, who, service, by, unit, allowed, reason) -> None:
    answer = await check(call, bank, person(by), clients[who], service, unit)
    body = answer.json()
    assert (answer.status_code, body["allowed"], body["reason"]) == (201, allowed, reason), answer.text
    assert body["why_zh"] and body["why_en"] and body["article"].startswith("CCB Art.")
    assert (body["limits"] is not None) == allowed
    assert set(body) == {
        "decision_id", "code", "allowed", "level", "place_rule", "limits", "conditions", "reason", "why_zh", "why_en",
        "article", "catalogue_version", "branch_entitlement_id",
    }  # fmt: skip
    row = await bank.row("SELECT subject, client_id, detail FROM audit WHERE act = 'entitlement.checked'")
    assert (row["subject"], row["client_id"]) == (f"staff:{by}", clients[who])
    assert (row["detail"]["reason"], row["detail"]["catalogue_version"]) == (reason, 1)


@pytest.mark.requirement("CS-27")
async def test_by_card_the_identity_document_is_to_be_checked_with_it(bank, call, person, clients) -> None:
    client, teller = clients["branch"], person("2003")
    for number in ("BJ000001", "SH000001"):
        await bank.run(
            "INSERT INTO client_cards (client_id, card_id, card_number, level, face, issued_on, expires_on)"
            " VALUES ($1, uuidv7(), $2, 'branch', 'silver', '2026-11-01', '2028-11-01')",
            client, number,
        )  # fmt: skip
    await bank.run("UPDATE clients SET card_number = 'SH000001' WHERE id = $1", client)
    both = await check(call, bank, teller, client, "note-exchange", "sh-01-o1", card_number="SH000001")
    assert both.status_code == 422
    body = {"service": "note-exchange", "unit_id": str(bank.units["sh-01-o1"])}

    async def shown(number: str):
        return await call(teller, "POST", "/v1/entitlement-checks", body={**body, "card_number": number})

    found = (await shown("SH000001")).json()
    assert (found["allowed"], found["reason"], found["level"]) == (True, "branch-level-at-home", "branch")
    assert found["conditions"][0]["code"] == "valid_id" and "CS-27" in found["conditions"][0]["text_zh"]
    assert found["limits"] == {
        "discount_percent": None, "amount_max": "10000.00", "count_max": 2, "period": "month", "minutes_max": None,
    }  # fmt: skip
    old = await shown("BJ000001")
    assert (old.status_code, old.json()["code"]) == (409, "entitlement.card-not-current")
    assert (await shown("ZZ000009")).status_code == 404


async def test_what_cannot_be_asked_is_answered_clearly(bank, call, person, clients) -> None:
    teller, client = person("1006"), clients["head_office"]
    unknown = await check(call, bank, teller, client, "private-jet", "bj-01-o1")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "entitlement.unknown")
    assert (await check(call, bank, teller, client, "note-exchange", "sh-01-o1")).status_code == 404
    yesterday = await check(
        call, bank, teller, client, "note-exchange", "bj-01-o1", on=str(bank.now.date() - timedelta(days=1))
    )
    assert (yesterday.status_code, yesterday.json()["errors"][0]["pointer"]) == (422, "/on")
    assert (await check(call, bank, teller, client, "Note Exchange", "bj-01-o1")).status_code == 422
    assert (await check(call, bank, person("1009"), client, "note-exchange", "bj-01-o1")).status_code == 403


@pytest.mark.requirement("CR-97")
async def test_a_look_up_counts_when_it_is_ones_own_and_confirmed(bank, call, person, registration) -> None:
    form = registration(contacts=[{"way": "mobile", "value": "13812345678"}])
    await call(person("1001"), "POST", "/v1/clients", body=form)
    teller = person("1006")
    looked = (await call(teller, "POST", "/v1/client-lookups", body={"phone": "13812345678"})).json()["lookup_id"]
    body = {"lookup_id": looked, "service": "note-exchange", "unit_id": str(bank.units["bj-01-o1"])}
    early = await call(teller, "POST", "/v1/entitlement-checks", body=body)
    assert (early.status_code, early.json()["code"]) == (409, "recognition.not-confirmed")
    factor = {"identity_last4": form["identity"]["number"][-4:]}
    assert (await call(teller, "POST", f"/v1/client-lookups/{looked}/confirmations", body=factor)).status_code == 201
    assert (await call(teller, "POST", "/v1/entitlement-checks", body=body)).json()["reason"] == "no-level"
    other = await call(person("1007"), "POST", "/v1/entitlement-checks", body=body)
    assert (other.status_code, other.json()["code"]) == (404, "lookup.gone")
    bank.now += timedelta(hours=24)
    late = await call(teller, "POST", "/v1/entitlement-checks", body=body)
    assert (late.status_code, late.json()["code"]) == (404, "lookup.gone")


@pytest.mark.requirement("CR-93")
async def test_fee_standards_are_told_in_wealth_channels_or_for_an_eligible_client(bank, call, person, clients) -> None:
    async def fees(by: str, **params) -> dict | None:
        answer = await call(person(by), "GET", "/v1/entitlements", params=params)
        assert answer.status_code == 200, answer.text
        (item,) = [each for each in answer.json()["items"] if each["code"] == "safe-deposit-box"]
        return item["limits"]

    assert (await fees("1001"))["head_office"]["discount_percent"] == "20"
    assert await fees("1006") is None
    for who, told in (("plain", False), ("head_office", True)):
        lookup = await bank.row(
            "INSERT INTO client_lookups (id, asked_by, way, value_index, purpose, client_ids, asked_at, expires_at,"
            " confirmed_client_id) VALUES (uuidv7(), 'staff:1006', 'phone', '\\x00', 'recognition', ARRAY[$1::uuid], $2, $2,"
            " $1) RETURNING id",
            clients[who], bank.now,
        )  # fmt: skip
        assert (await fees("1006", lookup_id=str(lookup["id"])) is not None) is told
    assert await fees("1006", lookup_id="01935a10-0000-7000-8000-00000000c101") is None
    everybody = (await call(person("1006"), "GET", "/v1/entitlements")).json()["items"]
    assert [each["limits"] for each in everybody if each["code"] == "note-exchange"] != [None]


async def test_everything_a_client_has_at_a_place(bank, call, person, clients) -> None:
    async def held(client, unit=None) -> list[str]:
        params = {} if unit is None else {"unit_id": str(bank.units[unit])}
        answer = await call(person("1001"), "GET", f"/v1/clients/{client}/entitlements", params=params)
        assert answer.status_code == 200, answer.text
        return [item["code"] for item in answer.json()["items"]]

    assert len(await held(clients["head_office"])) == 20
    away = await held(clients["head_office"], "sh-01-c1")
    assert len(away) == 16 and not {"loan-priority", "loan-rate", "credit-limit", "safe-deposit-box"} & set(away)
    assert len(await held(clients["branch"])) == 20 and await held(clients["branch"], "sh-01-c1") == []
    assert await held(clients["plain"]) == []
    other = await call(person("2001"), "GET", f"/v1/clients/{clients['plain']}/entitlements")
    assert other.status_code == 404


def proposal(bank, **wanted) -> dict:
    return {
        "unit_id": str(bank.units["sh"]), "kind": "override", "code": "note-exchange",
        "limits": {"amount_max": "15000", "count_max": 3, "period": "month"}, "effective_on": "2026-12-01", **wanted,
    }  # fmt: skip


LOUNGE = {
    "kind": "addition", "code": "airport-lounge", "family": "priority", "title_zh": "机场贵宾厅",
    "title_en": "Airport lounge", "text_zh": "虹桥机场贵宾厅", "text_en": "Lounge at Hongqiao",
    "limits": {"count_max": 6, "period": "year"},
}  # fmt: skip


async def approve(call, by, row_id, decision="approved"):
    return await call(by, "POST", f"/v1/branch-entitlements/{row_id}/decisions", body={"decision": decision})


@pytest.mark.requirement("CR-19")
@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"amount_max": "20000.01", "count_max": 4, "period": "month"}, ("20000.01", "20000.00")),
        ({"amount_max": "20000", "count_max": 1, "period": "day"}, ("1/day", "4/month")),
        ({"count_max": 4, "period": "month"}, ("-", "20000.00")),
        ({"discount_percent": "1", "amount_max": "1", "count_max": 1, "period": "year"}, ("1", "-")),
    ],
)
async def test_a_branch_that_exceeds_head_office_level_is_told_the_limit(bank, call, person, limits, named) -> None:
    answer = await call(person("2002"), "POST", "/v1/branch-entitlements", body=proposal(bank, limits=limits))
    assert (answer.status_code, answer.json()["code"]) == (409, "entitlement.above-head-office")
    assert all(figure in answer.json()["detail"] for figure in named)


@pytest.mark.requirement("CR-92", "CR-19", "CR-20")
async def test_what_a_branch_adds_needs_a_second_person_and_serves_head_office_level_too(
    bank, call, person, clients
) -> None:
    made = await call(person("2002"), "POST", "/v1/branch-entitlements", body=proposal(bank, **LOUNGE))
    assert made.status_code == 201, made.text
    row = made.json()["id"]
    twice = await call(person("2002"), "POST", "/v1/branch-entitlements", body=proposal(bank, **LOUNGE))
    assert twice.json()["code"] == "approval.already-proposed"
    assert (await approve(call, person("2002"), row)).json()["code"] == "approval.same-person"
    assert (await approve(call, person("1004"), row)).status_code == 404
    client, teller = clients["head_office"], person("2003")
    before = await check(call, bank, teller, client, "airport-lounge", "sh-01-o1")
    assert before.json()["code"] == "entitlement.unknown"
    assert (await approve(call, person("2006"), row)).json()["status"] == "active"
    assert (await approve(call, person("2006"), row, "refused")).json()["code"] == "approval.not-open"
    early = (await check(call, bank, teller, client, "airport-lounge", "sh-01-o1")).json()
    assert (early["allowed"], early["reason"]) == (False, "not-in-force")
    then = (await check(call, bank, teller, client, "airport-lounge", "sh-01-o1", on="2026-12-01")).json()
    assert (then["allowed"], then["reason"]) == (True, "local-for-head-office")
    assert then["limits"]["count_max"] == 6 and then["branch_entitlement_id"] == row
    stranger = (
        await check(call, bank, teller, clients["branch"], "airport-lounge", "sh-01-o1", on="2026-12-01")
    ).json()
    assert (stranger["allowed"], stranger["reason"]) == (False, "branch-level-elsewhere")
    away = await check(call, bank, person("1006"), client, "airport-lounge", "bj-01-o1", on="2026-12-01")
    assert away.status_code == 404


@pytest.mark.requirement("CR-92")
async def test_a_branch_sets_its_own_branch_level_and_the_day_it_begins(bank, call, person, clients) -> None:
    unit = str(bank.units["bj"])
    for change in (
        {"unit_id": unit},
        {"unit_id": unit, "kind": "rollout", "code": "wealth-salon", "limits": {}, "effective_on": "2027-01-01"},
    ):
        made = await call(person("1004"), "POST", "/v1/branch-entitlements", body=proposal(bank, **change))
        assert made.status_code == 201, made.text
        # The head of a centre below the branch does not speak for the branch.
        assert (await approve(call, person("1010"), made.json()["id"])).status_code == 404
        assert (await approve(call, person("1011"), made.json()["id"])).status_code == 201

    async def here(who: str, service: str, on: str) -> dict:
        return (await check(call, bank, person("1006"), clients[who], service, "bj-01-o1", on=on)).json()

    assert (await here("branch", "note-exchange", "2026-11-30"))["limits"]["amount_max"] == "10000.00"
    assert (await here("branch", "note-exchange", "2026-12-01"))["limits"]["amount_max"] == "15000"
    assert (await here("head_office", "note-exchange", "2026-12-01"))["limits"]["amount_max"] == "20000.00"
    assert (await here("branch", "wealth-salon", "2026-12-31"))["reason"] == "not-rolled-out"
    assert (await here("branch", "wealth-salon", "2027-01-01"))["allowed"] is True


async def test_proposals_that_make_no_sense_are_refused(bank, call, person) -> None:
    for wanted, status, code in (
        ({**LOUNGE, "code": "note-exchange"}, 409, "entitlement.in-catalogue"),
        ({"code": "private-jet"}, 409, "entitlement.not-in-catalogue"),
        ({"effective_on": "2026-11-21"}, 409, "entitlement.starts-in-the-past"),
        ({"unit_id": str(bank.units["sh-01-c1"])}, 409, "entitlement.not-a-first-level-branch"),
        ({"unit_id": str(bank.units["bj"])}, 404, "not-found"),
        ({**LOUNGE, "title_en": None}, 422, "invalid"),
        ({"title_zh": "改名"}, 422, "invalid"),
        ({"limits": {"count_max": 3}}, 422, "invalid"),
        ({"limits": {"discount_percent": "100.5"}}, 422, "invalid"),
        ({"limits": {"amount_max": "-1"}}, 422, "invalid"),
        ({"effective_until": "2026-11-30"}, 422, "invalid"),
    ):
        answer = await call(person("2002"), "POST", "/v1/branch-entitlements", body=proposal(bank, **wanted))
        assert (answer.status_code, answer.json()["code"]) == (status, code), (wanted, answer.text)


async def test_an_approval_looks_at_the_catalogue_of_its_own_moment(bank, call, person) -> None:
    made = (await call(person("2002"), "POST", "/v1/branch-entitlements", body=proposal(bank))).json()
    document = deepcopy(ENTITLEMENTS) | {"version": 2}
    (item,) = [each for each in document["entitlements"] if each["code"] == "note-exchange"]
    item["limits"] = {"head_office": {"amount_max": "12000.00"}, "branch": {"amount_max": "1.00"}}
    await bank.run(
        "INSERT INTO entitlement_catalogues VALUES (2, '2026-01-01', $1::jsonb, now())",
        json.loads(json.dumps(document)),
    )
    late = await approve(call, person("2006"), made["id"])
    assert (late.status_code, late.json()["code"]) == (409, "entitlement.above-head-office")
    listed = (await call(person("2006"), "GET", "/v1/branch-entitlements", params={"status": "proposed"})).json()[
        "items"
    ]
    assert [each["id"] for each in listed] == [made["id"]]
    assert (await call(person("1004"), "GET", "/v1/branch-entitlements")).json()["items"] == []


async def test_without_a_catalogue_nothing_is_decided(bank, call, person, clients) -> None:
    await bank.run("DELETE FROM entitlement_catalogues")
    answer = await check(call, bank, person("1006"), clients["head_office"], "note-exchange", "bj-01-o1")
    assert (answer.status_code, answer.json()["code"]) == (503, "entitlement.no-catalogue")
