"""Cases follow the person: two clients who turn out to be one, and apart again."""

from uuid import uuid4

from complaint_service import consumers


async def test_cases_and_what_people_do_about_them_are_the_survivors_and_come_back(database, bank, told) -> None:
    surviving, merged = await told.client("wealth"), await told.client("mass")
    async with database.transaction() as tx:
        own = await bank.open(tx, surviving)
        case = await bank.open(tx, merged)
    merger_id = uuid4()

    async def tell(*, undone: bool) -> None:
        await told.say(
            consumers.merge_clients, consumers.ClientsMerged, surviving_client_id=surviving, merged_client_id=merged,
            merger_id=merger_id, reversed=undone,
        )  # fmt: skip

    async def whose() -> tuple[set, set, str]:
        async with database.reading() as tx:
            cases = await tx.connection.fetch(
                "SELECT id FROM cases WHERE client_id = $1 AND id = ANY($2)", surviving, [own.id, case.id]
            )
            row = await tx.connection.fetchrow("SELECT handler, tier_snapshot FROM cases WHERE id = $1", case.id)
            items = await tx.connection.fetch("SELECT client_id FROM work_items WHERE subject_id = $1", case.id)
        assert (row["handler"], row["tier_snapshot"]) == (case.round.handler, "mass")
        return {each["id"] for each in cases}, {each["client_id"] for each in items}, row["handler"]

    before = await whose()
    for _ in range(2):
        await tell(undone=False)
    assert (await whose())[0] == {own.id, case.id}
    assert (await whose())[1] == ({surviving} if before[1] else set())
    for _ in range(2):
        await tell(undone=True)
    assert await whose() == before
