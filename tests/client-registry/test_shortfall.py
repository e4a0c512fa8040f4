"""What is missing to each standard: amounts in the answer, words in both languages, falls that were foreseen."""

from datetime import date

from chassis.due_work import Due
from client_registry.app import SERVICE


async def test_the_nearest_way_to_a_standard_stands_first_with_its_amount(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client, deposit=440_000)
    found = (await call(person("client", client), "GET", f"/v1/clients/{client}/shortfall")).json()
    standards = {(each["ladder"], each["level"]): each for each in found["standards"]}
    assert standards["card_level", "branch"] == {"ladder": "card_level", "level": "branch", "met": True, "missing": []}
    first, *others = standards["card_level", "head_office"]["missing"]
    assert (first["criterion"], first["missing"]["amount"], first["missing_percent"]) == ("deposit", "60000.00", 12)
    assert first["explanation"] == {
        "en": "RMB 60,000.00 more (12 %) would meet this standard of 500,000.00.",
        "zh": "再增加人民币 60,000.00 元（差 12%）即可达到 500,000.00 元的标准。",
    }
    assert [(each["criterion"], each["missing_percent"]) for each in others] == [("card_spend", 100), ("loan", 100)]
    assert standards["service_tier", "wealth"]["missing"][0]["missing"]["amount"] == "1560000.00"
    assert found["foreseen"] == []


async def test_missing_figures_and_a_missing_record_are_said_in_words(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.lend(client, 1, 2_000_000, worst=None, open_=None)
    found = (await call(person("1001"), "GET", f"/v1/clients/{client}/shortfall")).json()
    (head_office,) = [each for each in found["standards"] if each["level"] == "head_office"]
    reasons = {each["criterion"]: each["reason"] for each in head_office["missing"]}
    assert reasons == {
        "deposit": "figures-missing", "card_spend": "figures-missing", "loan": "repayment-unknown",
    }  # fmt: skip
    loan = next(each for each in head_office["missing"] if each["criterion"] == "loan")
    assert (loan["missing"]["amount"], loan["missing_percent"]) == ("0.00", 0)
    assert "尚待还款记录" in loan["explanation"]["zh"]


async def test_a_foreseen_fall_stands_in_the_answer_and_strangers_find_nothing(bank, call, person, member) -> None:
    client, _ = await member()
    await bank.deliver(client, range(1, 13), known_at=bank.now, deposit_average=250_000)
    detail = {"falls_on": "2027-02-20", "cause": "card_expiry"}
    due = Due(kind="standing.foresee", subject_id=client, due_at=bank.now, detail=detail, attempts=0)
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[due.kind].call(tx, due, now=bank.now)
    found = (await call(person("1001"), "GET", f"/v1/clients/{client}/shortfall")).json()
    assert found["foreseen"] == [{"cause": "card_expiry", "falls_on": "2027-02-20", "days_left": 90}]
    assert date.fromisoformat(found["as_of"]) == date(2026, 11, 22)
    assert (await call(person("2001"), "GET", f"/v1/clients/{client}/shortfall")).status_code == 404
    assert (await call(person("1006"), "GET", f"/v1/clients/{client}/shortfall")).status_code == 403
