"""What is shown to whom: reservations with their reason, cards, a client's cards, verification."""

from datetime import date
from uuid import uuid4

import pytest
from card_service import consumers


async def issued(house, call, keeper, supervisor, client, *, level="head_office", home="centre") -> str:
    """One card issued to the client; gives its number."""
    await house.stock(home, 20, level)
    await house.upgrade(client, to=level, home=home)
    reservation = await house.reservation_of(client)
    paper = await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": [str(reservation["id"])]})
    answer = await call(supervisor, "POST", f"/v1/stock-issues/{paper.json()['id']}/countersignatures")
    assert answer.status_code == 201, answer.text
    return reservation["number"]


@pytest.mark.requirement("CS-13", "CS-14", "CS-16")
async def test_segments_and_receipts_through_the_routes(house, call, keeper, supervisor, branch) -> None:
    unit = str(house.units["centre"])
    made = await call(branch, "POST", "/v1/number-segments", body={"unit_id": unit, "level": "branch", "count": 50})
    assert made.status_code == 201, made.text
    assert (made.json()["first_number"], made.json()["last_number"]) == ("BJ100001", "BJ100050")
    taken = await call(
        branch, "POST", "/v1/number-segments", body={"unit_id": unit, "level": "branch", "first": 50, "last": 60}
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "segment.taken")
    both = {"unit_id": unit, "level": "branch", "first": 50, "last": 60, "count": 3}
    assert (await call(branch, "POST", "/v1/number-segments", body=both)).status_code == 422
    body = {"unit_id": unit, "segment_id": made.json()["id"], "count": 30}
    for nobody in (supervisor, branch):
        assert (await call(nobody, "POST", "/v1/stock-receipts", body=body)).status_code == 403
    receipt = await call(keeper, "POST", "/v1/stock-receipts", body=body)
    assert (receipt.status_code, receipt.json()["status"]) == (201, "pending"), receipt.text
    path = f"/v1/stock-receipts/{receipt.json()['id']}/countersignatures"
    assert (await call(keeper, "POST", path)).status_code == 403
    signed = await call(supervisor, "POST", path)
    assert (signed.json()["status"], signed.json()["cards"]) == ("confirmed", 30)
    (segment,) = (await call(branch, "GET", "/v1/number-segments")).json()["items"]
    assert segment["not_received"] == 20


async def test_a_receipt_taken_back_frees_its_numbers(house, call, keeper) -> None:
    segment = await house.segment("centre")
    body = {"unit_id": str(house.units["centre"]), "segment_id": str(segment), "first": 1, "last": 10}
    receipt = (await call(keeper, "POST", "/v1/stock-receipts", body=body)).json()
    back = await call(keeper, "POST", f"/v1/stock-receipts/{receipt['id']}/withdrawals")
    assert back.json()["status"] == "withdrawn"
    assert (await call(keeper, "POST", "/v1/stock-receipts", body=body)).status_code == 201


async def test_a_branch_allots_only_within_itself(house, call, someone) -> None:
    elsewhere = someone("branch_personal_banking", "/hq/sh/")
    body = {"unit_id": str(house.units["centre"]), "level": "branch", "count": 5}
    assert (await call(elsewhere, "POST", "/v1/number-segments", body=body)).status_code == 404


async def test_a_reservation_explains_itself_in_both_languages(house, call, keeper, clients) -> None:
    await house.stock("bj", 1)
    served, waits = clients(2)
    await house.upgrade(served)
    await house.upgrade(waits)
    items = {
        language: {
            item["client_id"]: item["why"][1]
            for item in (await call(keeper, "GET", "/v1/card-reservations", language=language)).json()["items"]
        }
        for language in ("en", "zh-CN")
    }
    assert "BJ000001 was the lowest free number in the stock of Unit bj" in items["en"][str(served)]
    assert "Unit centre, Unit bj-01, Unit bj" in items["en"][str(waits)]
    assert "BJ000001 为其上级中最近有库存机构 机构bj 的最小空闲号码" in items["zh-CN"][str(served)]


async def test_reservations_come_in_pages_and_by_status(house, call, keeper, clients) -> None:
    await house.stock("centre", 2)
    everybody = clients(5)
    await house.upgrade(*everybody)
    seen, cursor = [], ""
    while cursor is not None:
        answer = await call(keeper, "GET", f"/v1/card-reservations?limit=2{cursor and '&cursor=' + cursor}")
        seen += [item["id"] for item in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    waiting = await call(keeper, "GET", "/v1/card-reservations?status=waiting")
    assert len(waiting.json()["items"]) == 3


async def test_a_card_shows_its_way_from_the_factory_under_an_etag(
    house, call, keeper, supervisor, someone, clients
) -> None:
    (client,) = clients(1)
    number = await issued(house, call, keeper, supervisor, client)
    (card,) = (await call(keeper, "GET", "/v1/cards?status=issued")).json()["items"]
    assert (card["card_number"], card["face"]) == (number, "gold")
    one = await call(keeper, "GET", f"/v1/cards/{card['id']}")
    assert one.headers["etag"].startswith('"3-')
    assert [(step["act"], step["from_place"]) for step in one.json()["custody"]] == [
        ("receipt", "factory"),
        ("issue", f"unit:{house.units['centre']}"),
    ]
    elsewhere = someone("card_keeper", "/hq/sh/")
    hidden = await call(elsewhere, "GET", f"/v1/cards/{card['id']}")
    unknown = await call(elsewhere, "GET", f"/v1/cards/{uuid4()}")
    assert (
        (hidden.status_code, hidden.json()["code"])
        == (unknown.status_code, unknown.json()["code"])
        == (404, "not-found")
    )


async def test_a_client_s_cards_are_whole_for_his_people_and_masked_for_the_call_centre(
    house, call, keeper, supervisor, someone, clients
) -> None:
    (client,) = clients(1)
    number = await issued(house, call, keeper, supervisor, client)
    path = f"/v1/clients/{client}/cards"
    async with house.database.transaction() as tx:
        fact = consumers.RelationshipManagerAssigned(
            **house.envelope(), client_id=client, manager="staff:77", unit_id=house.units["centre"]
        )
        await consumers.hear_managers(tx, [fact], now=house.now)
    manager = someone("relationship_manager", "/hq/bj/bj-01/bj-01-c1/", subject="staff:77", reach="own")
    another = someone("relationship_manager", "/hq/bj/bj-01/bj-01-c1/", subject="staff:78", reach="own")
    agent = someone("call_centre_agent", "/hq/95566/", subject="staff:79")
    (mine,) = (await call(manager, "GET", path)).json()["items"]
    assert (mine["card_number"], mine["status"]) == (number, "issued")
    assert (await call(another, "GET", path)).status_code == 404
    (seen,) = (await call(agent, "GET", path)).json()["items"]
    assert (seen["status"], seen["level"], seen["card_id"]) == ("issued", "head_office", None)
    assert seen["card_number"] != number
    assert (await call(agent, "GET", f"/v1/clients/{uuid4()}/cards")).status_code == 404


async def test_serving_units_see_the_client_s_cards_too(house, call, keeper, supervisor, someone, clients) -> None:
    (client,) = clients(1)
    async with house.database.transaction() as tx:
        fact = consumers.ClientRegistered(
            **house.envelope(), client_id=client, home_unit_id=house.units["centre"],
            serving_unit_ids=[house.units["other"]], manager=None, card_level="none",
        )  # fmt: skip
        await consumers.hear_registered(tx, [fact], now=house.now)
    await issued(house, call, keeper, supervisor, client)
    serving = someone("outlet_head", "/hq/bj/bj-02/")
    assert len((await call(serving, "GET", f"/v1/clients/{client}/cards")).json()["items"]) == 1
    assert len((await call(serving, "GET", "/v1/cards")).json()["items"]) == 1


@pytest.mark.requirement("CS-27", "CS-35")
async def test_a_card_is_verified_wherever_it_is_shown_and_the_showing_is_kept(
    house, call, keeper, supervisor, someone, clients
) -> None:
    gold, silver = clients(2)
    gold_number = await issued(house, call, keeper, supervisor, gold)
    silver_number = await issued(house, call, keeper, supervisor, silver, level="branch")
    lobby = someone("lobby_manager", "/hq/sh/sh-01/")
    place = str(house.units["sh-centre"])

    async def show(number: str, by=lobby, at: str = place) -> dict:
        answer = await call(by, "POST", "/v1/card-verifications", body={"card_number": number, "unit_id": at})
        assert answer.status_code == 201, answer.text
        return answer.json()

    good = await show(gold_number)
    assert (good["outcome"], good["valid_here"], good["ask_for_id"], good["face"]) == ("accepted", True, True, "gold")
    assert "identity document" in good["advice"]
    away = await show(silver_number)
    assert (away["outcome"], away["valid_here"]) == ("other_branch", False)
    at_home = await show(silver_number, someone("lobby_manager", "/hq/bj/"), str(house.units["other"]))
    assert at_home["valid_here"]
    assert (await show("BJ099999"))["outcome"] == "unknown"
    blank = await show("BJ000002")
    assert (blank["outcome"], blank["level"]) == ("not_issued", None)
    await house.revoke(gold)
    assert (await show(gold_number))["outcome"] == "stopped"
    kept = await house.rows("SELECT outcome, shown_to FROM presentations ORDER BY id")
    assert [row["outcome"] for row in kept] == [
        "accepted", "other_branch", "accepted", "unknown", "not_issued", "stopped",
    ]  # fmt: skip
    elsewhere = await call(
        lobby, "POST", "/v1/card-verifications", body={"card_number": gold_number, "unit_id": str(house.units["bj"])}
    )
    assert elsewhere.status_code == 403


@pytest.mark.requirement("CS-25")
async def test_a_card_is_void_on_the_day_after_its_last(house, call, keeper, supervisor, someone, clients) -> None:
    (client,) = clients(1)
    number = await issued(house, call, keeper, supervisor, client)
    body = {"card_number": number, "unit_id": str(house.units["centre"])}
    for day, outcome in [(22, "accepted"), (23, "expired")]:
        house.now = house.now.replace(year=2028, month=11, day=day)
        answer = await call(someone("counter_teller"), "POST", "/v1/card-verifications", body=body)
        assert answer.json()["outcome"] == outcome
    assert date(2028, 11, 22).isoformat() == answer.json()["expires_on"]
