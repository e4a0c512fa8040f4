"""Emergency cash: only away from home, within both limits, asked by one and released by another, also when many race."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from chassis.due_work import Due
from client_registry.domain.emergency_cash import AboveEventLimit, AbovePeriodLimit, check_amount
from client_registry.jobs import emergency_cash_expired


@pytest.fixture
async def client(bank) -> UUID:
    found = await bank.add_client(manager="staff:1001")
    await bank.run("UPDATE clients SET card_level = 'head_office' WHERE id = $1", found)
    return found


@pytest.fixture
def ask(bank, call, person):
    async def asked(client: UUID, yuan: str, *, by: str = "2003", unit: str = "sh-01-o1", **wanted):
        row = await bank.row(
            "INSERT INTO client_lookups (id, asked_by, way, value_index, purpose, client_ids, asked_at, expires_at,"
            " confirmed_client_id) VALUES (uuidv7(), $2, 'phone', '\\x00', 'recognition', ARRAY[$1::uuid], $3, $3, $1)"
            " RETURNING id",
            client, f"staff:{by}", bank.now,
        )  # fmt: skip
        body = {
            "lookup_id": str(row["id"]), "unit_id": str(bank.units[unit]), "reason": "card_lost",
            "amount": {"amount": yuan, "currency": "CNY"}, **wanted,
        }  # fmt: skip
        return await call(person(by), "POST", "/v1/emergency-cash-requests", body=body)

    return asked


def release(call, by, request_id, key=None):
    return call(by, "POST", f"/v1/emergency-cash-requests/{request_id}/releases", key=key)


@pytest.mark.requirement("CR-91")
@pytest.mark.parametrize(
    ("amount", "used", "refused"),
    [
        ("5000", "0", None),
        ("5000.01", "0", AboveEventLimit),
        ("5000", "5000", None),
        ("5000", "5000.01", AbovePeriodLimit),
        ("0.01", "10000", AbovePeriodLimit),
    ],
)
def test_both_limits_are_inclusive(amount, used, refused) -> None:
    def checked() -> None:
        check_amount(Decimal(amount), event_max=Decimal(5000), period_max=Decimal(10000), used=Decimal(used), days=365)

    if refused is None:
        checked()
    else:
        with pytest.raises(refused):
            checked()


@pytest.mark.requirement("CR-91")
async def test_one_asks_another_releases_and_the_home_manager_hears(bank, call, person, client, ask) -> None:
    asked = await ask(client, "3000.00", by="2004")
    assert asked.status_code == 201, asked.text
    request = asked.json()
    assert (request["status"], request["amount"]) == ("requested", {"amount": "3000.00", "currency": "CNY"})
    (work,) = await bank.rows("SELECT owner_role, unit_path FROM work_items WHERE kind = 'emergency-cash.release'")
    assert work == {"owner_role": "outlet_head", "unit_path": "/hq/sh/sh-01-o1/"}
    assert (await release(call, person("2004"), request["id"])).json()["code"] == "approval.same-person"
    assert (await release(call, person("1003"), request["id"])).status_code == 404
    assert (await release(call, person("2003"), request["id"])).status_code == 403
    done = await release(call, person("2007"), request["id"])
    assert (done.status_code, done.json()["status"], done.json()["decided_by"]) == (201, "released", "staff:2007")
    assert (await release(call, person("2007"), request["id"])).json()["code"] == "emergency-cash.ended"
    (told,) = await bank.rows("SELECT owner FROM work_items WHERE kind = 'emergency-cash.released'")
    assert told["owner"] == "staff:1001"
    acts = await bank.rows("SELECT act, subject FROM audit WHERE act LIKE 'emergency-cash.%' ORDER BY id")
    assert [(row["act"], row["subject"]) for row in acts] == [
        ("emergency-cash.requested", "staff:2004"), ("emergency-cash.released", "staff:2007"),
    ]  # fmt: skip
    for reader, seen in (("1001", 1), ("1003", 1), ("2004", 1), ("1002", 0), ("1005", 0)):
        log = await call(person(reader), "GET", "/v1/emergency-cash-requests", params={"status": "released"})
        assert len(log.json()["items"]) == seen, reader


@pytest.mark.requirement("CR-91")
async def test_who_has_no_right_to_it_or_asks_too_much_is_told_why(bank, call, person, client, ask) -> None:
    at_home = await ask(client, "100", by="1006", unit="bj-01-o1")
    assert (at_home.status_code, at_home.json()["code"]) == (409, "emergency-cash.not-away")
    much = await ask(client, "5000.01")
    assert much.json()["code"] == "emergency-cash.above-limit" and "5000.00" in much.json()["detail"]
    for amount in ("5000", "4000"):
        assert (await ask(client, amount)).status_code == 201
    rest = await ask(client, "1000.01")
    assert rest.json()["code"] == "emergency-cash.above-period-limit" and "1000.00" in rest.json()["detail"]
    assert (await ask(client, "1000")).status_code == 201
    branch, plain = await bank.add_client(), await bank.add_client()
    await bank.run("UPDATE clients SET card_level = 'branch' WHERE id = $1", branch)
    for who, why in ((branch, "issuing branch"), (plain, "no level")):
        answer = await ask(who, "100")
        assert answer.json()["code"] == "emergency-cash.not-entitled" and why in answer.json()["detail"]
    for wanted in (
        {"amount": {"amount": "0", "currency": "CNY"}},
        {"amount": {"amount": "-5", "currency": "CNY"}},
        {"amount": {"amount": "1.001", "currency": "CNY"}},
        {"amount": {"amount": "10", "currency": "USD"}},
        {"reason": "no_money"},
    ):
        assert (await ask(client, "1", **wanted)).status_code == 422, wanted
    assert (await ask(client, "1", unit="bj-01-o1")).status_code == 404


@pytest.mark.requirement("CR-91")
async def test_racing_requests_never_pass_the_limit_together(bank, client, ask) -> None:
    people = ["2003", "2004", "2007", "2003", "2004", "2007"]
    answers = await asyncio.gather(*(ask(client, "4000", by=by) for by in people))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
    row = await bank.row("SELECT sum(amount) AS total FROM emergency_cash_requests")
    assert row["total"] == 8000


async def test_two_who_release_at_once_release_once(bank, call, person, client, ask) -> None:
    request = (await ask(client, "4000")).json()["id"]
    answers = await asyncio.gather(release(call, person("2004"), request), release(call, person("2007"), request))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await bank.rows("SELECT 1 FROM work_items WHERE kind = 'emergency-cash.released'")) == 1


@pytest.mark.requirement("CR-91")
async def test_what_is_refused_or_expires_frees_its_amount(bank, call, person, client, ask) -> None:
    first, second = (await ask(client, "5000")).json(), (await ask(client, "5000")).json()
    assert (await ask(client, "1")).status_code == 409
    path = f"/v1/emergency-cash-requests/{first['id']}/refusals"
    refused = await call(person("2004"), "POST", path, body={"reason": "identity_doubtful"})
    assert (refused.json()["status"], refused.json()["refusal"]) == ("refused", "identity_doubtful")
    assert (await call(person("2004"), "POST", path, body={"reason": "rude"})).status_code == 422
    assert (await ask(client, "5000")).status_code == 201
    bank.now += timedelta(hours=24)
    assert (await release(call, person("2004"), second["id"])).json()["code"] == "emergency-cash.ended"
    due = Due("", UUID(second["id"]), bank.now, {}, 0)
    for _ in range(2):
        async with bank.database.transaction() as tx:
            await emergency_cash_expired(tx, due, now=bank.now)
    row = await bank.row("SELECT status FROM emergency_cash_requests WHERE id = $1", UUID(second["id"]))
    assert row["status"] == "expired"
    assert (await ask(client, "5000")).status_code == 201


async def test_the_period_ends_and_the_limit_is_whole_again(bank, call, person, client, ask) -> None:
    for _ in range(2):
        request = (await ask(client, "5000")).json()["id"]
        assert (await release(call, person("2004"), request)).status_code == 201
    bank.now += timedelta(days=365) - timedelta(seconds=1)
    assert (await ask(client, "1")).status_code == 409
    bank.now += timedelta(seconds=1)
    assert (await ask(client, "1")).status_code == 201


async def test_the_database_itself_keeps_two_people_apart(bank, client, ask) -> None:
    request = (await ask(client, "1")).json()["id"]
    with pytest.raises(Exception, match="two_people"):
        await bank.run(
            "UPDATE emergency_cash_requests SET status = 'released', decided_by = requested_by WHERE id = $1",
            UUID(request),
        )
