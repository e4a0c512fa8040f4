"""Double entry by a second person (XC-21): blind, by somebody else, applied when equal, told by names when not."""

from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from client_registry.domain.information_policy import read_information_policy
from client_registry.domain.reference_data import ReferenceRefused
from client_registry.domain.second_entries import comparable
from client_registry.use_cases.expire_entry import expire_entry
from client_registry.use_cases.load_reference_data import load_reference_data

from .conftest import builtin


@pytest.fixture
async def by_two(bank):
    """From now on two people enter a document, a mobile number and an account."""

    versions = count(2)

    async def loaded(*fields: str, attempts: int = 3) -> None:
        policy = builtin("information_policy")
        entered = [{"field": field, "by": "second_person"} for field in fields]
        policy |= {
            "version": next(versions),
            "double_entry": entered,
            "second_entry": {"within_days": 2, "attempts": attempts},
        }
        async with bank.database.transaction() as tx:
            await load_reference_data(tx, form=builtin("registration_form"), policy=policy)

    await loaded("identity_number", "mobile", "debit_card_1")
    return loaded


@pytest.fixture
def enter(call):
    async def entered(by, entry, language: str = "en", **values):
        path = f"/v1/second-entries/{entry}/entries"
        return await call(by, "POST", path, body={"values": values}, language=language)

    return entered


@pytest.fixture
async def waiting(call, person, registration, by_two):
    """A registration that waits, and its form."""
    form = registration()
    answer = await call(person("1001"), "POST", "/v1/clients", body=form)
    assert answer.status_code == 202, answer.text
    return answer.json(), form


@pytest.mark.requirement("XC-21")
async def test_a_registration_waits_sealed_until_a_second_person_has_entered_the_same(
    bank, call, person, waiting, enter
) -> None:
    entry, form = waiting
    assert (entry["status"], entry["fields"]) == ("waiting", ["identity_number", "mobile"])
    assert await bank.rows("SELECT id FROM clients") == [] and await bank.said("ClientRegistered") == []
    kept = await bank.row("SELECT entered_sealed FROM pending_entries")
    assert form["identity"]["number"].encode() not in bytes(kept["entered_sealed"])
    (item,) = await bank.rows("SELECT kind, owner_role, unit_id, rule FROM work_items")
    assert item == {"kind": "second-entry.enter", "owner_role": "relationship_manager", "rule": "XC-21",
                    "unit_id": bank.units["bj-01-c1"]}  # fmt: skip
    path = f"/v1/second-entries/{entry['second_entry_id']}"
    listed = (await call(person("1002"), "GET", "/v1/second-entries")).json()["items"]
    seen = await call(person("1002"), "GET", path)
    assert [each["second_entry_id"] for each in listed] == [entry["second_entry_id"]]
    assert form["identity"]["number"] not in seen.text and "13812345678" not in seen.text, "the second entry is blind"
    number = form["identity"]["number"]
    done = await enter(
        person("1002"), entry["second_entry_id"], identity_number=f" {number} ", mobile="+86 13812345678"
    )
    assert (done.status_code, done.json()["status"]) == (201, "applied"), done.text
    client = await bank.row("SELECT id, manager FROM clients")
    assert (client["manager"], str(client["id"])) == ("staff:1001", done.json()["client_id"])
    acts = {row["act"]: row["subject"] for row in await bank.rows("SELECT act, subject FROM audit")}
    assert (acts["client.registered"], acts["second-entry.applied"]) == ("staff:1001", "staff:1002")
    assert (await bank.row("SELECT entered_sealed FROM pending_entries"))["entered_sealed"] is None
    assert await bank.rows("SELECT 1 FROM work_items WHERE status <> 'done' AND kind LIKE 'second-entry%'") == []
    assert (await enter(person("1002"), entry["second_entry_id"], mobile="1")).json()["code"] == "second-entry.over"


@pytest.mark.requirement("XC-20", "XC-21")
async def test_the_second_is_never_the_first_nor_without_the_post_nor_from_elsewhere(
    bank, call, person, waiting, enter
) -> None:
    entry = waiting[0]["second_entry_id"]
    both = {"identity_number": waiting[1]["identity"]["number"], "mobile": "13812345678"}
    said = {}
    for language in ("en", "zh-CN"):
        answer = await enter(person("1001"), entry, language=language, **both)
        assert (answer.status_code, answer.json()["code"]) == (409, "second-entry.same-person")
        said[language] = answer.json()["detail"]
    assert said["zh-CN"].startswith("首次录入由您完成") and said["en"].startswith("You made the first entry")
    other_post = Principal("staff:1001", (Grant("data_steward", "/hq/bj/", "unit"),))
    assert (await enter(other_post, entry, **both)).json()["code"] == "second-entry.same-person"
    assert (await enter(person("1003"), entry, **both)).json()["code"] == "second-entry.not-your-post"
    assert (await enter(person("2001"), entry, **both)).status_code == 404
    assert (await call(person("2001"), "GET", f"/v1/second-entries/{entry}")).status_code == 404
    assert (await call(person("2001"), "GET", "/v1/second-entries")).json()["items"] == []
    assert (await enter(person("1007"), entry, **both)).status_code == 403
    with pytest.raises(Exception, match="two_people"):
        await bank.run("UPDATE pending_entries SET second_by = first_by")
    assert await bank.rows("SELECT id FROM clients") == []


@pytest.mark.requirement("XC-21")
async def test_what_differs_is_told_by_name_and_the_second_may_enter_again(bank, call, person, waiting, enter) -> None:
    entry, number = waiting[0]["second_entry_id"], waiting[1]["identity"]["number"]
    unlike = await enter(person("1002"), entry, identity_number=number, mobile="13900000000")
    assert (unlike.status_code, unlike.json()["status"], unlike.json()["differing"]) == (201, "differs", ["mobile"])
    seen = await call(person("1001"), "GET", f"/v1/second-entries/{entry}")
    assert seen.json()["differing"] == ["mobile"] and "139" not in seen.text.replace(entry, "")
    items = await bank.rows("SELECT kind, owner FROM work_items WHERE status <> 'done' ORDER BY kind")
    assert [(each["kind"], each["owner"]) for each in items] == [
        ("second-entry.differs", "staff:1001"), ("second-entry.enter", None),
    ]  # fmt: skip
    (row,) = await bank.rows("SELECT detail FROM audit WHERE act = 'second-entry.differed'")
    assert row["detail"] == {"first_by": "staff:1001", "differing": ["mobile"], "attempts": 1}
    done = await enter(person("1002"), entry, identity_number=number, mobile="13812345678")
    assert done.json()["status"] == "applied"


@pytest.mark.requirement("XC-21")
async def test_the_first_corrects_his_own_and_it_is_entered_again(bank, call, person, waiting, enter) -> None:
    entry, number = waiting[0]["second_entry_id"], waiting[1]["identity"]["number"]
    path = f"/v1/second-entries/{entry}/corrections"

    def correct(by: str, **values: str):
        return call(person(by), "POST", path, body={"values": values})

    assert (await correct("1001", mobile="13900000000")).json()["code"] == "second-entry.nothing-differs"
    await enter(person("1002"), entry, identity_number=number, mobile="13900000000")
    assert (await correct("1002", mobile="13900000000")).json()["code"] == "second-entry.not-the-first"
    odd = await correct("1001", identity_number=number)
    assert (odd.json()["errors"][0]["pointer"], odd.json()["errors"][0]["code"]) == (
        "/values/identity_number", "second-entry.not-asked",
    )  # fmt: skip
    broken = await correct("1001", mobile="139")
    assert broken.status_code == 422 and broken.json()["errors"][0]["code"] in (
        "second-entry.not-a-value",
        "mobile.too-short",
    )
    corrected = await correct("1001", mobile="139 0000 0000")
    assert (corrected.status_code, corrected.json()["status"], corrected.json()["differing"]) == (201, "waiting", [])
    assert await bank.rows("SELECT id FROM clients") == []
    assert (await enter(person("1002"), entry, identity_number=number, mobile="13900000000")).json()[
        "status"
    ] == "applied"
    client = (await bank.row("SELECT id FROM clients"))["id"]
    form = await call(
        person("1001"), "GET", f"/v1/clients/{client}", params={"unmasked": True, "purpose": "client_service"}
    )
    assert form.json()["contacts"][0]["value"] == "+8613900000000"


@pytest.mark.requirement("XC-21")
async def test_too_many_differences_end_the_entry(bank, person, waiting, enter) -> None:
    entry, number = waiting[0]["second_entry_id"], waiting[1]["identity"]["number"]
    states = [
        (await enter(person("1002"), entry, identity_number=number, mobile=f"1390000000{n}")).json()["status"]
        for n in range(3)
    ]
    assert states == ["differs", "differs", "refused"]
    row = await bank.row("SELECT entered_sealed, status FROM pending_entries")
    assert (row["entered_sealed"], row["status"]) == (None, "refused")
    (item,) = await bank.rows("SELECT kind, owner FROM work_items WHERE status <> 'done'")
    assert item == {"kind": "second-entry.refused", "owner": "staff:1001"}


@pytest.mark.requirement("XC-21")
async def test_an_entry_that_nobody_enters_again_expires_and_keeps_nothing(bank, call, person, waiting, enter) -> None:
    entry = UUID(waiting[0]["second_entry_id"])
    due = await bank.row("SELECT due_at FROM due_work WHERE kind = 'second-entry.expires'")
    assert due["due_at"] == bank.now + timedelta(days=2)
    for _ in range(2):
        async with bank.database.transaction() as tx:
            await expire_entry(tx, entry, now=due["due_at"])
    row = await bank.row("SELECT status, entered_sealed FROM pending_entries")
    assert (row["status"], row["entered_sealed"]) == ("expired", None)
    (item,) = await bank.rows("SELECT kind, owner FROM work_items WHERE status <> 'done'")
    assert item == {"kind": "second-entry.expired", "owner": "staff:1001"}
    late = await enter(person("1002"), str(entry), identity_number="1", mobile="1")
    assert (late.status_code, late.json()["code"]) == (409, "second-entry.over")


async def test_a_second_entry_names_each_field_and_no_other(person, waiting, enter) -> None:
    entry = waiting[0]["second_entry_id"]
    odd = await enter(person("1002"), entry, mobile="13812345678", email="a@b.cn")
    assert {(each["pointer"], each["code"]) for each in odd.json()["errors"]} == {
        ("/values/identity_number", "second-entry.missing"), ("/values/email", "second-entry.not-asked"),
    }  # fmt: skip


async def test_the_first_withdraws_what_nobody_else_can(call, person, waiting) -> None:
    path = f"/v1/second-entries/{waiting[0]['second_entry_id']}/withdrawals"
    assert (await call(person("1002"), "POST", path)).json()["code"] == "second-entry.not-the-first"
    assert (await call(person("1001"), "POST", path)).json()["status"] == "withdrawn"
    assert (await call(person("1001"), "POST", path)).json()["code"] == "second-entry.over"


@pytest.mark.requirement("XC-21")
async def test_a_change_of_the_named_fields_waits_and_the_rest_of_it_with_them(
    bank, call, person, registration, by_two, enter
) -> None:
    await by_two()
    client = (await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"]
    await by_two("debit_card_1", "mobile", "name")
    path = f"/v1/clients/{client}/registration-form"
    body = {"source": "questionnaire", "debit_card_1": "6222021234567890123", "education": "college"}

    async def put(version: int = 0):
        return await call(person("1001"), "PUT", path, body=body, headers={"If-Match": f'"{version}"'})

    first = await put()
    assert (first.status_code, first.json()["fields"], first.json()["kind"]) == (202, ["debit_card_1"], "form")
    second = await put()
    assert (await call(person("1001"), "GET", path)).json()["education"] is None
    done = await enter(person("1002"), first.json()["second_entry_id"], debit_card_1="6222 0212 3456 7890 123")
    assert done.json()["status"] == "applied", done.text
    form = (await call(person("1001"), "GET", path)).json()
    assert (form["education"], form["debit_card_1"], form["version"]) == ("college", "***************0123", 1)
    late = await enter(person("1002"), second.json()["second_entry_id"], debit_card_1="6222021234567890123")
    assert late.json()["status"] == "overtaken"
    assert (await put(1)).status_code == 200, "nothing that is entered twice changes any more"
    change = {"name": "王晓明", "cause": "name_changed", "reason": "更名"}
    renamed = await call(person("1008"), "POST", f"/v1/clients/{client}/identity-changes", body=change)
    assert (renamed.status_code, renamed.json()["kind"]) == (202, "identity")
    applied = await enter(person("1004"), renamed.json()["second_entry_id"], name="王晓明")
    assert applied.json()["status"] == "applied", applied.text
    assert len(await bank.rows("SELECT id FROM former_identities")) == 1


async def test_what_would_be_refused_is_refused_at_once(bank, call, person, registration, waiting) -> None:
    form = registration(birth_on="1999-01-01")
    answer = await call(person("1001"), "POST", "/v1/clients", body=form)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "birth.differs")
    assert len(await bank.rows("SELECT id FROM pending_entries")) == 1


def test_a_policy_asks_two_people_only_for_what_can_be_entered_again() -> None:
    policy = builtin("information_policy")
    for wrong in (
        {"double_entry": [{"field": "hobbies", "by": "second_person"}]},
        {"second_entry": {"within_days": 0, "attempts": 3}},
        {"second_entry": {"within_days": 3, "attempts": 11}},
        {"double_entry": [{"field": "mobile", "by": "third_person"}]},
    ):
        with pytest.raises(ReferenceRefused):
            read_information_policy({**policy, **wrong})
    assert read_information_policy({name: value for name, value in policy.items() if name != "second_entry"})


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("mobile", "138 1234 5678", "+8613812345678"), ("identity_number", "11010119800101001x", "11010119800101001X"),
        ("office_phone", "010-66001234-801", "(010)66001234转801"), ("birth_on", " 1980-01-01 ", "1980-01-01"),
        ("debit_card_1", "6222-0212 3456 7890", "6222021234567890"), ("employer", "某某公司 ", "某某公司"),
    ],
)  # fmt: skip
def test_two_ways_of_writing_the_same_are_the_same(field: str, one: str, other: str) -> None:
    assert comparable(field, one) == comparable(field, other)
