"""Two files of one person: found, proposed, merged by another person, pointed to, and taken apart again."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from client_registry.store.duplicates import find_duplicates
from client_registry.use_cases.expire_mergers import expire_mergers

BORN = date(1979, 5, 20)


@pytest.fixture
def opened(bank, call, person, registration):
    """A file opened at the counter."""

    async def made(by: str = "1001", **wanted) -> UUID:
        wanted = {"identity": {"type": "resident_id", "number": bank.resident_id(BORN)}, **wanted}
        answer = await call(person(by), "POST", "/v1/clients", body=registration(**wanted))
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["client_id"])

    return made


def propose(call, by, surviving, merged, **said):
    body = {"surviving_client_id": str(surviving), "merged_client_id": str(merged), "reason": "同一人重复建档", **said}
    return call(by, "POST", "/v1/client-mergers", body=body)


@pytest.fixture
def merge(call, person):
    async def done(surviving, merged, **said) -> str:
        proposed = await propose(call, person("1008"), surviving, merged, **said)
        assert proposed.status_code == 201, proposed.text
        path = f"/v1/client-mergers/{proposed.json()['merger_id']}"
        approved = await call(person("1004"), "POST", f"{path}/approvals")
        assert approved.status_code == 201, approved.text
        return path

    return done


async def queue(call, by):
    return (await call(by, "GET", "/v1/duplicate-candidates")).json()["items"]


async def test_a_second_file_with_the_same_name_and_phone_or_birth_date_is_queued(bank, call, person, opened) -> None:
    first = await opened()
    second = await opened(contacts=[{"way": "office_phone", "value": "13812341234"}])
    third = await opened(identity={"type": "passport", "number": "E12345678"}, birth_on=None)
    other_name = await opened(name="李四")
    found = {
        frozenset(file["client_id"] for file in pair["files"]): pair["agreeing"]
        for pair in await queue(call, person("1008"))
    }
    assert found == {
        frozenset({str(first), str(second)}): ["name", "birth_date"],
        frozenset({str(first), str(third)}): ["name", "phone"],
    }
    assert str(other_name) not in str(found)
    (pair, _) = await queue(call, person("1008"))
    assert {file["name"] for file in pair["files"]} == {"王**"}


async def test_a_queue_shows_only_pairs_of_which_both_files_are_in_scope(bank, call, person, opened) -> None:
    await opened()
    await opened("2001", home_unit_id=str(bank.units["sh-01-c1"]))
    assert await queue(call, person("1008")) == []
    assert len(await queue(call, person("1009"))) == 1


async def test_a_dismissed_pair_is_not_found_again(bank, call, person, opened) -> None:
    first = await opened()
    await opened()
    (pair,) = await queue(call, person("1008"))
    path = f"/v1/duplicate-candidates/{pair['candidate_id']}/dismissals"
    assert (await call(person("1008"), "POST", path, body={"reason": "双胞胎"})).status_code == 201
    async with bank.database.transaction() as tx:
        await find_duplicates(tx, [first], now=bank.now)
    assert await queue(call, person("1008")) == []
    again = await call(person("1008"), "POST", path, body={"reason": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate.decided")
    assert (await call(person("2002"), "POST", path, body={"reason": "x"})).status_code == 404


async def test_a_known_document_is_named_only_to_who_may_see_its_file(bank, call, person, registration) -> None:
    form = registration()
    known = (await call(person("1001"), "POST", "/v1/clients", body=form)).json()
    here = await call(person("1001"), "POST", "/v1/clients", body=form)
    assert (here.status_code, here.json()["code"]) == (409, "client.known")
    assert known["client_no"] in here.json()["detail"]
    for _ in range(2):
        there = await call(
            person("2001"), "POST", "/v1/clients", body={**form, "home_unit_id": str(bank.units["sh-01-c1"])}
        )
        assert (there.status_code, there.json()["code"]) == (409, "client.known")
        assert known["client_no"] not in there.text and known["client_id"] not in there.text
    (item,) = await bank.rows("SELECT kind, owner_role, unit_path, client_id FROM work_items")
    assert item == {
        "kind": "clients.document-known", "owner_role": "data_steward", "unit_path": "/hq/bj/bj-01/bj-01-c1/",
        "client_id": UUID(known["client_id"]),
    }  # fmt: skip


@pytest.mark.requirement("CR-84")
async def test_who_proposes_never_approves_and_a_change_overtakes(bank, call, person, opened) -> None:
    first, second = await opened(), await opened()
    steward = person("1004")
    merger = (await propose(call, steward, first, second)).json()
    path = f"/v1/client-mergers/{merger['merger_id']}"
    same = await call(steward, "POST", f"{path}/approvals")
    assert (same.status_code, same.json()["code"]) == (409, "approval.same-person")
    twice = await propose(call, person("1008"), second, first)
    assert (twice.status_code, twice.json()["code"]) == (409, "merger.open")
    await bank.run("UPDATE clients SET version = version + 1 WHERE id = $1", first)
    decider = person("1010")
    late = await call(decider, "POST", f"{path}/approvals")
    assert (late.status_code, late.json()["code"]) == (409, "approval.overtaken")
    assert (await bank.client(second))["merged_into"] is None
    refused = await call(decider, "POST", f"{path}/refusals", body={"reason": "not-proved"})
    assert refused.json()["status"] == "refused"


async def test_a_merger_needs_two_files_of_one_kind_in_scope(bank, call, person, opened) -> None:
    first = await opened()
    firm = await bank.add_client(kind="corporate")
    elsewhere = await bank.add_client(home="sh-01-c1")
    steward = person("1008")
    assert (await propose(call, steward, first, first)).json()["code"] == "merger.same-file"
    assert (await propose(call, steward, first, firm)).json()["code"] == "merger.kinds-differ"
    assert (await propose(call, steward, first, elsewhere)).status_code == 404
    wrong = await propose(call, steward, first, await opened(), contacts=[{"way": "fax", "of": "merged"}])
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "merger.no-such-way")


async def test_contacts_are_chosen_and_the_stricter_consent_wins(bank, call, person, opened, merge) -> None:
    first = await opened()
    second = await opened(
        contacts=[{"way": "mobile", "value": "13900001111"}, {"way": "fax", "value": "010-66005678"}],
        consents={"marketing": False, "events": True, "wished_interval": "yearly", "notice_version": "2026-01"},
    )
    await merge(
        first, second, contacts=[{"way": "fax", "of": "merged"}, {"way": "mobile", "of": "merged"},
                                 {"way": "email", "of": "surviving"}],
    )  # fmt: skip
    file = await call(person("1008"), "GET", f"/v1/clients/{first}", params={"unmasked": True, "purpose": "correction"})
    assert [(each["way"], each["value"]) for each in file.json()["contacts"]] == [
        ("fax", "+861066005678"), ("mobile", "+8613900001111"), ("email", "wang.xm@example.com"),
    ]  # fmt: skip
    said = (await bank.said("ConsentChanged", first))[-1]
    assert said == {
        "client_id": str(first), "marketing": False, "events": False, "wished_interval": "yearly",
        "channels": ["fax", "mobile", "email"],
    }  # fmt: skip
    rows = await bank.rows("SELECT DISTINCT way FROM consent_records WHERE client_id = $1", first)
    assert {row["way"] for row in rows} == {"form", "merger"}


async def test_the_merged_file_is_a_pointer_found_by_its_own_number_and_nothing_is_done_on_it(
    bank, call, person, opened, merge
) -> None:
    first = await opened()
    number = bank.resident_id(BORN)
    second = await opened(identity={"type": "resident_id", "number": number})
    await merge(first, second)
    pointer = (await call(person("1008"), "GET", f"/v1/clients/{second}")).json()
    assert pointer["merged_into"] == str(first)
    listed = (await call(person("1008"), "GET", "/v1/clients")).json()["items"]
    assert [file["client_id"] for file in listed] == [str(first)]
    looked = await call(person("1007"), "POST", "/v1/client-lookups", body={"identity_number": number})
    assert looked.json()["client"]["client_id"] == str(first)
    by_name = await call(person("1007"), "POST", "/v1/client-lookups", body={"name": "王小明"})
    assert by_name.json()["matched"] == "1"
    moved = await call(
        person("1008"), "POST", f"/v1/clients/{second}/moves", body={"home_unit_id": str(bank.units["bj-01-c1"])}
    )
    assert (moved.status_code, moved.json()["code"]) == (409, "client.merged")
    assert str(first) in moved.json()["detail"]
    assert await queue(call, person("1008")) == []


async def test_the_fact_is_said_under_both_clients_before_what_follows(bank, call, person, opened, merge) -> None:
    first, second = await opened(), await opened()
    await bank.run("DELETE FROM outbox")
    await merge(first, second)
    rows = await bank.rows("SELECT type, key, aggregate_version, data FROM outbox ORDER BY id")
    merged = [row for row in rows if row["type"] == "ClientsMerged"]
    assert rows[:2] == merged
    assert [row["key"] for row in merged] == [str(first), str(second)]
    assert [row["aggregate_version"] for row in merged] == [2, 2]
    assert {row["data"]["surviving_client_id"] for row in merged} == {str(first)}
    assert {row["data"]["reversed"] for row in merged} == {False}


async def test_the_highest_standing_survives_with_its_decision_and_comes_back_at_the_reversal(
    bank, call, person, member, merge
) -> None:
    member_id, membership = await member()
    plain = await bank.add_client(manager="staff:1001")
    decision = (await bank.row("SELECT decision_id FROM memberships"))["decision_id"]
    await bank.run("DELETE FROM outbox")
    path = await merge(plain, member_id)
    survivor = await bank.client(plain)
    assert (survivor["card_level"], survivor["service_tier"]) == ("head_office", "wealth_management")
    standing = await bank.row("SELECT client_id, id, decision_id FROM memberships WHERE status = 'member'")
    assert standing == {"client_id": plain, "id": membership, "decision_id": decision}
    assert {row["client_id"] for row in await bank.rows("SELECT client_id FROM qualifications")} == {plain}
    (up,) = await bank.said("ClientUpgraded", plain)
    assert (up["card_level_to"], up["decision_id"]) == ("head_office", str(decision))
    assert (await call(person("1010"), "POST", f"{path}/reversals")).status_code == 201
    assert (await bank.client(plain))["card_level"] == "none"
    assert (await bank.client(member_id))["merged_into"] is None
    standing = await bank.row("SELECT client_id, id FROM memberships WHERE status = 'member'")
    assert standing == {"client_id": member_id, "id": membership}
    statuses = await bank.rows("SELECT client_id, level, status FROM qualifications ORDER BY level")
    assert {(row["client_id"], row["level"], row["status"]) for row in statuses} == {
        (member_id, "branch", "candidate"), (member_id, "head_office", "filed"),
    }  # fmt: skip
    assert [each["reversed"] for each in await bank.said("ClientsMerged")] == [False, False, True, True]


async def test_two_memberships_become_the_higher_one_and_both_stand_again(bank, call, person, member, merge) -> None:
    branch, lower = await member("branch")
    head, higher = await member()
    path = await merge(branch, head)
    rows = await bank.rows("SELECT id, status FROM memberships WHERE client_id = $1", branch)
    assert {row["id"]: row["status"] for row in rows} == {lower: "ended", higher: "member"}
    await call(person("1010"), "POST", f"{path}/reversals")
    rows = await bank.rows("SELECT client_id, id, status FROM memberships")
    assert {(row["client_id"], row["id"], row["status"]) for row in rows} == {
        (branch, lower, "member"), (head, higher, "member"),
    }  # fmt: skip


@pytest.mark.requirement("CR-18")
async def test_a_second_file_is_no_way_back_after_a_revocation(bank, call, person, member) -> None:
    revoked, _ = await member()
    body = {"cause": "loan_arrears", "reason": "拖欠"}
    await call(person("1004"), "POST", f"/v1/clients/{revoked}/revocations", body=body)
    standing, _ = await member()
    proposed = await propose(call, person("1008"), standing, revoked)
    refused = await call(person("1004"), "POST", f"/v1/client-mergers/{proposed.json()['merger_id']}/approvals")
    assert (refused.status_code, refused.json()["code"]) == (409, "merger.revocation-stands")
    await call(
        person("1004"), "POST", f"/v1/client-mergers/{proposed.json()['merger_id']}/refusals", body={"reason": "other"}
    )
    plain = await bank.add_client(manager="staff:1001")
    await bank.rich(plain)
    await bank.evaluate()
    proposed = await propose(call, person("1008"), plain, revoked)
    path = f"/v1/client-mergers/{proposed.json()['merger_id']}/approvals"
    assert (await call(person("1004"), "POST", path)).status_code == 201
    rows = await bank.rows("SELECT status FROM qualifications WHERE client_id = $1", plain)
    assert {row["status"] for row in rows} == {"revoked"}


async def test_figures_of_both_files_count_once(bank, call, person, merge) -> None:
    first, second = await bank.add_clients(2, manager="staff:1001")
    await bank.rich(first, deposit=300_000)
    await bank.rich(second, deposit=250_000)
    path = await merge(first, second)

    async def decided(client):
        return await bank.row(
            "SELECT deposit_avg_12m FROM qualification_decisions WHERE client_id = $1 ORDER BY cut_off_at DESC, id DESC"
            " LIMIT 1",
            client,
        )

    assert (await decided(first))["deposit_avg_12m"] == 550_000
    assert len(await bank.rows("SELECT FROM monthly_figures WHERE client_id = $1", second)) == 12
    bank.now += timedelta(minutes=1)
    assert (await call(person("1010"), "POST", f"{path}/reversals")).status_code == 201
    assert (await decided(first))["deposit_avg_12m"] == 300_000
    assert (await decided(second))["deposit_avg_12m"] == 250_000


async def test_the_same_delivery_under_both_numbers_is_one(bank, merge) -> None:
    first, second = await bank.add_clients(2, manager="staff:1001")
    for each in (first, second):
        await bank.rich(each, deposit=300_000)
    await merge(first, second)
    row = await bank.row(
        "SELECT deposit_avg_12m FROM qualification_decisions WHERE client_id = $1 ORDER BY id DESC LIMIT 1", first
    )
    assert row["deposit_avg_12m"] == 300_000


async def test_after_the_window_nothing_is_taken_back(bank, call, person, opened, merge) -> None:
    first, second = await opened(), await opened()
    path = await merge(first, second)
    bank.now += timedelta(days=91)
    late = await call(person("1010"), "POST", f"{path}/reversals")
    assert (late.status_code, late.json()["code"]) == (409, "merger.window-over")
    bank.now -= timedelta(days=1)
    assert (await call(person("1010"), "POST", f"{path}/reversals")).status_code == 201
    again = await call(person("1010"), "POST", f"{path}/reversals")
    assert (again.status_code, again.json()["code"]) == (409, "merger.not-merged")


async def test_a_reversal_brings_back_contacts_and_consents_but_not_over_newer_words(
    bank, call, person, opened, merge
) -> None:
    first = await opened()
    second = await opened(contacts=[{"way": "fax", "value": "010-66005678"}])
    path = await merge(first, second)
    bank.now += timedelta(days=1)
    tag = (await call(person("1008"), "GET", f"/v1/clients/{first}/consents")).headers["etag"]
    body = {"marketing": False, "events": False, "wished_interval": "yearly", "notice_version": None}
    await call(person("1008"), "PUT", f"/v1/clients/{first}/consents", body=body, headers={"If-Match": tag})
    assert (await call(person("1010"), "POST", f"{path}/reversals")).status_code == 201
    rows = await bank.rows("SELECT way FROM client_contacts WHERE client_id = $1 ORDER BY priority", first)
    assert [row["way"] for row in rows] == ["mobile", "email", "home_phone"]
    kept = await bank.row("SELECT marketing, wished_interval FROM client_consents WHERE client_id = $1", first)
    assert kept == {"marketing": False, "wished_interval": "yearly"}
    history = await bank.rows("SELECT way FROM consent_records WHERE client_id = $1", second)
    assert {row["way"] for row in history} == {"form"}


async def test_an_import_is_searched_for_duplicates_in_ranges(bank, monkeypatch) -> None:
    from chassis.due_work import Due
    from client_registry.use_cases import find_duplicates as case

    monkeypatch.setattr(case, "_RANGE", 2)
    made = await bank.add_clients(5)
    import_id = UUID(int=5)
    async with bank.database.transaction() as tx:
        tokens = [tx.cipher.index("clients.name", "测试甲")]
        for each in made:
            await tx.connection.execute(
                "UPDATE clients SET import_id = $1, name_tokens = $2, birth_month_day = '05-20', birth_sealed = $3"
                " WHERE id = $4",
                import_id, tokens, tx.cipher.seal("clients.birth_date", each, "1979-05-20"), each,
            )  # fmt: skip
        await case.schedule_search(tx, import_id, now=bank.now)
    for _ in range(3):
        (row,) = await bank.rows("SELECT kind, subject_id, due_at, detail FROM due_work WHERE kind = $1", case.KIND)
        await bank.run("DELETE FROM due_work WHERE subject_id = $1", row["subject_id"])
        async with bank.database.transaction() as tx:
            await case.find_duplicates(tx, Due(**row, attempts=0), now=bank.now)
    assert await bank.rows("SELECT FROM due_work WHERE kind = $1", case.KIND) == []
    assert len(await bank.rows("SELECT FROM duplicate_candidates")) == 10


async def test_a_proposal_that_nobody_decided_in_time_gives_both_files_free(bank, call, person, opened) -> None:
    first, second = await opened(), await opened()
    proposed = await propose(call, person("1008"), first, second)
    assert proposed.status_code == 201, proposed.text
    for days, ended in ((0, 0), (400, 1), (0, 0)):
        bank.now += timedelta(days=days)
        async with bank.database.transaction() as tx:
            assert await expire_mergers(tx, now=bank.now) == ended
    late = await call(person("1004"), "POST", f"/v1/client-mergers/{proposed.json()['merger_id']}/approvals")
    assert late.status_code == 409, late.text
    assert (await propose(call, person("1008"), first, second)).status_code == 201
