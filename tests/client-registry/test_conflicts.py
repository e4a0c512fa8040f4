"""Two people at the same moment: the later one is refused in words, whichever index decided."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from chassis.refusals import Refusal
from client_registry.api.conflicts import CONFLICTS
from client_registry.domain.identity_documents import IdentityType
from client_registry.use_cases.change_identity import change_identity


@pytest.mark.parametrize("name", sorted(CONFLICTS))
def test_each_conflict_is_a_refusal_that_needs_nothing_to_be_said(name: str) -> None:
    refusal = CONFLICTS[name]()
    assert isinstance(refusal, Refusal)
    assert "{" not in refusal.text.en + refusal.text.zh


@pytest.mark.parametrize(("language", "words"), [("en", "is already registered"), ("zh-CN", "该证件已登记客户档案")])
@pytest.mark.requirement("CR-55", "CR-77")
async def test_two_clients_are_given_the_same_document_at_the_same_moment(
    bank, call, person, registration, language: str, words: str
) -> None:
    ones = [
        UUID((await call(person("1001"), "POST", "/v1/clients", body=registration())).json()["client_id"])
        for _ in range(2)
    ]
    document = (IdentityType.PASSPORT, "E12345678")
    body = {"identity": {"type": "passport", "number": "E1234 5678"}, "cause": "document_replaced", "reason": "换发"}
    async with bank.database.transaction() as tx:
        # The first stands written and uncommitted: the second's look cannot see it, and waits at the index.
        await change_identity(
            tx, ones[0], name=None, document=document, cause="document_replaced", reason="换发", by=person("1008"),
            now=bank.now,
        )  # fmt: skip
        second = asyncio.create_task(
            call(person("1008"), "POST", f"/v1/clients/{ones[1]}/identity-changes", body=body, language=language)
        )
        await _waits_for_a_lock(bank)
    answer = await second
    assert (answer.status_code, answer.json()["code"]) == (409, "client.known")
    assert words in answer.json()["detail"] and "E12345678" not in answer.text
    assert len(await bank.rows("SELECT id FROM former_identities")) == 1
    assert [row["n"] for row in await bank.rows("SELECT count(*) n FROM clients WHERE identity_type = 'passport'")] == [
        1
    ]


async def test_two_registrations_with_one_document_open_one_file(bank, call, person, registration) -> None:
    form = registration()
    answers = await asyncio.gather(*(call(person("1001"), "POST", "/v1/clients", body=form) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"client.known"}
    assert len(await bank.rows("SELECT id FROM clients")) == 1


async def test_two_people_get_the_same_staff_number_at_the_same_moment(bank, call, person) -> None:
    body = {
        "staff_no": "7001", "name": "测试乙",
        "posting": {"unit_id": str(bank.units["bj-01-o1"]), "role": "lobby_manager", "reach": "unit"},
    }  # fmt: skip
    answers = await asyncio.gather(*(call(person("1008"), "POST", "/v1/staff", body=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"staff.number-taken"}


async def _waits_for_a_lock(bank) -> None:
    until = asyncio.get_running_loop().time() + timedelta(seconds=5).total_seconds()
    while not await bank.rows(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ):
        assert asyncio.get_running_loop().time() < until, "the second never came to the index"
        await asyncio.sleep(0.01)
