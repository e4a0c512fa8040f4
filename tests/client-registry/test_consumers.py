"""What the registry hears: cards and complaints come back on the file, its own findings become work."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from chassis import work_items
from chassis.ids import new_id
from client_registry import consumers


def envelope(bank) -> dict:
    return {"event_id": new_id(), "occurred_at": bank.now, "aggregate_version": 1}


def issued(bank, client_id: UUID, number: str, card_id: UUID) -> consumers.CardIssued:
    return consumers.CardIssued(
        **envelope(bank), client_id=client_id, card_id=card_id, card_number=number, level="head_office", face="gold",
        issued_on=date(2026, 11, 22), expires_on=date(2028, 11, 22),
    )  # fmt: skip


@pytest.mark.requirement("CR-73", "CS-24")
async def test_the_card_number_comes_back_on_the_file_once(bank, call, person) -> None:
    client, first, second = await bank.add_client(), uuid4(), uuid4()
    for number, card in (("BJ000001", first), ("BJ000002", second), ("BJ000001", first)):
        async with bank.database.transaction() as tx:
            await consumers.note_card(tx, issued(bank, client, number, card), now=bank.now)
    assert (await bank.client(client))["card_number"] == "BJ000002"
    assert len(await bank.rows("SELECT card_id FROM client_cards")) == 2
    shown = (await call(person("1003"), "GET", f"/v1/clients/{client}")).json()["card_number"]
    assert shown == "****0002"


async def test_a_complaint_stands_in_the_service_record_of_its_client(bank) -> None:
    client = await bank.add_client()
    for client_id in (client, None, uuid4()):
        fact = consumers.ComplaintOpened(
            **envelope(bank), case_id=uuid4(), case_no="TS20261122-000001", client_id=client_id, kind="complaint",
            channel="hotline", opened_at=bank.now,
        )  # fmt: skip
        async with bank.database.transaction() as tx:
            await consumers.note_complaint(tx, fact, now=bank.now)
    (row,) = await bank.rows("SELECT client_id, kind, detail FROM service_records")
    assert row == {
        "client_id": client, "kind": "complaint-opened",
        "detail": {"case_no": "TS20261122-000001", "channel": "hotline"},
    }  # fmt: skip


@pytest.mark.requirement("CR-16")
async def test_a_target_client_becomes_work_for_his_manager_or_the_head_of_the_centre(bank, call, person) -> None:
    managed, alone = await bank.add_client(manager="staff:1001"), await bank.add_client()
    await bank.rich(managed)
    await bank.rich(alone)
    await bank.evaluate()
    facts = [consumers.ClientQualified(**envelope(bank), client_id=client) for client in (managed, alone, uuid4())]
    async with bank.database.transaction() as tx:
        await consumers.ask_managers(tx, facts, now=bank.now)

    async def mine(no: str) -> list[UUID | None]:
        async with bank.database.reading() as tx:
            return [item.client_id for item in await work_items.list_mine(tx, person(no))]

    assert (await mine("1001"), await mine("1003"), await mine("1002")) == ([managed], [alone], [])
    body = {"level": "branch", "channel": "phone"}
    joined = await call(person("1001"), "POST", f"/v1/clients/{managed}/memberships", body=body)
    assert joined.status_code == 201, joined.text
    assert await mine("1001") == []
