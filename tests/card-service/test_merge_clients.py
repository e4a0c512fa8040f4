"""Cards follow the person: two clients who turn out to be one, apart again, dead."""

from uuid import UUID, uuid4

import pytest
from card_service import consumers


@pytest.fixture
def tell(house):
    """What the registry says of two files, under either of them."""

    async def said(surviving: UUID, merged: UUID, *, merger_id: UUID, undone: bool = False) -> None:
        fact = consumers.ClientsMerged(
            **house.envelope(), surviving_client_id=surviving, merged_client_id=merged, merger_id=merger_id,
            reversed=undone,
        )  # fmt: skip
        async with house.database.transaction() as tx:
            await consumers.hear_merged(tx, fact, now=house.now)

    return said


async def issued(house, call, keeper, supervisor, *client_ids) -> None:
    ids = [str((await house.reservation_of(client))["id"]) for client in client_ids]
    paper = await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": ids})
    done = await call(supervisor, "POST", f"/v1/stock-issues/{paper.json()['id']}/countersignatures")
    assert done.status_code == 201, done.text


async def test_a_card_is_the_survivors_and_comes_back_at_the_reversal(
    house, call, keeper, supervisor, clients, tell
) -> None:
    await house.stock("centre", 20)
    merged, surviving = clients(2)
    await house.upgrade(merged)
    await issued(house, call, keeper, supervisor, merged)
    merger_id = uuid4()
    for _ in range(2):
        await tell(surviving, merged, merger_id=merger_id)
    (card,) = await house.rows("SELECT client_id, status FROM cards WHERE client_id IS NOT NULL")
    assert card == {"client_id": surviving, "status": "issued"}
    assert (await house.reservation_of(surviving))["status"] == "issued"
    await house.books_agree()
    for _ in range(2):
        await tell(surviving, merged, merger_id=merger_id, undone=True)
    (card,) = await house.rows("SELECT client_id, status FROM cards WHERE client_id IS NOT NULL")
    assert card == {"client_id": merged, "status": "issued"}


async def test_of_two_good_cards_one_remains(house, call, keeper, supervisor, clients, tell) -> None:
    await house.stock("centre", 20)
    merged, surviving = clients(2)
    await house.upgrade(merged, surviving)
    await issued(house, call, keeper, supervisor, merged, surviving)
    await tell(surviving, merged, merger_id=uuid4())
    rows = await house.rows("SELECT status FROM cards WHERE client_id = $1", surviving)
    assert sorted(row["status"] for row in rows) == ["issued", "stopped"]
    (fact,) = await house.said("CardCancelled")
    assert fact["cause"] == "merged"


@pytest.mark.parametrize("sunk", [False, True])
async def test_whose_card_ended_with_the_merger_is_owed_a_new_one_at_the_reversal(
    house, call, keeper, supervisor, clients, tell, sunk
) -> None:
    await house.stock("centre", 20)
    merged, surviving = clients(2)
    await house.upgrade(merged, surviving)
    await issued(house, call, keeper, supervisor, merged, surviving)
    merger_id = uuid4()
    await tell(surviving, merged, merger_id=merger_id)
    (stopped,) = await house.rows("SELECT id, number FROM cards WHERE status = 'stopped'")
    if sunk:
        await house.rows("UPDATE clients SET card_level = 'none' RETURNING client_id")
    for _ in range(2):
        await tell(surviving, merged, merger_id=merger_id, undone=True)
    cards = await house.rows("SELECT client_id, number, status FROM cards WHERE client_id IS NOT NULL ORDER BY status")
    assert {row["client_id"] for row in cards} == {merged, surviving}
    reserved = await house.rows("SELECT cause, status, level FROM reservations WHERE status IN ('waiting', 'reserved')")
    anew = {"cause": "merger_reversed", "status": "reserved", "level": "head_office"}
    assert reserved == ([] if sunk else [anew])
    assert [row["number"] for row in cards if row["status"] == "stopped"] == [stopped["number"]]
    await house.books_agree()


async def test_a_reservation_that_ended_with_the_merger_is_made_again_at_the_reversal(house, clients, tell) -> None:
    await house.stock("centre", 20)
    merged, surviving = clients(2)
    await house.upgrade(merged, surviving)
    merger_id = uuid4()
    await tell(surviving, merged, merger_id=merger_id)
    await tell(surviving, merged, merger_id=merger_id, undone=True)
    rows = await house.rows("SELECT client_id FROM reservations WHERE status = 'reserved'")
    assert {row["client_id"] for row in rows} == {merged, surviving}
    await house.books_agree()


async def test_of_two_waiting_reservations_one_remains_and_its_card_is_free(house, clients, tell) -> None:
    await house.stock("centre", 20)
    merged, surviving = clients(2)
    await house.upgrade(merged, surviving)
    await tell(surviving, merged, merger_id=uuid4())
    rows = await house.rows("SELECT status FROM reservations WHERE client_id = $1", surviving)
    assert sorted(row["status"] for row in rows) == ["cancelled", "reserved"]
    assert len(await house.rows("SELECT FROM cards WHERE status = 'reserved'")) == 1
    await house.books_agree()


@pytest.mark.requirement("CS-29")
async def test_a_dead_clients_card_stops(house, call, keeper, supervisor, clients) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    await issued(house, call, keeper, supervisor, client)
    async with house.database.transaction() as tx:
        await consumers.hear_died(tx, consumers.ClientDied(**house.envelope(), client_id=client), now=house.now)
    (card,) = await house.rows("SELECT status FROM cards WHERE client_id = $1", client)
    assert card["status"] == "stopped"
    assert [fact["cause"] for fact in await house.said("CardCancelled")] == ["died"]
