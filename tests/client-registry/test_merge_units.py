"""Merging a unit into another: nobody is lost on the way, and everybody is told (XC-1, XC-3, CR-39)."""

from datetime import date

import pytest
from chassis import operations
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.refusals import Invalid
from client_registry.use_cases.merge_units import merge_units

STEWARD = Principal("staff:1008", (Grant("data_steward", "/hq/bj/", "unit"),))


@pytest.fixture
def ask(bank, call):
    async def asked(unit: str, into: str, *, version: int = 1):
        body = {"into_unit_id": str(bank.units[into]), "reason": "整合"}
        headers = {"If-Match": f'"{version}"'}
        return await call(STEWARD, "POST", f"/v1/units/{bank.units[unit]}/mergers", body=body, headers=headers)

    return asked


@pytest.fixture
def work(bank):
    """Runs a queued merger range by range, as a worker does; gives its result and the number of its steps."""

    async def worked(operation_id: str, *, size: int = 1_000):
        steps = 0
        while True:
            async with bank.database.transaction() as tx:
                row = await tx.connection.fetchrow("SELECT * FROM operations WHERE id = $1", operation_id)
                op = operations.operation_of(row)
                step = await merge_units(tx, op, now=bank.now, size=size)
                await tx.connection.execute(
                    "UPDATE operations SET done = $2, total = $3 WHERE id = $1", op.id, step.done, step.total
                )
            steps += 1
            if step.finished:
                return step.result, steps

    return worked


@pytest.mark.requirement("XC-1", "XC-3")
async def test_clients_staff_policies_and_units_below_go_over_and_the_unit_is_closed(bank, call, ask, work) -> None:
    kept = await bank.add_clients(5, home="bj-02-c1", manager="staff:1001")
    served, both = await bank.add_client(home="bj-01-c1"), await bank.add_client(home="bj-02-c1")
    centre, into = bank.units["bj-02-c1"], bank.units["bj-01-c1"]
    await bank.run("UPDATE clients SET serving_unit_ids = $2 WHERE id = $1", served, [centre, bank.units["bj-01-o1"]])
    await bank.run("UPDATE clients SET serving_unit_ids = $2 WHERE id = $1", both, [into, centre])
    for role, until in (("wealth_centre_head", None), ("relationship_manager", date(2026, 12, 31))):
        await bank.run(
            "INSERT INTO postings (id, staff_id, unit_id, role, reach, from_on, until_on)"
            " SELECT uuidv7(), id, $1, $2, 'own', '2026-01-01', $3 FROM staff WHERE staff_no = '1001'",
            centre, role, until,
        )  # fmt: skip
    await bank.run(
        "UPDATE tier_policies SET scope_unit_id = $1 WHERE code = (SELECT min(code) FROM tier_policies)", centre
    )
    result, steps = await work((await ask("bj-02-c1", "bj-01-c1")).json()["operation_id"], size=3)
    assert (result["clients"], result["postings"], steps) == (7, 2, 3)
    moved = {row["id"]: row for row in await bank.rows("SELECT * FROM clients")}
    assert {moved[client]["home_unit_id"] for client in (*kept, both)} == {into}
    assert moved[served]["serving_unit_ids"] == [into, bank.units["bj-01-o1"]]
    assert moved[both]["serving_unit_ids"] == [into]
    for client in (*kept, served, both):
        (said,) = await bank.said("ClientMoved", client)
        assert said["home_unit_id"] == str(moved[client]["home_unit_id"])
        assert said["serving_unit_ids"] == [str(unit) for unit in moved[client]["serving_unit_ids"]]
        assert moved[client]["version"] == 2
    assert await bank.rows("SELECT id FROM tier_policies WHERE scope_unit_id = $1", centre) == []
    assert len(await bank.rows("SELECT id FROM tier_policies WHERE scope_unit_id = $1", into)) >= 1
    unit = await bank.row("SELECT path, active, merged_into_id FROM units WHERE id = $1", centre)
    assert unit == {"path": "/hq/bj/bj-01/bj-01-c1/bj-02-c1/", "active": False, "merged_into_id": into}
    last = (await bank.said("OrgUnitChanged"))[-1]
    assert (last["active"], last["merged_into_id"], last["path"]) == (False, str(into), unit["path"])
    there = await bank.rows(
        "SELECT p.role, p.until_on FROM postings p JOIN staff s ON s.id = p.staff_id"
        " WHERE s.staff_no = '1001' AND p.unit_id = $1 ORDER BY p.role", into,
    )  # fmt: skip
    # The manager's post there stands already: it is not given twice.
    assert [row["role"] for row in there] == ["relationship_manager", "wealth_centre_head"]
    assert (
        await bank.rows(
            "SELECT id FROM postings WHERE unit_id = $1 AND (until_on IS NULL OR until_on > '2026-11-21')", centre
        )
        == []
    )
    posted = [(fact["role"], fact["unit_id"], fact["until_on"]) for fact in (await bank.said("StaffPosted"))[-3:]]
    assert sorted(posted) == sorted([
        ("wealth_centre_head", str(centre), "2026-11-21"), ("wealth_centre_head", str(into), None),
        ("relationship_manager", str(centre), "2026-11-21"),
    ])  # fmt: skip


async def test_what_stood_below_the_merged_unit_stands_below_the_other(bank, ask, work) -> None:
    result, _ = await work((await ask("bj-02", "bj-01")).json()["operation_id"])
    assert result["units"] == 2
    paths = {row["code"]: row["path"] for row in await bank.rows("SELECT code, path FROM units")}
    assert paths["bj-02-c1"] == "/hq/bj/bj-01/bj-02-c1/"
    assert paths["bj-02"] == "/hq/bj/bj-01/bj-02/"
    causes = await bank.rows("SELECT cause FROM unit_history WHERE until_at IS NULL AND cause = 'merged'")
    assert len(causes) == 2


@pytest.mark.parametrize(
    ("unit", "into", "code"),
    [
        ("bj-01", "bj-01", "unit.merged-into-itself"),
        ("bj-01", "bj-01-c1", "unit.own-ancestor"),
        ("bj-02", "bj-01-o1", "unit.parent-kind"),
        ("bj-02", "sh", "unit.unknown"),
    ],
)
async def test_a_merger_that_makes_no_sense_is_refused_before_it_begins(bank, ask, unit, into, code) -> None:
    answer = await ask(unit, into)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == "/into_unit_id"
    assert await bank.rows("SELECT id FROM operations") == []


async def test_a_merger_needs_the_version_last_read_and_a_unit_of_ones_own(ask) -> None:
    assert (await ask("bj-02", "bj-01", version=2)).status_code == 412
    assert (await ask("sh-01-c1", "bj-01-c1")).status_code == 404


async def test_a_merger_ends_where_the_other_unit_was_closed_meanwhile(bank, ask, work) -> None:
    started = (await ask("bj-02-c1", "bj-01-c1")).json()["operation_id"]
    await bank.run("UPDATE units SET active = false WHERE id = $1", bank.units["bj-01-c1"])
    with pytest.raises(Invalid):
        await work(started)
    assert (await bank.row("SELECT active FROM units WHERE code = 'bj-02-c1'"))["active"]


async def test_a_person_posted_from_a_later_day_begins_at_the_other_unit(bank, call, ask, work) -> None:
    body = {"staff_no": str(new_id().int)[:9], "name": "新人", "posting": {
        "unit_id": str(bank.units["bj-02-c1"]), "role": "lobby_manager", "reach": "unit", "from_on": "2026-12-01"}}  # fmt: skip
    added = (await call(STEWARD, "POST", "/v1/staff", body=body)).json()
    await work((await ask("bj-02-c1", "bj-01-c1")).json()["operation_id"])
    (due,) = await bank.rows("SELECT subject_id, due_at FROM due_work WHERE kind = 'posting.begins'")
    posting = await bank.row("SELECT unit_id, from_on FROM postings WHERE id = $1", due["subject_id"])
    assert str(due["subject_id"]) != added["posting_id"]
    assert posting == {"unit_id": bank.units["bj-01-c1"], "from_on": date(2026, 12, 1)}
