"""A client is erased: custody of his cards stays, nobody finds them by him."""

from datetime import date
from uuid import uuid4

from card_service import consumers
from card_service.tables import metadata


async def test_nobody_finds_an_erased_clients_cards_by_him_and_custody_stays(
    house, call, keeper, supervisor, branch, clients, traces_of
) -> None:
    await house.stock("centre", 20)
    (client,) = clients(1)
    await house.upgrade(client)
    item = await house.reservation_of(client)
    paper = await call(keeper, "POST", "/v1/stock-issues", body={"reservation_ids": [str(item["id"])]})
    await call(supervisor, "POST", f"/v1/stock-issues/{paper.json()['id']}/countersignatures")
    custody = await house.rows("SELECT * FROM custody_entries ORDER BY card_id, step")
    assert (await call(branch, "GET", f"/v1/clients/{client}/cards")).status_code == 200
    manager = f"staff:{uuid4().hex[:8]}"
    await house.run("UPDATE clients SET manager = $2 WHERE client_id = $1", client, manager)
    fact = {"client_id": client, "erased_on": date(2036, 11, 22)}
    for kinds in (["contacts"], ["file", "contacts"], ["file"]):
        async with house.database.transaction() as tx:
            await consumers.hear_erased(
                tx, consumers.ClientErased(**house.envelope(), **fact, kinds=kinds), now=house.now
            )
        shown = await call(branch, "GET", f"/v1/clients/{client}/cards")
        assert shown.status_code == (200 if kinds == ["contacts"] else 404)
    assert await traces_of(house.database, metadata, [manager]) == []
    assert [row["status"] for row in await house.rows("SELECT status FROM cards WHERE client_id = $1", client)] == [
        "stopped"
    ]
    kept = await house.rows("SELECT * FROM custody_entries ORDER BY card_id, step")
    assert kept[: len(custody)] == custody
    await house.books_agree()
