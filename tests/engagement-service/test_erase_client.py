"""A client leaves, comes back, is erased: contact ends and begins again; the notes go, that there was contact stays."""

from datetime import timedelta

import pytest
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound
from chassis.scope import EVERYWHERE, Scope
from engagement_service import consumers
from engagement_service.tables import metadata
from engagement_service.views import plans

NOTE = "独有的联系备注"


async def say(database, now, consumer, model, **fields) -> None:
    fact = model(event_id=new_id(), occurred_at=now, aggregate_version=9, **fields)
    async with database.transaction() as tx:
        await consumer(tx, fact, now=now)


async def planned(database, client) -> bool:
    async with database.reading() as tx:
        return await tx.connection.fetchval("SELECT count(*) FROM contact_plans WHERE client_id = $1", client) > 0


async def test_who_left_is_not_contacted_and_who_came_back_is(database, told, now) -> None:
    client = await told.register(band="ge_8m")
    assert await planned(database, client)
    await say(database, now, consumers.stop_with_relationship, consumers.RelationshipEnded, client_id=client)
    assert not await planned(database, client)
    await say(database, now, consumers.begin_again, consumers.RelationshipReopened, client_id=client)
    assert await planned(database, client)


async def test_the_notes_about_an_erased_client_go_and_nobody_finds_him(database, told, now, traces_of) -> None:
    client = await told.register(band="ge_8m", manager="staff:77001")
    await told.consent(client)
    contact = new_id()
    async with database.transaction() as tx:
        await tx.connection.execute(
            "INSERT INTO contacts (id, client_id, by, channel, direction, reason, reached, memo, happened_at, written_at)"
            " VALUES ($1, $2, 'staff:77001', 'phone', 'out', 'routine', true, $3, $4, $4)",
            contact, client, tx.cipher.seal("contacts.memo", contact, NOTE), now - timedelta(days=1),
        )  # fmt: skip
    assert await traces_of(database, metadata, [NOTE]) == ["contacts.memo"]
    erased = consumers.ClientErased
    await say(database, now, consumers.erase_client, erased, client_id=client, kinds=["complaints"])
    assert await traces_of(database, metadata, [NOTE]) == ["contacts.memo"]
    await say(database, now, consumers.erase_client, erased, client_id=client, kinds=["contacts"])
    assert await traces_of(database, metadata, [NOTE]) == []
    scope = Scope([EVERYWHERE], Principal("staff:77001").subject, None, now)
    async with database.reading() as tx:
        await plans.require_visible(tx, client, scope=scope)
    for _ in range(2):
        await say(database, now, consumers.erase_client, erased, client_id=client, kinds=["file", "contacts"])
    async with database.reading() as tx:
        with pytest.raises(NotFound):
            await plans.require_visible(tx, client, scope=scope)
        row = await tx.connection.fetchrow("SELECT * FROM contacts WHERE id = $1", contact)
    assert (row["by"], row["channel"], row["memo"]) == ("staff:77001", "phone", None)
    assert not await planned(database, client)


@pytest.mark.requirement("CR-3")
async def test_who_is_no_member_any_more_has_no_card_level(database, told, now) -> None:
    client = await told.register()
    async with database.transaction() as tx:
        await tx.connection.execute("UPDATE relationships SET card_level = 'branch' WHERE client_id = $1", client)
    await say(database, now, consumers.note_ended_membership, consumers.MembershipEnded, client_id=client)
    async with database.reading() as tx:
        assert (
            await tx.connection.fetchval("SELECT card_level FROM relationships WHERE client_id = $1", client) == "none"
        )
