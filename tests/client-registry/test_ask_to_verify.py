"""Incomplete and stale files become work for those who keep them, once."""

from datetime import timedelta

import pytest
from client_registry.use_cases.ask_to_verify import ask_to_verify


async def sweep(bank, **size: int) -> int:
    async with bank.database.transaction() as tx:
        return await ask_to_verify(tx, now=bank.now, **size)


@pytest.mark.requirement("CR-79")
async def test_each_poor_file_is_asked_for_once_until_it_is_time_again(bank, call, person) -> None:
    kept = await bank.add_clients(3, manager="staff:1001")
    alone = await bank.add_client()
    assert await sweep(bank, size=2) == 4
    assert await sweep(bank) == 0
    items = await bank.rows("SELECT * FROM work_items WHERE kind = 'information.verify' ORDER BY subject_id")
    assert [(item["subject_id"], item["owner"], item["owner_role"]) for item in items] == [
        *((client_id, "staff:1001", None) for client_id in kept),
        (alone, None, "wealth_centre_head"),
    ]
    assert items[0]["due_at"] == bank.now + timedelta(days=30)
    body = {"source": "active_contact", "unchanged": ["name"]}
    verified = await call(person("1001"), "POST", f"/v1/clients/{kept[0]}/verifications", body=body)
    assert verified.status_code == 201, verified.text
    done = await bank.row("SELECT status, result FROM work_items WHERE subject_id = $1", kept[0])
    assert (done["status"], done["result"]) == ("done", "verified")
    bank.now += timedelta(days=89)
    assert await sweep(bank) == 0
    bank.now += timedelta(days=2)
    assert await sweep(bank) == 1


async def test_a_change_that_the_client_reports_leaves_the_request_open(bank, call, person) -> None:
    client_id = await bank.add_client(manager="staff:1001")
    await sweep(bank)
    body = {"source": "active_contact", "changed": ["employer"]}
    assert (await call(person("1001"), "POST", f"/v1/clients/{client_id}/verifications", body=body)).status_code == 201
    assert (await bank.row("SELECT status FROM work_items WHERE subject_id = $1", client_id))["status"] == "open"
