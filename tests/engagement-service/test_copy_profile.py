"""What is kept of a client's family and of who is to be developed (CR-48, CR-52)."""

from typing import Any
from uuid import UUID, uuid4

from chassis.ids import new_id
from engagement_service import consumers

MOTHER = {
    "occasion_id": "01935a10-0000-7000-8000-0000000d0a01", "kind": "birthday", "relation": "parent", "month_day": "08-15",
    "lunar": True, "leap_month": False, "year": 1958,
}  # fmt: skip
WEDDING = {**MOTHER, "occasion_id": "01935a10-0000-7000-8000-0000000d0a02", "kind": "wedding", "lunar": False}


async def hear(database, now, client_id: UUID, **data: Any) -> None:
    fact = consumers.ClientProfileChanged(
        event_id=new_id(), occurred_at=now, aggregate_version=0, client_id=client_id, **data
    )
    async with database.transaction() as tx:
        await consumers.copy_profile(tx, fact, now=now)


async def kept(database, client_id: UUID) -> list[tuple[str, str]]:
    async with database.reading() as tx:
        rows = await tx.connection.fetch(
            "SELECT kind, month_day FROM family_occasions WHERE client_id = $1 ORDER BY kind", client_id
        )
    return [(row["kind"], row["month_day"]) for row in rows]


async def test_the_newest_list_of_family_days_is_kept_and_an_older_one_is_dropped(database, told, now) -> None:
    client_id = await told.register()
    await hear(database, now, client_id, family_occasions=[MOTHER, WEDDING], family_version=2)
    await hear(database, now, client_id, family_occasions=[WEDDING], family_version=1)
    assert await kept(database, client_id) == [("birthday", "08-15"), ("wedding", "08-15")]
    # A profile that says nothing of the family leaves it.
    await hear(database, now, client_id)
    assert len(await kept(database, client_id)) == 2
    await hear(database, now, client_id, family_occasions=[], family_version=3)
    assert await kept(database, client_id) == []


async def test_a_dead_clients_family_is_forgotten_here(database, told, now) -> None:
    client_id = await told.register()
    await hear(database, now, client_id, family_occasions=[MOTHER], family_version=1)
    async with database.transaction() as tx:
        died = consumers.ClientDied(event_id=new_id(), occurred_at=now, aggregate_version=3, client_id=client_id)
        await consumers.stop_contacting(tx, died, now=now)
    assert await kept(database, client_id) == []


async def test_who_is_to_be_developed_is_known_even_before_the_registration_comes(database, told, now) -> None:
    client_id = uuid4()
    await hear(database, now, client_id, potential=True)
    await told.register(client_id=client_id)
    async with database.reading() as tx:
        assert (
            await tx.connection.fetchval("SELECT potential FROM relationships WHERE client_id = $1", client_id) is True
        )
    await hear(database, now, client_id, potential=False)
    async with database.reading() as tx:
        assert (
            await tx.connection.fetchval("SELECT potential FROM relationships WHERE client_id = $1", client_id) is False
        )
