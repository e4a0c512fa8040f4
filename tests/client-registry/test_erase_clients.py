"""Erasing whose retention is over: the person goes, the proof stays, and what holds it back is listed."""

import json
from dataclasses import fields
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from chassis import forgetting, operations
from chassis.identity import Grant, Principal
from client_registry import consumers
from client_registry.domain.contact_ways import normalize_phone
from client_registry.domain.names import search_tokens
from client_registry.jobs.commands import COMMANDS
from client_registry.store import erasure_plan
from client_registry.tables import frame, metadata
from client_registry.use_cases.erase_clients import erase_clients
from client_registry.use_cases.prepare_erasures import prepare_erasures

AT = (Grant("data_steward", "/hq/bj/", "unit"),)
STEWARD, SECOND = Principal("staff:1008", AT), Principal("staff:1098", AT)
AUTHOR = Principal("staff:1097", (Grant("policy_author", "/hq/", "unit"),))
APPROVER = Principal("staff:1096", (Grant("policy_approver", "/hq/", "unit"),))
NAME, NEW_NAME, PHONE, EMAIL = "独孤甲乙", "独孤丙丁", "13987654321", "canary.person@example.com"
EMPLOYER, REASON, WORDS = "独一无二公司", "独有的理由文字", "独有的请求文字"
TEN_YEARS = timedelta(days=3653)


async def leave(call, person, client, **said) -> str:
    body = {"ended_on": "2026-11-22", "cause": "client_left", "evidence": "letter", "reason": REASON, **said}
    left = await call(person("1001"), "POST", f"/v1/clients/{client}/relationship-endings", body=body)
    assert left.status_code == 201, left.text
    return left.json()["ending_id"]


@pytest.fixture
async def told(bank, call, person, registration) -> dict:
    """A client who left traces wherever one can: name, former name, form, papers, reasons, look-ups."""
    number = bank.resident_id()
    form = registration(
        name=NAME, identity={"type": "resident_id", "number": number},
        contacts=[{"way": "mobile", "value": PHONE}, {"way": "email", "value": EMAIL}],
    )  # fmt: skip
    made = await call(person("1001"), "POST", "/v1/clients", body=form)
    assert made.status_code == 201, made.text
    client = UUID(made.json()["client_id"])
    await bank.rich(client)
    await bank.evaluate()
    path = f"/v1/clients/{client}"
    tag = (await call(person("1001"), "GET", f"{path}/registration-form")).headers["etag"]
    filled = await call(
        person("1001"), "PUT", f"{path}/registration-form", headers={"If-Match": tag},
        body={"source": "questionnaire", "employer": EMPLOYER, "needs_and_suggestions": WORDS},
    )  # fmt: skip
    assert filled.status_code == 200, filled.text
    looked = await call(person("1007"), "POST", "/v1/client-lookups", body={"phone": PHONE, "purpose": "recognition"})
    assert looked.status_code == 201, looked.text
    changed = await call(
        person("1004"), "POST", f"{path}/identity-changes",
        body={"name": NEW_NAME, "cause": "name_changed", "reason": REASON},
    )  # fmt: skip
    assert changed.status_code == 201, changed.text
    shared = {
        "kind": "external", "purpose": "service", "fields": ["name"], "recipient_name": "某保险公司",
        "authorisation": WORDS, "authorised_on": "2026-11-20", "agreement": REASON, "agreement_until_on": "2027-06-30",
        "from_on": "2026-11-22", "until_on": "2027-01-31",
    }  # fmt: skip
    granted = await call(person("1004"), "POST", f"{path}/sharing-grants", body=shared)
    assert granted.status_code == 201, granted.text
    ending = await leave(call, person, client)
    for record in (ending, changed.json()["change_id"]):
        kept = await call(
            person("1004"), "POST", f"{path}/records/{record}/attachments",
            files={"file": (f"{NAME}.pdf", b"%PDF-1.7 " + WORDS.encode(), "application/pdf")},
        )  # fmt: skip
        assert kept.status_code == 201, kept.text
    return {"id": client, "number": number, "client_no": made.json()["client_no"]}


async def prepared(bank, call) -> str:
    async with bank.database.transaction() as tx:
        assert await prepare_erasures(tx, now=bank.now) > 0
    (found,) = [
        each
        for each in (await call(STEWARD, "GET", "/v1/erasure-lists")).json()["items"]
        if each["status"] == "prepared"
    ]
    return found["erasure_list_id"]


async def carried_out(bank, call, list_id: str) -> dict:
    path = f"/v1/erasure-lists/{list_id}"
    proposed = await call(STEWARD, "POST", f"{path}/proposals")
    assert proposed.status_code == 201, proposed.text
    confirmed = await call(SECOND, "POST", f"{path}/confirmations")
    assert confirmed.status_code == 202, confirmed.text
    operation_id = UUID(confirmed.json()["operation_id"])
    async with bank.database.transaction() as tx:
        step = await erase_clients(tx, await operations.get(tx, operation_id), now=bank.now)
    assert step.finished
    due = await bank.rows("SELECT subject_id FROM due_work WHERE kind = $1", forgetting.ANSWERS)
    async with bank.database.transaction() as tx:
        await forgetting.forget_answers(tx, [row["subject_id"] for row in due])
    return step.result


def indexes_of(cipher, told) -> list[bytes]:
    tokens = [cipher.index("clients.name", token) for name in (NAME, NEW_NAME) for token in search_tokens(name)]
    return [
        *tokens,
        cipher.index("clients.identity_number", f"resident_id:{told['number']}"),
        cipher.index("clients.identity_last_four", told["number"][-4:]),
        cipher.index("client_contacts.phone", normalize_phone(PHONE) or PHONE),
        cipher.index("client_contacts.email", EMAIL),
    ]


@pytest.mark.requirement("CR-80", "XC-14")
async def test_after_an_erasure_no_row_of_any_table_tells_who_it_was(
    bank, call, person, told, traces_of, field_cipher
) -> None:
    words = [NAME, NEW_NAME, PHONE, EMAIL, EMPLOYER, REASON, WORDS, told["number"]]
    keyed = indexes_of(field_cipher, told)
    before = await traces_of(bank.database, metadata, words, keyed)
    for place in (
        "clients.name_sealed", "clients.name_tokens", "clients.identity_index", "clients.identity_last_four_index",
        "client_changes.to_sealed", "former_identities.name_sealed", "former_identities.name_tokens",
        "former_identities.reason_sealed", "sharing_grants.authorisation_sealed",
        "client_contacts.value_sealed", "client_contacts.value_index", "client_fields.text_sealed",
        "client_lookups.value_index", "relationship_endings.reason_sealed", "attachments.name_sealed",
        "attachment_chunks.content_sealed", "idempotency_keys.answer",
    ):  # fmt: skip
        assert place in before, f"the test leaves no trace in {place} and could not find one"
    decisions = await bank.rows("SELECT id FROM qualification_decisions WHERE client_id = $1", told["id"])
    figures = await bank.rows("SELECT month FROM monthly_figures WHERE client_id = $1", told["id"])
    assert decisions and figures
    bank.now += TEN_YEARS
    assert (await carried_out(bank, call, await prepared(bank, call))) == {"erased": 1}
    assert await traces_of(bank.database, metadata, words, keyed) == []
    assert await bank.rows("SELECT id FROM qualification_decisions WHERE client_id = $1", told["id"]) == decisions
    assert await bank.rows("SELECT month FROM monthly_figures WHERE client_id = $1", told["id"]) == figures
    (said,) = await bank.said("ClientErased", told["id"])
    assert set(said["kinds"]) == {"file", "form_history", "attachments", "complaints", "contacts", "recordings"}
    proof = await bank.rows("SELECT kind FROM client_erasures WHERE client_id = $1", told["id"])
    assert {row["kind"] for row in proof} == set(said["kinds"])


async def test_an_erased_file_answers_that_it_is_gone_and_stands_in_no_list(bank, call, person, told) -> None:
    bank.now += TEN_YEARS
    await carried_out(bank, call, await prepared(bank, call))
    path = f"/v1/clients/{told['id']}"
    for method, below, body in (
        ("GET", "", None), ("GET", "/consents", None), ("GET", "/registration-form", None),
        ("POST", "/reopenings", {"reopened_on": "2036-11-22"}),
        ("POST", "/legal-holds", {"cause": "dispute", "reason": "迟到"}),
        ("POST", "/erasure-requests", {"way": "letter"}),
    ):  # fmt: skip
        answer = await call(STEWARD, method, f"{path}{below}", body=body)
        assert answer.status_code in (403, 410), (below, answer.text)
        assert answer.json()["code"] in ("client.erased", "forbidden")
    gone = await call(STEWARD, "GET", path)
    assert (gone.status_code, gone.json()["code"]) == (410, "client.erased")
    spoken = await call(STEWARD, "GET", path, language="zh-CN")
    assert "已于 2036-11-22 在保存期满后删除" in spoken.json()["detail"]
    # To whoever never might have seen it, it never was.
    assert (await call(person("2002"), "GET", path)).status_code == 404
    listed = (await call(STEWARD, "GET", "/v1/clients")).json()["items"]
    assert str(told["id"]) not in {each["client_id"] for each in listed}
    row = {"client_no": told["client_no"], "month": "2026-10", "currency": "CNY", "assets": "1.00"}
    other = {**row, "client_no": (await bank.client(await bank.add_client()))["client_no"]}
    refused = await call(
        STEWARD, "POST", "/v1/figure-deliveries", body={"source": "core", "delivery_no": "D-1", "rows": [other, row]}
    )
    assert refused.status_code == 422, refused.text
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/rows/1/client_no", "figures.client-erased")
    ]


async def test_a_list_takes_two_people_and_nothing_goes_before_the_second_has_confirmed(bank, call, told) -> None:
    bank.now += TEN_YEARS - timedelta(days=2)
    async with bank.database.transaction() as tx:
        assert await prepare_erasures(tx, now=bank.now) == 0
    bank.now += timedelta(days=2)
    list_id = await prepared(bank, call)
    async with bank.database.transaction() as tx:
        assert await prepare_erasures(tx, now=bank.now) == 0
    path = f"/v1/erasure-lists/{list_id}"
    (listed,) = (await call(STEWARD, "GET", f"{path}/clients")).json()["items"]
    assert (listed["client_id"], listed["due_on"], listed["outcome"]) == (str(told["id"]), "2036-11-22", None)
    early = await call(SECOND, "POST", f"{path}/confirmations")
    assert (early.status_code, early.json()["code"]) == (409, "erasure.list-not-proposed")
    await call(STEWARD, "POST", f"{path}/proposals")
    again = await call(STEWARD, "POST", f"{path}/proposals")
    assert (again.status_code, again.json()["code"]) == (409, "erasure.list-not-prepared")
    same = await call(STEWARD, "POST", f"{path}/confirmations")
    assert (same.status_code, same.json()["code"]) == (409, "approval.same-person")
    back = await call(SECOND, "POST", f"{path}/refusals", body={"reason": "hold-expected"})
    assert (back.status_code, back.json()["status"]) == (201, "prepared")
    assert (await bank.client(told["id"]))["erased_on"] is None
    items = await bank.rows("SELECT owner_role, unit_path FROM work_items WHERE kind = 'erasure.list-prepared'")
    assert items == [{"owner_role": "data_steward", "unit_path": "/hq/bj/"}]
    elsewhere = Principal("staff:2099", (Grant("data_steward", "/hq/sh/", "unit"),))
    assert (await call(elsewhere, "GET", f"{path}/clients")).status_code == 404


async def test_a_hold_stops_an_erasure_until_two_people_let_go_of_it(bank, call, person, told) -> None:
    placed = await call(
        person("1004"), "POST", f"/v1/clients/{told['id']}/legal-holds",
        body={"cause": "legal_case", "reason": "法院来函"},
    )  # fmt: skip
    assert placed.status_code == 201, placed.text
    hold = f"/v1/legal-holds/{placed.json()['hold_id']}"
    same = await call(person("1004"), "POST", f"{hold}/confirmations")
    assert same.json()["code"] == "approval.same-person"
    bank.now += TEN_YEARS
    async with bank.database.transaction() as tx:
        assert await prepare_erasures(tx, now=bank.now) == 0
    confirmed = await call(STEWARD, "POST", f"{hold}/confirmations")
    assert (confirmed.status_code, confirmed.json()["status"]) == (201, "confirmed")
    (listed,) = (await call(person("1009"), "GET", "/v1/legal-holds")).json()["items"]
    assert (listed["client_id"], listed["cause"], listed["confirmed_by"]) == (
        str(told["id"]), "legal_case", "staff:1008",
    )  # fmt: skip
    await call(STEWARD, "POST", f"{hold}/release-proposals")
    alone = await call(STEWARD, "POST", f"{hold}/releases")
    assert alone.json()["code"] == "approval.same-person"
    released = await call(SECOND, "POST", f"{hold}/releases")
    assert released.json()["status"] == "released"
    moved = await call(SECOND, "POST", f"{hold}/releases")
    assert (moved.status_code, moved.json()["code"]) == (409, "legal-hold.moved")
    assert (await call(person("1009"), "GET", "/v1/legal-holds")).json()["items"] == []
    # Placed between the list and its carrying out, a hold still holds.
    list_id = await prepared(bank, call)
    await call(
        person("1004"), "POST", f"/v1/clients/{told['id']}/legal-holds", body={"cause": "dispute", "reason": "x"}
    )
    assert await carried_out(bank, call, list_id) == {"held": 1}
    assert (await bank.client(told["id"]))["erased_on"] is None


async def test_an_open_complaint_holds_an_erasure_back_until_it_is_closed(bank, call, told) -> None:
    case = uuid4()
    opened = consumers.ComplaintOpened(
        event_id=uuid4(), occurred_at=bank.now, aggregate_version=1, case_id=case, case_no="TS1",
        client_id=told["id"], kind="complaint", channel="phone", opened_at=bank.now,
    )  # fmt: skip

    def moved(days: int) -> consumers.CaseMoved:
        at = bank.now + timedelta(days=days)
        return consumers.CaseMoved(
            event_id=uuid4(), occurred_at=at, aggregate_version=2, case_id=case, client_id=told["id"]
        )

    closed, reopened, closed_again = moved(1), moved(2), moved(3)
    bank.now += TEN_YEARS
    for say, fact, due in (
        (consumers.note_complaint, opened, 0), (consumers.note_closing, closed, None),
        (consumers.note_reopening, reopened, 0), (consumers.note_closing, closed_again, 1),
    ):  # fmt: skip
        async with bank.database.transaction() as tx:
            await say(tx, fact, now=bank.now)
            if due is not None:
                assert await prepare_erasures(tx, now=bank.now) == due


async def test_what_the_policy_keeps_shorter_goes_first_and_the_rest_stays(bank, call, person, told) -> None:
    wanted = {"valid_from": "2026-11-22", "years": {"attachments": 3, "form_history": 3}, "article": "内部办法"}
    for years, code in (
        ({"attachments": 11}, "retention.longer-than-file"), ({"audit": 5}, "retention.proof"),
        ({"file": None}, "retention.file"), ({"contacts": 0}, "retention.years"),
    ):  # fmt: skip
        wrong = await call(AUTHOR, "POST", "/v1/retention-policies", body={**wanted, "years": years})
        assert wrong.status_code == 422, wrong.text
        assert code in {error["code"] for error in wrong.json()["errors"]}
    late = await call(AUTHOR, "POST", "/v1/retention-policies", body={**wanted, "valid_from": "2026-11-21"})
    assert [e["code"] for e in late.json()["errors"]] == ["retention.past"]
    proposed = await call(AUTHOR, "POST", "/v1/retention-policies", body=wanted)
    assert proposed.status_code == 201, proposed.text
    path = f"/v1/retention-policies/{proposed.json()['retention_policy_id']}/approvals"
    bank.now += timedelta(days=3 * 366)
    async with bank.database.transaction() as tx:
        assert await prepare_erasures(tx, now=bank.now) == 0
    both = Principal("staff:1097", (*AUTHOR.grants, *APPROVER.grants))
    assert (await call(both, "POST", path)).json()["code"] == "approval.same-person"
    assert (await call(APPROVER, "POST", path)).status_code == 201
    assert (await carried_out(bank, call, await prepared(bank, call))) == {"erased": 1}
    assert await bank.rows("SELECT FROM attachments") == []
    shown = await call(STEWARD, "GET", f"/v1/clients/{told['id']}")
    assert shown.status_code == 200 and shown.json()["name"].startswith("独")
    assert [said["kinds"] for said in await bank.said("ClientErased", told["id"])] == [["form_history", "attachments"]]
    async with bank.database.transaction() as tx:
        assert await prepare_erasures(tx, now=bank.now) == 0
    versions = (await call(STEWARD, "GET", "/v1/retention-policies")).json()["items"]
    assert [(each["version"], each["status"], each["years"]["file"]) for each in versions] == [
        (2, "active", 10), (1, "active", 10),
    ]  # fmt: skip


async def test_a_clients_request_is_answered_and_a_refusal_has_its_reason(bank, call, person, registration) -> None:
    made = await call(person("1001"), "POST", "/v1/clients", body=registration())
    client = UUID(made.json()["client_id"])
    asked = await call(person("1001"), "POST", f"/v1/clients/{client}/erasure-requests", body={"way": "letter"})
    assert (asked.status_code, asked.json()["answer_due_on"]) == (201, "2026-12-13"), asked.text
    twice = await call(person("1001"), "POST", f"/v1/clients/{client}/erasure-requests", body={"way": "phone"})
    assert (twice.status_code, twice.json()["code"]) == (409, "erasure-request.open")
    path = f"/v1/erasure-requests/{asked.json()['erasure_request_id']}/answers"
    for body in ({"decision": "refused"}, {"decision": "granted", "refusal": "legal_hold"}):
        assert (await call(STEWARD, "POST", path, body=body)).status_code == 422
    never = await call(STEWARD, "POST", path, body={"decision": "granted"})
    assert (never.status_code, never.json()["code"]) == (409, "erasure-request.not-to-be-granted")
    refused = await call(STEWARD, "POST", path, body={"decision": "refused", "refusal": "relationship_stands"})
    assert (refused.json()["status"], refused.json()["refusal"]) == ("refused", "relationship_stands")
    again = await call(STEWARD, "POST", path, body={"decision": "granted"})
    assert (again.status_code, again.json()["code"]) == (409, "erasure-request.answered")
    await leave(call, person, client)
    asked = await call(
        person("1001"), "POST", f"/v1/clients/{client}/erasure-requests", body={"way": "letter", "words": WORDS}
    )
    path = f"/v1/erasure-requests/{asked.json()['erasure_request_id']}/answers"
    granted = await call(STEWARD, "POST", path, body={"decision": "granted"})
    assert granted.json()["status"] == "granted", granted.text
    assert await carried_out(bank, call, granted.json()["list_id"]) == {"erased": 1}
    assert (await call(STEWARD, "GET", f"/v1/clients/{client}")).status_code == 410


async def test_an_older_backup_resurrects_nobody(bank, call, told, runtime, traces_of, tmp_path) -> None:
    """The journal is written out after the erasure; here it meets a database that holds the person still."""
    bank.now += TEN_YEARS
    journal = tmp_path / "erasures.jsonl"
    kinds = ["file", "form_history", "attachments", "complaints", "contacts", "recordings"]
    journal.write_text(json.dumps({"client_id": str(told["id"]), "kinds": kinds}) + "\n", encoding="utf-8")
    for again in (True, False):
        assert await COMMANDS["reapply-erasures"](runtime, [str(journal)]) == 0
        assert len(await bank.said("ClientErased", told["id"])) == 1, again
    async with bank.database.transaction() as tx:
        await forgetting.forget_answers(tx, [told["id"]])
    words = [NAME, NEW_NAME, PHONE, EMAIL, EMPLOYER, REASON, WORDS, told["number"]]
    assert await traces_of(bank.database, metadata, words) == []
    (said,) = await bank.said("ClientErased", told["id"])
    assert said["cause"] == "restore"
    written = tmp_path / "written.jsonl"
    assert await COMMANDS["erasure-journal"](runtime, [str(written)]) == 0
    (line,) = written.read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["client_id"], set(json.loads(line)["kinds"])) == (str(told["id"]), set(kinds))


def test_every_table_with_a_client_in_it_is_erased_or_said_to_be_proof() -> None:
    own = {table.name for table in metadata.sorted_tables} - {
        getattr(frame, field.name).name for field in fields(frame)
    }
    assert own >= erasure_plan.PROOF, "proof that is no table"
    personal = {
        table.name
        for table in metadata.sorted_tables
        if table.name in own and any(column.info.get("sealed") for column in table.columns)
    }
    reached = {
        table.name for table in metadata.sorted_tables if table.name in own and erasure_plan.client_columns(table)
    }
    # The bank's own people; and rows that an import refused, as they came: they end after thirty days by themselves.
    assert personal - reached - {"clients", "staff", "import_refused_rows"} == set(), (
        "sealed columns in tables that no client's id leads to"
    )
