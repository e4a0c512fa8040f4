"""The service's HTTP face: who may open, who sees what, what is withheld, what is explained."""

from datetime import timedelta
from uuid import UUID

import pytest
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from complaint_service.domain.vocabulary import Channel

OPENING = {
    "kind": "complaint",
    "complaint_type": "process",
    "channel": "outlet_lobby",
    "subject": "开户排队时间过长",
    "text": "等候四十分钟仍未叫号。",
}


async def opened(face, bank, client_id: UUID | None, *, by: str = "teller", **changes) -> dict:
    body = OPENING | changes | ({"client_id": str(client_id)} if client_id else {})
    answer = await face(bank.person(by), "POST", "/v1/complaints", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_opening_answers_with_number_handler_and_clocks_and_no_words(face, bank, told) -> None:
    case = await opened(face, bank, await told.client("wealth"))
    assert case["case_no"].startswith("TS20261120-")
    assert (case["handler"], case["status"], case["tier_snapshot"]) == (
        bank.staff["rm_supervisor"], "opened", "wealth",
    )  # fmt: skip
    assert {clock["code"] for clock in case["clocks"]} == {"process-on-the-spot", "statutory", "progress"}
    assert "words" not in case


@pytest.mark.parametrize(
    "role",
    [
        "call_centre_agent", "call_centre_complaint_officer", "lobby_manager", "counter_teller", "open_counter_teller",
        "outlet_head", "relationship_manager", "complaint_officer",
    ],
)  # fmt: skip
async def test_anybody_a_client_may_come_to_opens_for_a_client_of_any_unit(face, told, role) -> None:
    taker = Principal("staff:8001", (Grant(role, "/hq/tj/tj-01/", "unit"),))
    answer = await face(taker, "POST", "/v1/complaints", OPENING | {"client_id": str(await told.client())})
    assert answer.status_code == 201


@pytest.mark.parametrize("role", ["card_keeper", "auditor", "operator", "integration", "policy_author"])
async def test_others_open_nothing(face, role) -> None:
    nobody = Principal("staff:8002", (Grant(role, "/hq/", "unit"),))
    answer = await face(nobody, "POST", "/v1/complaints", OPENING)
    assert answer.status_code == 403


@pytest.mark.requirement("CM-1", "CM-2")
@pytest.mark.parametrize("channel", list(Channel))
async def test_every_channel_of_the_documents_is_taken_in_and_recorded(face, bank, told, channel) -> None:
    case = await opened(face, bank, await told.client(), channel=channel.value)
    assert (case["channel"], case["duty_holder"]) == (channel.value, bank.staff["teller"])
    read = await face(bank.person("teller"), "GET", f"/v1/complaints/{case['case_id']}", purpose="client-contact")
    assert [word["part"] for word in read.json()["words"]] == ["subject", "description"]


@pytest.mark.requirement("CM-9")
@pytest.mark.parametrize(
    ("type_", "own"),
    [
        ("attitude", {"attitude-visit"}),
        ("process", {"process-on-the-spot"}),
        ("product_loss", {"product-loss-plan"}),
        ("outside_institution", {"outside-institution"}),
        ("policy_misunderstanding", set()),
        ("operational_error", set()),
        ("media", set()),
        ("other", set()),
    ],
)
async def test_each_type_of_complaint_has_its_own_clock_beside_the_statutory_one(face, bank, told, type_, own) -> None:
    case = await opened(face, bank, await told.client(), complaint_type=type_)
    assert {clock["code"] for clock in case["clocks"]} == own | {"statutory", "progress"}


async def test_the_opener_sees_afterwards_only_what_he_opened(face, bank, told) -> None:
    client_id = await told.client("wealth")
    mine = await opened(face, bank, client_id, by="agent")
    theirs = await opened(face, bank, client_id, by="other_agent")
    agent = bank.person("agent")
    assert (await face(agent, "GET", f"/v1/complaints/{mine['case_id']}")).status_code == 200
    assert (await face(agent, "GET", f"/v1/complaints/{theirs['case_id']}")).status_code == 404
    listed = await face(agent, "GET", "/v1/complaints", limit=200)
    assert {item["opened_by"] for item in listed.json()["items"]} == {bank.staff["agent"]}


async def test_another_units_case_and_an_unknown_one_answer_alike(face, bank, told) -> None:
    case = await opened(face, bank, await told.client("wealth"))
    stranger = bank.person("tj_officer")
    foreign = await face(stranger, "GET", f"/v1/complaints/{case['case_id']}")
    unknown = await face(stranger, "GET", f"/v1/complaints/{new_id()}")
    assert (foreign.status_code, foreign.json()["code"]) == (unknown.status_code, unknown.json()["code"])
    assert foreign.status_code == 404


async def test_the_outlet_that_serves_the_client_sees_his_case_too(face, bank, told) -> None:
    case = await opened(face, bank, await told.client("wealth", serving=(bank.places["other_outlet"],)))
    answer = await face(bank.person("tj_outlet_head"), "GET", f"/v1/complaints/{case['case_id']}")
    assert answer.status_code == 200


@pytest.mark.requirement("CM-17")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("rm_supervisor", True), ("bj_officer", True), ("teller", True), ("outlet_head", False), ("manager", False)],
)
async def test_words_are_for_the_handler_the_officers_and_the_opener_only(face, bank, told, name, shown) -> None:
    case = await opened(face, bank, await told.client("wealth"))
    answer = await face(bank.person(name), "GET", f"/v1/complaints/{case['case_id']}", purpose="handling")
    assert answer.status_code == 200
    found = answer.json()
    if shown:
        assert [(word["part"], word["text"]) for word in found["words"]] == [
            ("subject", OPENING["subject"]),
            ("description", OPENING["text"]),
        ]
    else:
        assert (found["words"], found["words_withheld"]) == (None, "not-entitled")


async def test_words_need_a_purpose_and_leave_an_audit_row(face, bank, told, database) -> None:
    case = await opened(face, bank, await told.client("wealth"))
    path = f"/v1/complaints/{case['case_id']}"
    without = await face(bank.person("rm_supervisor"), "GET", path)
    assert (without.json()["words"], without.json()["words_withheld"]) == (None, "purpose-missing")
    with_ = await face(bank.person("rm_supervisor"), "GET", path, purpose="handling")
    assert with_.headers["etag"] != without.headers["etag"]
    assert with_.headers["etag"].startswith(f'"{case["version"]}-')
    async with database.reading() as tx:
        rows = await tx.connection.fetch(
            "SELECT subject, purpose FROM audit WHERE object_id = $1 AND act = 'complaint.words-read'", case["case_id"]
        )
    assert [tuple(row) for row in rows] == [(bank.staff["rm_supervisor"], "handling")]


async def test_the_same_key_opens_one_case(face, bank, told) -> None:
    body = OPENING | {"client_id": str(await told.client())}
    key = str(new_id())
    first, second = [await face(bank.person("teller"), "POST", "/v1/complaints", body, key=key) for _ in range(2)]
    assert first.json()["case_no"] == second.json()["case_no"]


async def test_a_client_opens_his_own_and_speaks_for_nobody_else(face, bank, told) -> None:
    client_id = await told.client("wealth")
    client = Principal(f"client:{client_id}", (Grant("client", "/hq/", "own"),))
    answer = await face(client, "POST", "/v1/complaints", OPENING | {"channel": "online_platform"})
    assert (answer.status_code, answer.json()["client_id"]) == (201, str(client_id))
    assert answer.json()["duty_holder"] == bank.staff["rm_supervisor"]
    other = await face(client, "POST", "/v1/complaints", OPENING | {"client_id": str(await told.client())})
    assert (other.status_code, other.json()["code"]) == (403, "complaint.not-for-somebody-else")
    listed = await face(client, "GET", "/v1/complaints")
    assert [item["client_id"] for item in listed.json()["items"]] == [str(client_id)]


async def test_pages_follow_one_another_without_gap_or_repeat(face, bank, told) -> None:
    client_id = await told.client("wealth")
    made = [(await opened(face, bank, client_id))["case_id"] for _ in range(5)]
    head = bank.person("centre_head")
    seen: list[str] = []
    query = {"client_id": str(client_id), "limit": 2}
    while True:
        answer = (await face(head, "GET", "/v1/complaints", **query)).json()
        seen += [item["case_id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        query["cursor"] = answer["next_cursor"]
    assert seen == made[::-1]


async def test_from_opening_to_closing_over_http(face, bank, told, database) -> None:
    case = await opened(face, bank, await told.client("wealth"))
    path, handler, officer = (
        f"/v1/complaints/{case['case_id']}",
        bank.person("rm_supervisor"),
        bank.person("bj_officer"),
    )
    early = await face(handler, "POST", f"{path}/answers", answer_body(face))
    assert (early.status_code, early.json()["code"]) == (409, "complaint.not-acknowledged")
    wrong = await face(bank.person("centre_head"), "POST", f"{path}/acknowledgements")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "complaint.not-the-handler")
    assert (await face(handler, "POST", f"{path}/acknowledgements")).json()["status"] == "handling"
    told_ = await face(handler, "POST", f"{path}/progress-updates", {"text": "正在核实"})
    assert told_.status_code == 201
    answered = await face(handler, "POST", f"{path}/answers", answer_body(face))
    assert (answered.status_code, answered.json()["quiet_until"]) == (201, "2026-12-21T00:00:00+08:00")
    early = await face(officer, "POST", f"{path}/closures", {"because": "quiet"})
    assert (early.status_code, early.json()["code"]) == (409, "complaint.window-still-open")
    again = await face(bank.person("agent"), "POST", f"{path}/re-complaints", {"text": "仍不满意"})
    assert (again.status_code, again.json()["round"]) == (201, 2)
    face.later(days=1)
    second = bank.whoever(again.json()["handler"])
    await face(second, "POST", f"{path}/acknowledgements")
    await face(second, "POST", f"{path}/answers", answer_body(face))
    face.later(days=31)
    closed = await face(officer, "POST", f"{path}/closures", {"because": "quiet"})
    assert (closed.status_code, closed.json()["status"], closed.json()["closed_because"]) == (201, "closed", "quiet")


def answer_body(face) -> dict:
    return {
        "outcome": "justified",
        "opinion": "经核实属实，已致歉。",
        "delivered_at": face.now.isoformat(),
        "delivery_way": "phone",
    }


async def test_the_explanation_names_rule_article_and_versions_in_both_languages(face, bank, told) -> None:
    client_id = await told.client("private_banking")
    case = await opened(face, bank, client_id, by="agent", channel="call_centre_95566")
    answer = await face(bank.person("bj_officer"), "GET", f"/v1/complaints/{case['case_id']}/explanation")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (routing,) = found["routings"]
    assert routing["inputs"] == {
        "kind": "complaint", "complaint_type": "process", "channel": "call_centre_95566", "tier": "private_banking",
        "round": 1,
    }  # fmt: skip
    assert (routing["rule"]["requirement"], routing["rule"]["article"]) == ("CM-16", "BOC-S Art. 34(6)")
    assert [rule["requirement"] for rule in routing["losing_rules"]] == ["CM-10", "CM-19"]
    assert routing["found"]["en"] and routing["found"]["zh"]
    clocks = {clock["code"]: clock for clock in found["clocks"]}
    spot = clocks["process-on-the-spot"]
    assert (spot["requirement"], spot["policy_version"], spot["calendar_version"]) == ("CM-23", 1, 1)
    assert "same business day" in spot["text"]["en"] and "工作日" in spot["text"]["zh"]
    assert clocks["statutory"]["requirement"] == "A13"
    assert [step["step"] for step in found["steps"]] == ["opened"]


async def test_the_call_centre_is_shown_a_clients_open_cases_without_words(face, bank, told) -> None:
    client_id = await told.client("wealth")
    case = await opened(face, bank, client_id)
    answer = await face(bank.person("agent"), "GET", f"/v1/clients/{client_id}/complaints")
    assert answer.status_code == 200
    (item,) = answer.json()["items"]
    assert set(item) == {
        "case_id", "case_no", "kind", "complaint_type", "status", "answer_due_at", "opened_at",
    }  # fmt: skip
    assert item["case_no"] == case["case_no"]
    stranger = await face(bank.person("tj_officer"), "GET", f"/v1/clients/{client_id}/complaints")
    assert stranger.status_code == 404
    manager = await face(bank.person("manager"), "GET", f"/v1/clients/{client_id}/complaints")
    assert [item["case_no"] for item in manager.json()["items"]] == [case["case_no"]]


async def test_the_handler_finds_the_case_on_his_list_in_his_language(face, bank, told) -> None:
    case = await opened(face, bank, await told.client("corporate_vip"), by="agent", channel="call_centre_95566")
    answer = await face(bank.person("cc_officer"), "GET", "/v1/work-items", limit=200)
    (item,) = [item for item in answer.json()["items"] if item["subject_id"] == case["case_id"]]
    assert (item["rule"], item["text"]) == ("CM-16", "complaint.handle")
    assert item["summary"]


async def test_overdue_cases_are_found_and_mine_are_mine(face, bank, told) -> None:
    client_id = await told.client("wealth")
    case = await opened(face, bank, client_id)
    who = bank.person("rm_supervisor")
    query = {"client_id": str(client_id), "overdue": True, "mine": True}
    assert (await face(who, "GET", "/v1/complaints", **query)).json()["items"] == []
    face.now += timedelta(days=1)
    found = (await face(who, "GET", "/v1/complaints", **query)).json()["items"]
    assert [item["case_id"] for item in found] == [case["case_id"]]


async def test_the_vocabulary_names_every_code_in_both_languages(face, bank) -> None:
    found = (await face(bank.person("teller"), "GET", "/v1/complaint-vocabulary")).json()
    channels = {word["code"]: word for word in found["channels"]}
    assert channels["opinion_book"] == {"code": "opinion_book", "en": "opinion book", "zh": "意见簿"}
    assert len(channels) == 12
    assert all(word["en"] and word["zh"] for words in found.values() for word in words)


async def test_a_field_we_do_not_know_is_refused_and_the_value_never_echoed(face, bank) -> None:
    answer = await face(bank.person("teller"), "POST", "/v1/complaints", OPENING | {"secret": "金丝雀"})
    assert answer.status_code == 422
    assert "金丝雀" not in answer.text
