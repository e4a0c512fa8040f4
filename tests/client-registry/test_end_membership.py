"""Leaving by the client's wish, the bank's act, and death: what stops, what is said, what stays possible."""

from uuid import uuid4

import pytest
from client_registry.domain.endings import EndingCause
from client_registry.use_cases.end_membership import end_membership


def leave(call, by, client, membership, **body):
    return call(by, "POST", f"/v1/clients/{client}/memberships/{membership}/endings", body=body)


@pytest.mark.requirement("CR-3")
async def test_a_client_leaves_by_his_own_wish_and_may_come_back(bank, call, person, member) -> None:
    client, membership = await member()
    await bank.run("DELETE FROM outbox")
    answer = await leave(call, person("client", client), client, membership, cause="left")
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "membership_id": str(membership), "client_id": str(client), "cause": "left", "card_level": "none",
    }  # fmt: skip
    (ended,) = await bank.said("MembershipEnded", client)
    (down,) = await bank.said("ClientDowngraded", client)
    assert (ended["membership_id"], ended["level"], ended["cause"], ended["ended_on"]) == (
        str(membership), "head_office", "left", "2026-11-22",
    )  # fmt: skip
    assert (down["card_level_from"], down["card_level_to"], down["cause"]) == ("head_office", "none", "left")
    assert down["service_tier_from"] == down["service_tier_to"]
    row = await bank.client(client)
    assert row["card_level"] == "none"
    (kept,) = await bank.rows("SELECT status, ended_on FROM memberships WHERE id = $1", membership)
    assert (kept["status"], str(kept["ended_on"])) == ("left", "2026-11-22")
    assert row["version"] == (await bank.row("SELECT max(aggregate_version) AS v FROM outbox"))["v"]
    body = {"level": "head_office", "channel": "outlet"}
    again = await call(person("1001"), "POST", f"/v1/clients/{client}/memberships", body=body)
    assert again.status_code == 201, again.text


async def test_a_membership_ends_once_and_only_the_one_that_stands(bank, call, person, member) -> None:
    client, membership = await member()
    other = await leave(call, person("1001"), client, uuid4(), cause="left")
    assert (other.status_code, other.json()["code"]) == (409, "membership.not-standing")
    assert (await leave(call, person("1001"), client, membership)).status_code == 201
    again = await leave(call, person("1001"), client, membership, cause="left")
    assert (again.status_code, again.json()["code"]) == (409, "membership.not-standing")
    assert len(await bank.said("MembershipEnded", client)) == 1


async def test_only_the_wish_of_the_client_is_a_cause_here_and_strangers_find_nothing(call, person, member) -> None:
    client, membership = await member()
    bad = await leave(call, person("1001"), client, membership, cause="death")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/cause")
    assert (await leave(call, person("2001"), client, membership, cause="left")).status_code == 404
    assert (await leave(call, person("1004"), client, membership, cause="left")).status_code == 403


@pytest.mark.parametrize(("cause", "status", "said"), [("death", "ended", "ended"), ("ended", "ended", "ended")])
async def test_death_and_the_bank_s_act_end_it_too(bank, person, member, cause, status, said) -> None:
    client, membership = await member()
    async with bank.database.transaction() as tx:
        done = await end_membership(tx, client, cause=EndingCause(cause), by=person("1003"), now=bank.now)
    assert done == membership
    (ended,) = await bank.said("MembershipEnded", client)
    assert ended["cause"] == cause
    assert (await bank.said("ClientDowngraded", client))[-1]["cause"] == said
    assert (await bank.row("SELECT status FROM memberships WHERE id = $1", membership))["status"] == status


async def test_nothing_is_said_of_a_client_who_is_no_member(bank, person) -> None:
    client = await bank.add_client()
    async with bank.database.transaction() as tx:
        assert await end_membership(tx, client, cause=EndingCause.DEATH, by=person("1003"), now=bank.now) is None
    assert await bank.said("MembershipEnded") == []
    assert (await bank.client(client))["version"] == 1
