"""A client is erased: the words of his cases go, the cases stay; and who leaves has no card level any more."""

import pytest
from chassis import attachments
from complaint_service import consumers
from complaint_service.domain.refusals import ClientNotKnown
from complaint_service.store import copies
from complaint_service.tables import metadata

SUBJECT, TEXT, PAPER = "独有的投诉主题", "独有的投诉内容", "独有的附件内容"


async def test_the_words_and_papers_of_an_erased_clients_cases_go_and_the_cases_stay(
    database, told, bank, now, traces_of
) -> None:
    client = await told.client("wealth")
    async with database.transaction() as tx:
        case = await bank.open(tx, client, subject=SUBJECT, text=TEXT)
        await attachments.add(
            tx, subject_id=case.id, client_id=client, kind="evidence", name=f"{SUBJECT}.pdf", media_type=None,
            content=b"%PDF-1.7 " + PAPER.encode(), by=bank.person("teller"), now=now,
        )  # fmt: skip
        steps = await tx.connection.fetch("SELECT * FROM steps WHERE case_id = $1 ORDER BY id", case.id)
    words = [SUBJECT, TEXT, PAPER]
    before = await traces_of(database, metadata, words)
    assert {"texts.sealed", "attachments.name_sealed", "attachment_chunks.content_sealed"} <= set(before)
    for kinds in (["contacts"], ["complaints"], ["file"], ["file"]):
        await told.say(consumers.erase_client, consumers.ClientErased, client_id=client, kinds=kinds)
        left = await traces_of(database, metadata, words)
        assert left == (before if kinds == ["contacts"] else []), kinds
    async with database.transaction() as tx:
        with pytest.raises(ClientNotKnown):
            await copies.get_client(tx, client)
        kept = await tx.connection.fetchrow("SELECT client_id, status FROM cases WHERE id = $1", case.id)
        assert kept["client_id"] == client
        assert await tx.connection.fetch("SELECT * FROM steps WHERE case_id = $1 ORDER BY id", case.id) == steps
        assert [item["status"] for item in await bank.items(tx, case.id) if item["client_id"] == client] in (
            [],
            ["done"],
        )


@pytest.mark.requirement("CR-3")
async def test_who_left_has_no_card_level_whichever_event_comes_first(database, told) -> None:
    client = await told.client("wealth")
    async with database.transaction() as tx:
        await tx.connection.execute("UPDATE clients SET card_level = 'head_office' WHERE id = $1", client)
    await told.say(consumers.end_membership, consumers.MembershipEnded, client_id=client)
    async with database.reading() as tx:
        row = await tx.connection.fetchrow("SELECT card_level, service_tier FROM clients WHERE id = $1", client)
    assert dict(row) == {"card_level": "none", "service_tier": "wealth"}
