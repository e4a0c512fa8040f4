"""Re-verification: the card comes to its end, two years pass without one, figures are missing; what falls and what is said."""

from datetime import date, timedelta

import pytest
from chassis.due_work import Due
from chassis.ids import new_id
from client_registry import consumers
from client_registry.app import SERVICE

SOON = date(2026, 11, 24)


def fact(bank, model, **data):
    return model(event_id=new_id(), occurred_at=bank.now, aggregate_version=1, **data)


async def hear_card(bank, client, *, expires_on: date) -> None:
    issued = fact(
        bank, consumers.CardIssued, client_id=client, card_id=new_id(), card_number=f"BJ0{str(client.int)[-5:]}",
        level="head_office", face="gold", issued_on=date(2024, 11, 24), expires_on=expires_on,
    )  # fmt: skip
    async with bank.database.transaction() as tx:
        await consumers.note_card(tx, issued, now=bank.now)


async def hear_expiring(bank, client, *, expires_on: date = SOON) -> None:
    async with bank.database.transaction() as tx:
        heard = fact(bank, consumers.CardExpiring, client_id=client, expires_on=expires_on)
        await consumers.verify_again(tx, heard, now=bank.now)


async def sweep(bank, kind: str, client, **detail) -> None:
    due = Due(kind=kind, subject_id=client, due_at=bank.now, detail=detail, attempts=0)
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps[kind].call(tx, due, now=bank.now)


async def planned(bank, client) -> dict[str, tuple[str, str]]:
    rows = await bank.rows(
        "SELECT kind, CAST(due_at AT TIME ZONE 'Asia/Shanghai' AS text) AS at, detail FROM due_work WHERE subject_id = $1",
        client,
    )
    return {row["kind"]: (row["at"], row["detail"].get("cause")) for row in rows}


async def impoverish(bank, client, **figures) -> None:
    await bank.deliver(client, range(1, 13), known_at=bank.now - timedelta(minutes=1), **figures)


@pytest.mark.requirement("CR-17")
async def test_a_card_that_ends_asks_for_a_new_verification_and_a_client_who_still_meets_the_standard_passes(
    bank, member
) -> None:
    client, _ = await member()
    await hear_expiring(bank, client)
    (said,) = await bank.said("ClientReverified", client)
    assert (said["passed"], said["level_before"], said["level"], said["reasons"], said["verified_on"]) == (
        True, "head_office", "head_office", ["deposit"], "2026-11-22",
    )  # fmt: skip
    decision = await bank.row("SELECT as_of, level_met FROM qualification_decisions WHERE id = $1", said["decision_id"])
    assert decision == {"as_of": date(2026, 11, 22), "level_met": "head_office"}
    assert (await bank.client(client))["version"] == (
        await bank.row("SELECT max(aggregate_version) AS v FROM outbox WHERE key = $1", str(client))
    )["v"]


@pytest.mark.requirement("CR-17")
async def test_who_fails_keeps_the_level_until_the_card_ends_and_then_comes_down_to_what_he_meets(bank, member) -> None:
    client, membership = await member()
    await hear_card(bank, client, expires_on=SOON)
    await impoverish(bank, client, deposit_average=200_000)
    await bank.evaluate()
    assert (await bank.client(client))["card_level"] == "head_office"
    await hear_expiring(bank, client)
    (said,) = await bank.said("ClientReverified", client)
    assert (said["passed"], said["level"], said["reasons"]) == (False, "branch", ["below-standard"])
    assert (await bank.client(client))["card_level"] == "head_office"
    assert await bank.said("ClientDowngraded", client) == []
    bank.now += timedelta(days=3)
    await sweep(bank, "standing.review", client)
    (down,) = await bank.said("ClientDowngraded", client)
    assert (down["card_level_from"], down["card_level_to"], down["cause"], down["effective_on"]) == (
        "head_office", "branch", "expiry", "2026-11-25",
    )  # fmt: skip
    assert await bank.said("MembershipEnded", client) == []
    row = await bank.row("SELECT level, status FROM memberships WHERE id = $1", membership)
    assert row == {"level": "branch", "status": "member"}
    standings = {
        row["level"]: row["status"]
        for row in await bank.rows("SELECT level, status FROM qualifications WHERE client_id = $1", client)
    }
    assert standings == {"branch": "candidate", "head_office": "lapsed"}
    assert (await planned(bank, client))["standing.review"] == ("2028-11-25 00:00:00", "no_card")


@pytest.mark.requirement("CR-17")
async def test_who_meets_no_standard_any_more_is_no_member_after_the_card_s_end(bank, member) -> None:
    client, membership = await member()
    await impoverish(bank, client, deposit_average=10)
    await sweep(bank, "standing.review", client)
    (down,) = await bank.said("ClientDowngraded", client)
    (ended,) = await bank.said("MembershipEnded", client)
    assert (down["card_level_to"], ended["cause"]) == ("none", "ended")
    assert (await bank.client(client))["card_level"] == "none"
    assert (await bank.row("SELECT status FROM memberships WHERE id = $1", membership))["status"] == "ended"
    assert await planned(bank, client) == {}
    await sweep(bank, "standing.review", client)
    assert len(await bank.said("ClientDowngraded", client)) == 1


async def test_the_review_is_two_years_after_enrolment_and_moves_to_the_end_of_the_card(bank, member) -> None:
    client, _ = await member()
    assert await planned(bank, client) == {
        "standing.review": ("2028-11-22 00:00:00", "no_card"), "standing.foresee": ("2028-08-24 00:00:00", "no_card"),
    }  # fmt: skip
    await hear_card(bank, client, expires_on=date(2028, 11, 30))
    assert await planned(bank, client) == {
        "standing.review": ("2028-12-01 00:00:00", "card_expiry"),
        "standing.foresee": ("2028-09-02 00:00:00", "card_expiry"),
    }


async def test_missing_figures_lower_nobody_and_the_client_is_looked_at_again(bank, member) -> None:
    client, _ = await member()
    await bank.run("DELETE FROM monthly_figures WHERE client_id = $1", client)
    await hear_expiring(bank, client)
    await sweep(bank, "standing.review", client)
    assert await bank.said("ClientReverified", client) == []
    assert (await bank.client(client))["card_level"] == "head_office"
    later = await planned(bank, client)
    assert (later["standing.review"][0], later["standing.reverify"][0]) == ("2026-11-29 00:00:00",) * 2
    bank.now += timedelta(days=3)
    await sweep(bank, "standing.reverify", client, expires_on="2026-11-24")
    assert await bank.said("ClientReverified", client) == []


async def test_a_review_that_is_passed_is_followed_by_the_next_one(bank, member) -> None:
    client, _ = await member("branch", deposit=250_000)
    bank.now += timedelta(days=1)
    await sweep(bank, "standing.review", client)
    (said,) = await bank.said("ClientReverified", client)
    assert (said["passed"], said["level"]) == (True, "branch")
    assert (await planned(bank, client))["standing.review"][0] == "2028-11-23 00:00:00"


async def test_who_is_no_member_is_not_verified(bank) -> None:
    client = await bank.add_client()
    await bank.rich(client)
    await hear_expiring(bank, client)
    await sweep(bank, "standing.review", client)
    assert await bank.said("ClientReverified") == []


async def test_a_fall_is_foreseen_once_with_percentages_and_without_amounts(bank, member) -> None:
    client, _ = await member()
    await impoverish(bank, client, deposit_average=440_000, card_spend="4166.67")
    detail = {"falls_on": "2027-02-20", "cause": "card_expiry"}
    await sweep(bank, "standing.foresee", client, **detail)
    await sweep(bank, "standing.foresee", client, **detail)
    (said,) = await bank.said("DowngradeForeseen", client)
    assert said == {
        "client_id": str(client), "attribute": "card_level", "level_from": "head_office", "level_to": "branch",
        "cause": "card_expiry", "days_left": 90, "falls_on": "2027-02-20", "decision_id": said["decision_id"],
        "shortfalls": [
            {"criterion": "deposit", "metric": "deposit_avg_12m", "missing_percent": 12},
            {"criterion": "card_spend", "metric": "card_spend_12m", "missing_percent": 50},
            {"criterion": "loan", "metric": "loan_outstanding", "missing_percent": 100},
        ],
    }  # fmt: skip


async def test_nothing_is_foreseen_where_the_standard_is_met_or_figures_are_missing(bank, member) -> None:
    fine, _ = await member()
    silent, _ = await member()
    await bank.run("DELETE FROM monthly_figures WHERE client_id = $1", silent)
    for client in (fine, silent):
        await sweep(bank, "standing.foresee", client, falls_on="2027-02-20", cause="no_card")
    assert await bank.said("DowngradeForeseen") == []
    assert (await planned(bank, silent))["standing.foresee"] == ("2026-11-29 00:00:00", "no_card")


async def test_the_end_of_a_tier_s_grace_is_foreseen_and_the_tier_falls_without_a_run(bank) -> None:
    client = await bank.add_client(tier="wealth")
    await bank.deliver(client, range(1, 13), assets=1_500_000)
    await bank.evaluate(as_of=date(2026, 10, 10))
    await sweep_tiers(bank)
    (said,) = await bank.said("DowngradeForeseen", client)
    assert (said["attribute"], said["level_from"], said["level_to"], said["cause"], said["falls_on"]) == (
        "service_tier", "wealth", "wealth_management", "grace", "2027-01-10",
    )  # fmt: skip
    assert said["shortfalls"] == [
        {"criterion": "assets", "metric": "assets", "missing_percent": 25},
        {"criterion": "card", "metric": "holds_product", "missing_percent": 100},
    ]
    assert said["days_left"] == 49
    await sweep_tiers(bank)
    assert len(await bank.said("DowngradeForeseen", client)) == 1
    await bank.run("UPDATE clients SET tier_short_since_on = '2026-08-20' WHERE id = $1", client)
    await sweep_tiers(bank)
    (down,) = await bank.said("ClientDowngraded", client)
    assert (down["service_tier_from"], down["service_tier_to"], down["cause"]) == (
        "wealth", "wealth_management", "evaluation",
    )  # fmt: skip


async def sweep_tiers(bank) -> None:
    async with bank.database.transaction() as tx:
        await SERVICE.sweeps.sweeps["recurring:standing.tier-falls"].call(tx, now=bank.now)


@pytest.mark.requirement("CR-18")
async def test_revocation_and_leaving_end_the_reviews(bank, call, person, member) -> None:
    revoked, _ = await member()
    left, membership = await member()
    body = {"cause": "loan_arrears", "reason": "连续拖欠"}
    await call(person("1004"), "POST", f"/v1/clients/{revoked}/revocations", body=body)
    await call(person("1001"), "POST", f"/v1/clients/{left}/memberships/{membership}/endings", body={"cause": "left"})
    assert (await planned(bank, revoked), await planned(bank, left)) == ({}, {})
