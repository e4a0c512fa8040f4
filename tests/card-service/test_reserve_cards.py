"""A rise of card level sets a numbered card aside: which one, from where, and what happens when there is none."""

import asyncio
import random
from uuid import uuid4

from card_service import consumers
from card_service.use_cases.serve_waiting import serve_waiting


async def test_the_lowest_number_of_the_home_unit_goes_first(house, clients) -> None:
    await house.stock("bj", 5)
    await house.stock("centre", 5)
    one, two = clients(2)
    await house.upgrade(one)
    await house.upgrade(two)
    assert [(await house.reservation_of(client))["number"] for client in (one, two)] == ["BJ000006", "BJ000007"]
    await house.books_agree()


async def test_where_the_home_unit_has_none_the_nearest_above_gives(house, clients) -> None:
    await house.stock("bj", 5)
    await house.stock("bj-01", 5)
    (client,) = clients(1)
    await house.upgrade(client, home="outlet")
    reservation = await house.reservation_of(client)
    assert (reservation["number"], reservation["found_at"]) == ("BJ000006", "/hq/bj/bj-01/")


async def test_a_unit_beside_or_in_another_branch_never_gives(house, clients) -> None:
    await house.stock("other", 5)
    await house.stock("sh", 5)
    (client,) = clients(1)
    await house.upgrade(client)
    assert (await house.reservation_of(client))["status"] == "waiting"


async def test_each_level_has_its_own_stock(house, clients) -> None:
    await house.stock("centre", 5, "head_office")
    silver, gold = clients(2)
    await house.upgrade(silver, to="branch")
    await house.upgrade(gold, to="head_office")
    assert (await house.reservation_of(silver))["status"] == "waiting"
    assert (await house.reservation_of(gold))["number"] == "BJ000001"


async def test_a_service_tier_that_moves_alone_reserves_nothing(house, clients) -> None:
    await house.stock("centre", 5)
    (client,) = clients(1)
    await house.upgrade(client, was="head_office", to="head_office")
    assert await house.rows("SELECT * FROM reservations") == []
    assert (await house.rows("SELECT card_level FROM clients"))[0]["card_level"] == "head_office"


async def test_a_second_rise_gives_the_silver_card_back_and_takes_a_gold_one(house, clients) -> None:
    await house.stock("centre", 3, "branch")
    await house.stock("centre", 3, "head_office")
    first, second = clients(2)
    await house.upgrade(first, to="branch")
    await house.upgrade(first, was="branch", to="head_office")
    await house.upgrade(second, to="branch")
    assert (await house.reservation_of(first))["number"] == "BJ000001"
    assert (await house.reservation_of(second))["number"] == "BJ100001"
    statuses = await house.rows("SELECT status FROM reservations WHERE client_id = $1 ORDER BY asked_at, id", first)
    assert [row["status"] for row in statuses] == ["cancelled", "reserved"]
    await house.books_agree()


async def test_both_rises_in_one_batch_reserve_the_higher_card_only(house, clients) -> None:
    await house.stock("centre", 3, "branch")
    await house.stock("centre", 3, "head_office")
    (client,) = clients(1)
    async with house.database.transaction() as tx:
        rises = [house.upgraded(client, "branch"), house.upgraded(client, "head_office", was="branch")]
        await consumers.hear_upgraded(tx, rises, now=house.now)
    assert [row["level"] for row in await house.rows("SELECT level FROM reservations")] == ["head_office"]


async def test_no_stock_keeps_the_client_waiting_and_tells_the_nearest_keeper_once(house, clients) -> None:
    await house.post_keeper("bj-01")
    one, two = clients(2)
    await house.upgrade(one)
    await house.upgrade(two)
    assert [(await house.reservation_of(client))["status"] for client in (one, two)] == ["waiting", "waiting"]
    (low,) = await house.said("StockLow")
    assert (low["unit_id"], low["level"], low["in_stock"]) == (str(house.units["centre"]), "head_office", 0)
    (item,) = await house.rows("SELECT * FROM work_items")
    assert (item["kind"], item["owner_role"], item["unit_path"]) == ("card.restock", "card_keeper", "/hq/bj/bj-01/")


async def test_stock_is_said_to_be_low_when_it_falls_to_the_reorder_point(house, clients) -> None:
    await house.stock("centre", 12)
    await house.upgrade(*clients(1))
    assert await house.said("StockLow") == []
    await house.upgrade(*clients(1))
    await house.upgrade(*clients(1))
    assert [low["in_stock"] for low in await house.said("StockLow")] == [10]


async def test_whoever_waits_longest_is_served_first_when_cards_come_in(house, clients) -> None:
    first, second, third = clients(3)
    for client in (first, second, third):
        await house.upgrade(client)
    await house.stock("bj", 2)
    assert [(await house.reservation_of(client))["number"] for client in (first, second, third)] == [
        "BJ000001",
        "BJ000002",
        None,
    ]
    await house.books_agree()


async def test_enough_cards_end_the_keeper_s_work_item(house, clients) -> None:
    await house.upgrade(*clients(1))
    await house.stock("centre", 50)
    (item,) = await house.rows("SELECT status, result FROM work_items")
    assert (item["status"], item["result"]) == ("done", "restocked")


async def test_a_home_unit_that_becomes_known_later_gets_its_client_served(house, clients) -> None:
    await house.stock("bj", 5)
    (client,) = clients(1)
    house.units["new"] = uuid4()
    await house.upgrade(client, home="new")
    assert (await house.reservation_of(client))["status"] == "waiting"
    async with house.database.transaction() as tx:
        fact = consumers.OrgUnitChanged(
            **house.envelope(), unit_id=house.units["new"], kind="wealth_centre", code="bj-03", path="/hq/bj/bj-03/",
            name_zh="新", name_en="New", branch_code=None, active=True,
        )  # fmt: skip
        await consumers.hear_units(tx, [fact], now=house.now)
    assert (await house.reservation_of(client))["number"] == "BJ000001"


async def test_the_sweep_finds_whoever_waits_beside_a_filled_shelf(house, clients) -> None:
    (client,) = clients(1)
    await house.upgrade(client)
    async with house.database.transaction() as tx:
        # Somebody holds the reservation while the cards come in: it is passed over, and the sweep looks again.
        await tx.connection.execute("SELECT * FROM reservations FOR UPDATE")
        await house.stock("centre", 5)
    assert (await house.reservation_of(client))["status"] == "waiting"
    async with house.database.transaction() as tx:
        assert await serve_waiting(tx, now=house.now) == 1
    assert (await house.reservation_of(client))["number"] == "BJ000001"


class Abandoned(Exception):
    """A caller that gives up after its work and before its commit."""


async def test_thirty_two_racers_leave_no_gap_and_no_double_though_some_roll_back(house) -> None:
    await house.stock("centre", 60)
    await house.stock("bj", 400)
    dice = random.Random(32)
    abandons = [[dice.random() < 0.2 for _ in range(10)] for _ in range(32)]

    async def racer(mine: list[bool]) -> int:
        committed = 0
        for gives_up in mine:
            try:
                async with house.database.transaction() as tx:
                    await consumers.hear_upgraded(tx, [house.upgraded(uuid4())], now=house.now)
                    if gives_up:
                        raise Abandoned
                committed += 1
            except Abandoned:
                continue
        return committed

    committed = sum(await asyncio.gather(*(racer(mine) for mine in abandons)))
    assert committed == sum(not gives_up for mine in abandons for gives_up in mine)
    rows = await house.rows("SELECT number FROM cards WHERE status = 'reserved' ORDER BY number")
    assert [row["number"] for row in rows] == [f"BJ0{n:05d}" for n in range(1, committed + 1)]
    twice = await house.rows(
        "SELECT card_id FROM reservations WHERE card_id IS NOT NULL GROUP BY card_id HAVING count(*) > 1"
    )
    assert twice == []
    await house.books_agree()


async def test_racing_receipts_revocations_and_moves_never_wait_crosswise_and_the_books_agree(house, clients) -> None:
    everybody = clients(48)
    segment = await house.segment("bj", count=200)
    receipts = [await house.propose("bj", segment, count=20) for _ in range(4)]

    async def life(n: int) -> None:
        await house.upgrade(everybody[n], home=("centre", "outlet", "other")[n % 3])
        if n % 4 == 0:
            await house.revoke(everybody[n])
        elif n % 4 == 1:
            await house.move(everybody[n], "bj-01")

    await asyncio.gather(*(life(n) for n in range(48)), *(house.confirm(receipt) for receipt in receipts))
    await house.books_agree()
    counted = await house.rows("SELECT status, count(*) AS n FROM reservations GROUP BY status")
    assert {row["status"]: row["n"] for row in counted} == {"cancelled": 12, "reserved": 36}
