"""Recognition: nothing about a person before the factor, a masked card after it, a lock after five wrong answers."""

from datetime import timedelta

import pytest


@pytest.fixture
async def known(bank, call, person, registration) -> dict:
    """Two people called 王小明; the first has a tier, a card and a manager with a work phone."""
    first = registration()
    first["contacts"] = [{"way": "mobile", "value": "13812345678"}]
    second = registration()
    second["contacts"] = [{"way": "mobile", "value": "13900000001"}, {"way": "home_phone", "value": "13812345678"}]
    ids = []
    for form in (first, second):
        form["confirm_mobile"] = form["contacts"][0]["value"]
        ids.append((await call(person("1001"), "POST", "/v1/clients", body=form)).json()["client_id"])
    await bank.run("UPDATE clients SET service_tier = 'private_banking' WHERE id = $1", ids[0])
    await bank.run(
        "INSERT INTO client_cards (client_id, card_id, card_number, level, face, issued_on, expires_on)"
        " VALUES ($1, uuidv7(), 'BJ000123', 'head_office', 'gold', '2026-11-01', '2028-11-01')",
        ids[0],
    )
    await bank.run("UPDATE clients SET card_number = 'BJ000123' WHERE id = $1", ids[0])
    return {
        "ids": ids, "numbers": [first["identity"]["number"], second["identity"]["number"]], "agent": person("1007"),
        "other_agent": person("1006"),
    }  # fmt: skip


def look_up(call, by, **body):
    return call(by, "POST", "/v1/client-lookups", body=body)


def confirm(call, by, lookup_id, **body):
    return call(by, "POST", f"/v1/client-lookups/{lookup_id}/confirmations", body=body)


@pytest.mark.requirement("XC-12")
@pytest.mark.parametrize(
    ("asked", "matched", "tier"),
    [
        ({"phone": "138-1234-5678"}, "several", "private_banking"),
        ({"phone": "+86 13900000001"}, "1", "mass"),
        ({"phone": "13711111111"}, "0", None),
        ({"name": "王 小明"}, "several", "private_banking"),
        ({"name": "王小"}, "0", None),
        ({"name": " "}, None, None),
    ],
)
async def test_a_phone_or_a_name_tells_how_many_fit_and_the_highest_tier_only(
    call, known, asked, matched, tier
) -> None:
    answer = await look_up(call, known["agent"], **asked, purpose="recognition")
    if matched is None:
        assert answer.status_code == 422
        return
    body = answer.json()
    body.pop("lookup_id")
    assert body == {"matched": matched, "highest_tier": tier, "client": None}


@pytest.mark.requirement("CR-97")
async def test_with_the_factor_the_masked_card_is_shown(bank, call, known) -> None:
    lookup = (await look_up(call, known["agent"], phone="13812345678")).json()["lookup_id"]
    answer = await confirm(call, known["agent"], lookup, identity_last4=known["numbers"][0][-4:])
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "client_id": known["ids"][0], "name": "王**", "service_tier": "private_banking", "card_level": "none",
        "card_number": "****0123",
        "home_unit": {"id": str(bank.units["bj-01-c1"]), "code": "bj-01-c1", "name_zh": "机构bj-01-c1",
                      "name_en": "Unit bj-01-c1"},
        "manager": {"subject": "staff:1001", "name": "王经理", "work_phone": "010-66001001"},
    }  # fmt: skip
    row = await bank.row("SELECT act, subject, purpose, CAST(client_id AS text) AS client_id FROM audit"
                         " WHERE act = 'client.recognised'")  # fmt: skip
    assert row == {
        "act": "client.recognised", "subject": "staff:1007", "purpose": "recognition", "client_id": known["ids"][0],
    }  # fmt: skip


async def test_a_call_back_to_a_registered_phone_is_a_factor_too(call, known) -> None:
    lookup = (await look_up(call, known["agent"], name="王小明")).json()["lookup_id"]
    both = await confirm(call, known["agent"], lookup, called_back=True, phone="13812345678")
    assert (both.status_code, both.json()["code"]) == (409, "recognition.factor-failed")
    one = await confirm(call, known["agent"], lookup, called_back=True, phone="13900000001")
    assert one.json()["client_id"] == known["ids"][1]
    for nonsense in ({"phone": "13900000001"}, {"identity_last4": "0010", "called_back": True, "phone": "139"}, {}):
        assert (await confirm(call, known["agent"], lookup, **nonsense)).status_code == 422


async def test_a_card_or_identity_number_shows_the_card_in_one_step(call, known) -> None:
    card = (await look_up(call, known["agent"], card_number="BJ000123")).json()
    assert (card["matched"], card["client"]["client_id"]) == ("1", known["ids"][0])
    number = (await look_up(call, known["agent"], identity_number=known["numbers"][1])).json()
    assert number["client"]["client_id"] == known["ids"][1]
    unknown = (await look_up(call, known["agent"], identity_number="110101199001010019")).json()
    assert (unknown["matched"], unknown["client"]) == ("0", None)


async def test_five_wrong_answers_lock_the_person_and_the_value_for_fifteen_minutes(bank, call, known) -> None:
    agent, right = known["agent"], known["numbers"][0][-4:]
    lookup = (await look_up(call, agent, phone="13812345678")).json()["lookup_id"]
    for left in (4, 3, 2, 1):
        wrong = await confirm(call, agent, lookup, identity_last4="XXXX")
        assert wrong.json()["code"] == "recognition.factor-failed" and str(left) in wrong.json()["detail"]
    assert (await confirm(call, agent, lookup, identity_last4="XXXX")).json()["code"] == "recognition.locked"
    assert (await confirm(call, agent, lookup, identity_last4=right)).json()["code"] == "recognition.locked"
    assert (await look_up(call, agent, phone="+8613812345678")).json()["code"] == "recognition.locked"
    (row,) = await bank.rows("SELECT subject, detail FROM audit WHERE act = 'recognition.locked'")
    assert row == {"subject": "staff:1007", "detail": {"failed": 5}}
    assert (await look_up(call, agent, phone="13900000001")).status_code == 201
    mine = (await look_up(call, known["other_agent"], phone="13812345678")).json()["lookup_id"]
    assert (await confirm(call, known["other_agent"], mine, identity_last4=right)).status_code == 201
    bank.now += timedelta(minutes=14, seconds=59)
    assert (await look_up(call, agent, phone="13812345678")).json()["code"] == "recognition.locked"
    bank.now += timedelta(seconds=1)
    again = (await look_up(call, agent, phone="13812345678")).json()["lookup_id"]
    assert (await confirm(call, agent, again, identity_last4="XXXX")).json()["code"] == "recognition.factor-failed"
    assert (await confirm(call, agent, again, identity_last4=right)).status_code == 201


async def test_a_look_up_belongs_to_who_asked_and_ends(bank, call, known) -> None:
    lookup = (await look_up(call, known["agent"], phone="13812345678")).json()["lookup_id"]
    right = known["numbers"][0][-4:]
    other = await confirm(call, known["other_agent"], lookup, identity_last4=right)
    assert (other.status_code, other.json()["code"]) == (404, "lookup.gone")
    bank.now += timedelta(minutes=15)
    assert (await confirm(call, known["agent"], lookup, identity_last4=right)).json()["code"] == "lookup.gone"


async def test_only_who_meets_clients_may_look_up_and_one_value_at_a_time(call, known, person) -> None:
    assert (await look_up(call, person("1009"), phone="13812345678")).status_code == 403
    assert (await look_up(call, known["agent"], phone="13812345678", name="王小明")).status_code == 422
    assert (await look_up(call, known["agent"])).status_code == 422


async def test_what_was_asked_for_is_nowhere_in_plain(bank, call, known) -> None:
    await look_up(call, known["agent"], phone="13812345678")
    rows = await bank.rows("SELECT CAST(l AS text) AS line FROM client_lookups l")
    audit = await bank.rows("SELECT CAST(a AS text) AS line FROM audit a")
    assert "13812345678" not in str(rows + audit)
