"""Waiting clients are served in whole batches: round trips are what allocation costs."""

from uuid import uuid4

import pytest
from card_service import consumers


async def statements_of(house, count: int) -> int:
    """How many statements a batch of so many rises takes, once the connection knows them."""
    async with house.database.transaction() as tx:
        seen: list[str] = []
        facts = [house.upgraded(uuid4()) for _ in range(count)]
        with tx.connection.query_logger(lambda query: seen.append(query.query)):
            await consumers.hear_upgraded(tx, facts, now=house.now)
    return len(seen)


@pytest.mark.parametrize("count", [200, 2_000])
async def test_a_larger_batch_takes_no_more_statements(house, count) -> None:
    await house.stock("centre", 20)
    await house.stock("bj", 3_000)
    # The first batch empties the near shelf, so that both measured ones meet the same two shelves.
    await statements_of(house, 25)
    assert await statements_of(house, count) == await statements_of(house, 2)
    reserved = await house.rows("SELECT found_at, count(*) AS n FROM reservations GROUP BY found_at")
    assert {row["found_at"]: row["n"] for row in reserved} == {"/hq/bj/bj-01/bj-01-c1/": 20, "/hq/bj/": count + 7}
    await house.books_agree()
