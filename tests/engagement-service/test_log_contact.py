"""A contact in the memo: what is refused, what counts, what it plans next."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chassis.ids import new_id
from chassis.refusals import NotFound
from engagement_service import use_cases
from engagement_service.domain.contacts import (
    Channel,
    Contact,
    ContactInFuture,
    Direction,
    MarketingMuted,
    MarketingRefused,
    Reason,
    WayNotPermitted,
)
from engagement_service.views import contacts

LATER = datetime(2099, 1, 1, tzinfo=UTC)


def a_contact(client_id, now, **changes) -> Contact:
    return Contact(
        **{
            "id": new_id(),
            "client_id": client_id,
            "by": "staff:10023",
            "channel": Channel.PHONE,
            "direction": Direction.OUTBOUND,
            "reason": Reason.CADENCE,
            "reached": True,
            "happened_at": now - timedelta(hours=1),
        }
        | changes
    )


async def log(database, contact, now, memo=None) -> None:
    async with database.transaction() as tx:
        await use_cases.log_contact(tx, contact, memo=memo, now=now)


@pytest.mark.requirement("EN-12", "EN-13")
async def test_a_contact_is_written_and_the_next_one_is_planned_from_it(database, told, now) -> None:
    client = await told.register(band="ge_8m")
    contact = a_contact(client, now)
    await log(database, contact, now, memo="想了解大额存单 8613800138000")
    async with database.reading() as tx:
        plan = await tx.connection.fetchrow("SELECT * FROM contact_plans WHERE client_id = $1", client)
        said = await tx.connection.fetchval(
            "SELECT data FROM outbox WHERE key = $1 AND type = 'ContactCompleted'", str(client)
        )
        (entry,) = await contacts.contacts_of(tx, client, before=(LATER, new_id()), size=5)
        assert contacts.memo_of(tx, entry) == "想了解大额存单 8613800138000"
        assert b"13800138000" not in entry["memo"]
    assert (plan["counted_from"], plan["latest_on"]) == (date(2026, 11, 20), date(2026, 11, 27))
    assert said["next_due_on"] == "2026-11-27"
    assert said["contact_id"] == str(contact.id)


@pytest.mark.requirement("EN-8")
async def test_an_inbound_contact_counts_like_an_outbound_one(database, told, now) -> None:
    client = await told.register(band="2m_8m")
    await log(database, a_contact(client, now, direction=Direction.INBOUND), now)
    async with database.reading() as tx:
        plan = await tx.connection.fetchrow("SELECT * FROM contact_plans WHERE client_id = $1", client)
    assert plan["latest_on"] == date(2026, 12, 4)


async def test_a_client_who_was_not_reached_stays_due(database, told, now) -> None:
    client = await told.register(band="ge_8m")
    await log(database, a_contact(client, now, reached=False), now)
    async with database.reading() as tx:
        plan = await tx.connection.fetchrow("SELECT * FROM contact_plans WHERE client_id = $1", client)
    assert plan["counted_from"] == date(2026, 11, 2)


@pytest.mark.requirement("EN-10")
@pytest.mark.parametrize(
    ("consents", "change", "refusal"),
    [
        ({"marketing": False}, {"reason": Reason.RECOMMENDATION}, MarketingRefused),
        ({"channels": ("email",)}, {"channel": Channel.PHONE}, WayNotPermitted),
        ({"channels": ("home_phone",)}, {"channel": Channel.SMS}, WayNotPermitted),
        ({}, {"happened_at": LATER}, ContactInFuture),
    ],
)
async def test_what_the_client_forbids_is_refused(database, told, now, consents, change, refusal) -> None:
    client = await told.register(band="ge_8m")
    await told.consent(client, **consents)
    with pytest.raises(refusal):
        await log(database, a_contact(client, now, **change), now)
    async with database.reading() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM contacts WHERE client_id = $1", client) == 0


async def test_marketing_is_muted_while_a_complaint_is_open(database, told, now) -> None:
    client = await told.register(band="ge_8m")
    await told.consent(client)
    case = await told.complain(client)
    marketing = {"reason": Reason.RECOMMENDATION}
    with pytest.raises(MarketingMuted):
        await log(database, a_contact(client, now, **marketing), now)
    await log(database, a_contact(client, now), now)
    await told.close(case, now)
    await log(database, a_contact(client, now, **marketing), now)


async def test_a_contact_with_an_unknown_client_is_not_found(database, now) -> None:
    with pytest.raises(NotFound):
        await log(database, a_contact(new_id(), now), now)
