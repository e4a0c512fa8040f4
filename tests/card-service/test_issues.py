"""Handing cards out: two signatures, the registry's fresh answer, one good card a client; and how cards end."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
from chassis.identity import Grant, Principal


async def proposed(house, call, keeper, *client_ids, key=None) -> dict:
    ids = [str((await house.reservation_of(client))["id"]) for client in client_ids]
    answer = await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": ids}, key=key)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def issue(house, call, keeper, supervisor, *client_ids):
    paper = await proposed(house, call, keeper, *client_ids)
    return await call(supervisor, "POST", f"/v1/stock-issues/{paper['id']}/countersignatures")


@pytest.mark.requirement("CS-14", "CS-22", "CS-25")
async def test_two_signatures_and_the_registry_s_yes_put_cards_into_clients_hands(
    house, call, keeper, supervisor, registry, clients
) -> None:
    await house.stock("centre", 20)
    one, two = clients(2)
    await house.upgrade(one, two)
    answer = await issue(house, call, keeper, supervisor, one, two)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["status"], answer.json()["countersigned_by"]) == ("confirmed", "staff:1002")
    facts = await house.said("CardIssued")
    assert {fact["client_id"] for fact in facts} == {str(one), str(two)}
    assert {(fact["issued_on"], fact["expires_on"], fact["face"]) for fact in facts} == {
        ("2026-11-22", "2028-11-22", "gold")
    }
    assert {fact["decision_id"] for fact in facts} == {str(registry.decision)}
    assert {(q["client_id"], q["level"]) for q in registry.asked} == {
        (str(one), "head_office"),
        (str(two), "head_office"),
    }
    kept = await house.rows("SELECT decision_id FROM stock_issue_lines")
    assert {row["decision_id"] for row in kept} == {registry.decision}
    assert (await house.rows("SELECT place FROM cards WHERE client_id = $1", one))[0]["place"] == f"client:{one}"
    await house.books_agree()


@pytest.mark.requirement("CS-22")
async def test_one_client_the_registry_does_not_confirm_stops_the_whole_paper(
    house, call, keeper, supervisor, registry, clients
) -> None:
    await house.stock("centre", 20)
    good, bad = clients(2)
    await house.upgrade(good, bad)
    registry.refuses.add(bad)
    answer = await issue(house, call, keeper, supervisor, good, bad)
    assert (answer.status_code, answer.json()["code"]) == (409, "card.not-eligible")
    assert str((await house.reservation_of(bad))["id"]) in answer.json()["detail"]
    assert await house.said("CardIssued") == []
    assert {row["status"] for row in await house.rows("SELECT status FROM reservations")} == {"reserved"}


@pytest.mark.requirement("CS-22")
async def test_without_the_registry_s_answer_nothing_is_issued(
    house, call, keeper, supervisor, registry, clients
) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    registry.away = True
    answer = await issue(house, call, keeper, supervisor, client)
    assert (answer.status_code, answer.json()["code"]) == (503, "peer.away")
    assert "retry-after" in answer.headers
    assert (await house.reservation_of(client))["status"] == "reserved"


@pytest.mark.requirement("CS-14")
async def test_the_keeper_cannot_sign_as_supervisor_too(house, call, keeper, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    both = Principal(keeper.subject, (*keeper.grants, Grant("card_supervisor", "/hq/bj/", "unit")))
    answer = await issue(house, call, both, both, client)
    assert (answer.status_code, answer.json()["code"]) == (409, "signature.same-person")
    with pytest.raises(asyncpg.CheckViolationError, match="two_people"):
        await house.run(
            "UPDATE stock_issues SET status = 'confirmed', countersigned_by = proposed_by, countersigned_at = now()"
        )


@pytest.mark.requirement("CS-14")
async def test_thirty_two_racing_countersignatures_issue_each_card_once(
    house, call, keeper, supervisor, clients
) -> None:
    await house.stock("centre", 20)
    some = clients(5)
    await house.upgrade(*some)
    paper = await proposed(house, call, keeper, *some)
    path = f"/v1/stock-issues/{paper['id']}/countersignatures"
    answers = await asyncio.gather(*(call(supervisor, "POST", path) for _ in range(32)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 31
    assert len(await house.said("CardIssued")) == 5
    await house.books_agree()


async def test_the_same_key_gives_the_same_answer_and_one_effect(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    paper = await proposed(house, call, keeper, client)
    path = f"/v1/stock-issues/{paper['id']}/countersignatures"
    answers = await asyncio.gather(*(call(supervisor, "POST", path, key="one-key-for-all") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await house.said("CardIssued")) == 1


async def test_a_reservation_stands_on_one_paper_at_a_time(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    paper = await proposed(house, call, keeper, client)
    ids = [str((await house.reservation_of(client))["id"])]
    again = await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": ids})
    assert (again.status_code, again.json()["code"]) == (409, "issue.duplicate")
    withdrawn = await call(supervisor, "POST", f"/v1/stock-issues/{paper['id']}/withdrawals")
    assert withdrawn.json()["status"] == "withdrawn"
    assert (await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": ids})).status_code == 201


async def test_an_unsigned_issue_runs_out_and_frees_its_reservations(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    paper = await proposed(house, call, keeper, client)
    house.now += timedelta(days=3)
    late = await call(supervisor, "POST", f"/v1/stock-issues/{paper['id']}/countersignatures")
    assert (late.status_code, late.json()["code"]) == (409, "signature.not-pending")
    (due,) = await house.rows("SELECT subject_id FROM due_work WHERE kind = 'card.issue-held'")
    await house.sweep("card.issue-held", due["subject_id"])
    assert await proposed(house, call, keeper, client)


async def test_a_paper_whose_client_moved_away_is_no_longer_what_the_keeper_signed(
    house, call, keeper, supervisor, clients
) -> None:
    await house.stock("centre", 20)
    await house.stock("other", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    paper = await proposed(house, call, keeper, client)
    await house.move(client, "other")
    answer = await call(supervisor, "POST", f"/v1/stock-issues/{paper['id']}/countersignatures")
    assert (answer.status_code, answer.json()["code"]) == (409, "issue.changed")
    assert (await house.reservation_of(client))["number"] == "BJ000021"
    await house.books_agree()


async def test_cards_of_two_stocks_do_not_go_out_on_one_paper(house, call, keeper, clients) -> None:
    await house.stock("centre", 20)
    await house.stock("other", 20)
    one, two = clients(2)
    await house.upgrade(one)
    await house.upgrade(two, home="other")
    ids = [str((await house.reservation_of(client))["id"]) for client in (one, two)]
    answer = await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (409, "issue.several-stocks")


async def test_a_keeper_elsewhere_sees_neither_reservation_nor_paper(
    house, call, keeper, supervisor, someone, clients
) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    elsewhere = someone("card_keeper", "/hq/sh/")
    ids = [str((await house.reservation_of(client))["id"])]
    answer = await call(elsewhere, "POST", "/v1/stock-issues", body={"reservation_ids": ids})
    assert answer.status_code == 404
    assert (await call(elsewhere, "GET", "/v1/card-reservations")).json()["items"] == []
    paper = await proposed(house, call, keeper, client)
    other = someone("card_supervisor", "/hq/sh/")
    assert (await call(other, "POST", f"/v1/stock-issues/{paper['id']}/countersignatures")).status_code == 404


@pytest.mark.requirement("CS-29")
async def test_revocation_stops_the_card_at_once_and_gives_a_reserved_one_back(
    house, call, keeper, supervisor, clients
) -> None:
    await house.stock("centre", 20)
    holder, waiter = clients(2)
    await house.upgrade(holder, waiter)
    await issue(house, call, keeper, supervisor, holder)
    await house.revoke(holder)
    await house.revoke(waiter)
    (cancelled,) = await house.said("CardCancelled")
    assert (cancelled["client_id"], cancelled["cause"]) == (str(holder), "arrears")
    statuses = {row["client_id"]: row["status"] for row in await house.rows("SELECT client_id, status FROM cards")}
    assert statuses[holder] == "stopped"
    assert (await house.reservation_of(waiter))["status"] == "cancelled"
    await house.books_agree()


@pytest.mark.parametrize("cause", ["left", "ended", "death"])
async def test_the_end_of_the_membership_stops_the_card_and_gives_a_reserved_one_back(
    house, call, keeper, supervisor, clients, cause
) -> None:
    await house.stock("centre", 20)
    holder, waiter = clients(2)
    await house.upgrade(holder, waiter)
    await issue(house, call, keeper, supervisor, holder)
    await house.leave(holder, cause)
    await house.leave(waiter, cause)
    (cancelled,) = await house.said("CardCancelled")
    assert (cancelled["client_id"], cancelled["cause"]) == (str(holder), cause)
    assert (await house.rows("SELECT status FROM cards WHERE client_id = $1", holder))[0]["status"] == "stopped"
    assert (await house.reservation_of(waiter))["status"] == "cancelled"
    await house.books_agree()


@pytest.mark.requirement("CS-29")
async def test_revocation_between_the_signatures_stops_the_issue(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    paper = await proposed(house, call, keeper, client)
    await house.revoke(client)
    answer = await call(supervisor, "POST", f"/v1/stock-issues/{paper['id']}/countersignatures")
    assert answer.status_code == 409
    assert await house.said("CardIssued") == []


async def test_a_gold_card_ends_the_silver_one(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20, "branch")
    await house.stock("centre", 20, "head_office")
    (client,) = clients(1)
    await house.upgrade(client, to="branch")
    await issue(house, call, keeper, supervisor, client)
    await house.upgrade(client, was="branch", to="head_office")
    answer = await issue(house, call, keeper, supervisor, client)
    assert answer.status_code == 201, answer.text
    (replaced,) = await house.said("CardReplaced")
    assert (replaced["card_number"], replaced["replaced_by_number"]) == ("BJ100001", "BJ000001")
    statuses = await house.rows("SELECT number, status FROM cards WHERE client_id = $1 ORDER BY number", client)
    assert [(row["number"], row["status"]) for row in statuses] == [("BJ000001", "issued"), ("BJ100001", "replaced")]


@pytest.mark.requirement("CS-25")
async def test_ninety_days_before_its_end_a_card_is_said_to_expire_and_then_it_is_void(
    house, call, keeper, supervisor, clients
) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    await issue(house, call, keeper, supervisor, client)
    due = {row["kind"]: row for row in await house.rows("SELECT kind, subject_id, due_at FROM due_work")}
    assert due["card.expiring"]["due_at"] == datetime(2028, 8, 23, 16, 0, tzinfo=UTC)
    assert due["card.expired"]["due_at"] == datetime(2028, 11, 22, 16, 0, tzinfo=UTC)
    for kind in ("card.expiring", "card.expired"):
        house.now = due[kind]["due_at"]
        await house.sweep(kind, due[kind]["subject_id"])
    assert [fact["expires_on"] for fact in await house.said("CardExpiring")] == ["2028-11-22"]
    assert [fact["expired_on"] for fact in await house.said("CardExpired")] == ["2028-11-23"]
    (card,) = await house.rows("SELECT status, expires_on FROM cards WHERE client_id = $1", client)
    assert (card["status"], card["expires_on"]) == ("expired", date(2028, 11, 22))


async def test_a_stopped_card_says_nothing_about_its_end(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    await issue(house, call, keeper, supervisor, client)
    await house.revoke(client)
    (card,) = await house.rows("SELECT id FROM cards WHERE client_id = $1", client)
    for kind in ("card.expiring", "card.expired"):
        await house.sweep(kind, card["id"])
    assert await house.said("CardExpiring") == await house.said("CardExpired") == []
