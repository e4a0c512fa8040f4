"""A manager leaves: his clients are shared out as previewed, or not at all, and nothing is lost on the way."""

import asyncio
from collections import Counter
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from chassis import work_items
from chassis.identity import Grant, Principal
from chassis.operations import Operation
from chassis.operations_worker import OperationsWorker
from client_registry.app import SERVICE
from client_registry.domain.hand_overs import RelationshipPolicy
from client_registry.domain.reassignments import Book, Movable, Rule, share_out
from client_registry.use_cases.run_reassignment import run_reassignment

PREVIEWS = "/v1/manager-reassignments"
CENTRE, OUTLET = UUID(int=900), UUID(int=901)
POLICY = RelationshipPolicy(
    version=1,
    hand_over_answer_working_days=3,
    manager_due_working_days=5,
    managed_tiers=("wealth",),
    tier_weights={"mass": 1, "wealth": 4, "private_banking": 8},
    weekly_contacts={"ge_8m": Decimal(1), "2m_8m": Decimal("0.5")},
    article="WMC",
)


def movable(number: int, tier: str = "mass", *, home: UUID = CENTRE, serving: tuple[UUID, ...] = ()) -> Movable:
    return Movable(id=UUID(int=number), home_unit_id=home, serving_unit_ids=serving, service_tier=tier, asset_band=None)


def shares(given: dict[UUID, str]) -> dict[str, list[int]]:
    return {who: sorted(key.int for key, to in given.items() if to == who) for who in sorted(set(given.values()))}


BOTH = {"a": frozenset({CENTRE}), "b": frozenset({CENTRE})}


def test_even_by_number_counts_what_each_has_already() -> None:
    books = {"a": Book(Counter({("private_banking", None): 3})), "b": Book()}
    given = share_out([movable(n) for n in range(1, 6)], BOTH, books, Rule.BY_NUMBER, POLICY)
    assert shares(given) == {"a": [4], "b": [1, 2, 3, 5]}


def test_even_by_weight_gives_the_heavy_clients_first() -> None:
    clients = [movable(1), movable(2, "private_banking"), movable(3, "wealth"), movable(4, "wealth"), movable(5)]
    given = share_out(clients, BOTH, {}, Rule.BY_WEIGHT, POLICY)
    assert shares(given) == {"a": [1, 2], "b": [3, 4, 5]}
    assert given == share_out(clients[::-1], BOTH, {}, Rule.BY_WEIGHT, POLICY)


def test_by_serving_unit_goes_to_who_is_posted_there_and_else_at_home() -> None:
    posts = {"a": frozenset({CENTRE}), "b": frozenset({OUTLET})}
    clients = [movable(1, serving=(OUTLET,)), movable(2), movable(3, home=UUID(int=5))]
    given = share_out(clients, posts, {}, Rule.BY_SERVING_UNIT, POLICY)
    assert shares(given) == {"a": [2], "b": [1]}  # nobody is posted where the third is kept: he stays
    assert shares(share_out(clients, posts, {}, Rule.BY_NUMBER, POLICY)) == {"a": [1, 2]}


@pytest.fixture
async def three(bank):
    """A third manager at the centre, so that two can share."""
    (person,) = await bank.rows("SELECT id FROM staff WHERE staff_no = '1010'")
    await bank.run(
        "INSERT INTO postings (id, staff_id, unit_id, role, reach, from_on)"
        " VALUES ($1, $2, $3, 'private_banker', 'own', $4)",
        uuid4(), person["id"], bank.units["bj-01-c1"], date(2026, 1, 1),
    )  # fmt: skip


async def preview(call, by, to=("staff:1002", "staff:1010"), manager="staff:1001", **more):
    return await call(by, "POST", PREVIEWS, body={"from_manager": manager, "to": list(to), **more})


async def confirm(call, by, seen, digest=None):
    body = {"digest": digest or seen["digest"]}
    return await call(by, "POST", f"{PREVIEWS}/{seen['id']}/confirmations", body=body)


async def work_off(runtime) -> None:
    worker = OperationsWorker(runtime.database, SERVICE.operations, clock=runtime.clock)
    assert await worker.work_on_one(asyncio.Event())


@pytest.mark.requirement("CR-43")
async def test_a_preview_states_every_book_before_and_after_and_moves_nobody(bank, call, person, three) -> None:
    clients = await bank.add_clients(4, manager="staff:1001", tier="wealth")
    await bank.run("UPDATE clients SET asset_band = '2m_8m' WHERE id = ANY($1)", clients)
    rich = await bank.add_client(manager="staff:1001", tier="private_banking")
    await bank.run("UPDATE clients SET asset_band = 'ge_8m' WHERE id = $1", rich)
    await bank.add_client(manager="staff:1002", tier="wealth")
    await bank.add_client(manager="staff:1001", home="sh-01-c1")  # kept elsewhere: not the head's to give
    answer = await preview(call, person("1003"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["clients"], body["unplaced"], body["status"]) == (5, 0, "previewed")
    books = {each["manager"]: each for each in body["managers"]}
    assert books["staff:1001"]["before"] == {
        "clients": 6, "by_tier": {"mass": 1, "private_banking": 1, "wealth": 4}, "weekly_contacts": "3.0",
    }  # fmt: skip
    assert books["staff:1001"]["after"] == {"clients": 1, "by_tier": {"mass": 1}, "weekly_contacts": "0.0"}
    # 1002 has one of weight 4 already: the private-banking client (8) goes to 1010, three of the four wealth ones to 1002.
    assert (books["staff:1002"]["gets"], books["staff:1010"]["gets"]) == (3, 2)
    assert books["staff:1010"]["after"]["weekly_contacts"] == "1.5"
    assert (await bank.said("RelationshipManagerAssigned")) == []
    assert (await call(person("1003"), "GET", f"{PREVIEWS}/{body['id']}")).json() == body
    for stranger in (person("1005"), person("2002")):
        assert (await call(stranger, "GET", f"{PREVIEWS}/{body['id']}")).status_code == 404
    assert (await call(person("1004"), "GET", f"{PREVIEWS}/{body['id']}")).status_code == 200
    assert (await preview(call, person("1001"))).status_code == 403


@pytest.mark.requirement("CR-43", "CR-44", "XC-23")
async def test_a_confirmed_reassignment_moves_clients_work_and_record_together(
    bank, runtime, call, person, three
) -> None:
    clients = await bank.add_clients(6, manager="staff:1001", tier="wealth")
    async with bank.database.transaction() as tx:
        item = await work_items.add(
            tx, kind="qualification.contact", rule="CR-16", text="qualification.contact", client_id=clients[0],
            subject_id=clients[0], owner="staff:1001", owner_role=None, unit_id=None, due_at=None, now=bank.now,
        )  # fmt: skip
    seen = (await preview(call, person("1003"), remarks="请先联系到期客户")).json()
    accepted = await confirm(call, person("1003"), seen)
    assert accepted.status_code == 202, accepted.text
    assert (await confirm(call, person("1003"), seen)).json()["code"] == "manager-reassignment.confirmed"
    await work_off(runtime)
    done = (await call(person("1003"), "GET", accepted.headers["location"])).json()
    assert (done["status"], done["result"]) == ("succeeded", {"moved": 6, "left_out": 0, "unplaced": 0})
    managers = Counter(row["manager"] for row in await bank.rows("SELECT manager FROM clients"))
    assert managers == {"staff:1002": 3, "staff:1010": 3}
    said = await bank.said("RelationshipManagerAssigned")
    assert {fact["client_id"] for fact in said} == {str(each) for each in clients}
    assert len(await bank.rows("SELECT id FROM audit WHERE act = 'manager.assigned'")) == 6
    owner = (await bank.row("SELECT owner FROM work_items WHERE id = $1", item))["owner"]
    assert owner == (await bank.client(clients[0]))["manager"]
    records = (await call(person("1009"), "GET", "/v1/post-hand-overs")).json()["items"]
    assert sorted((r["to_subject"], r["clients"]) for r in records) == [("staff:1002", 3), ("staff:1010", 3)]
    assert sum(r["work_items"] for r in records) == 1
    (mine,) = [r for r in records if r["to_subject"] == "staff:1002"]
    assert [(s["part"], s["subject"]) for s in mine["signatures"]] == [("gives", "staff:1003")]
    (asked,) = await bank.rows("SELECT * FROM work_items WHERE kind = 'post-hand-over.sign' AND owner = 'staff:1002'")
    sign = f"/v1/post-hand-overs/{mine['id']}/signatures"
    assert (await call(person("1001"), "POST", sign)).status_code == 404
    signed = await call(person("1002"), "POST", sign)
    assert [s["part"] for s in signed.json()["signatures"]] == ["gives", "receives"]
    assert (await bank.row("SELECT status FROM work_items WHERE id = $1", asked["id"]))["status"] == "done"
    assert (await call(person("1002"), "POST", sign)).json()["code"] == "post-hand-over.signed"


@pytest.mark.parametrize("what", ["came", "left", "changed"])
async def test_a_preview_that_was_overtaken_is_refused(bank, call, person, three, what) -> None:
    clients = await bank.add_clients(3, manager="staff:1001", tier="wealth")
    seen = (await preview(call, person("1003"))).json()
    if what == "came":
        await bank.add_client(manager="staff:1001")
    elif what == "left":
        await bank.run("UPDATE clients SET manager = NULL WHERE id = $1", clients[0])
    else:
        await bank.run("UPDATE clients SET service_tier = 'private_banking' WHERE id = $1", clients[0])
    refused = await confirm(call, person("1003"), seen)
    counts = {"came": "1 came, 0 left, 0 changed", "left": "0 came, 1 left, 0", "changed": "0 came, 0 left, 1 changed"}
    assert (refused.status_code, refused.json()["code"]) == (409, "manager-reassignment.overtaken")
    assert counts[what] in refused.json()["detail"]
    assert await bank.rows("SELECT id FROM operations") == []
    fresh = (await preview(call, person("1003"))).json()
    assert (await confirm(call, person("1003"), fresh)).status_code == 202


async def test_what_cannot_be_confirmed_is_refused(bank, call, person, three) -> None:
    await bank.add_clients(2, manager="staff:1001")
    seen = (await preview(call, person("1003"))).json()
    other = await confirm(call, person("1003"), seen, "f" * 64)
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/digest")
    assert (await confirm(call, person("1003"), seen, "short")).status_code == 422
    both = Principal("staff:1002", (Grant("wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", "unit"),))
    assert (await confirm(call, both, seen)).json()["code"] == "hand-over.same-person"
    assert (await confirm(call, person("2002"), seen)).status_code == 404
    await bank.run(
        "UPDATE postings SET until_on = $1 WHERE staff_id = (SELECT id FROM staff WHERE staff_no = '1002')",
        date(2026, 11, 21),
    )
    assert (await confirm(call, person("1003"), seen)).json()["code"] == "manager-reassignment.receiver-left"


async def test_bad_receivers_and_empty_books_are_refused(bank, call, person, three) -> None:
    await bank.add_client(manager="staff:1001")
    for to, manager, pointer, code in (
        (["staff:1001"], "staff:1001", "/to/0", "manager-reassignment.self"),
        (["staff:1002", "staff:1002"], "staff:1001", "/to/1", "manager-reassignment.twice"),
        (["staff:1002", "staff:1006"], "staff:1001", "/to/1", "manager.not-posted"),
        (["staff:2001"], "staff:1001", "/to/0", "manager.not-posted"),
        (["staff:1002"], "staff:9999", "/from_manager", "manager-reassignment.no-clients"),
        (["staff:1002"], "staff:2001", "/from_manager", "manager-reassignment.no-clients"),
    ):
        refused = await preview(call, person("1003"), to, manager)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["pointer"], error["code"]) == (422, pointer, code)
    assert (await preview(call, person("1003"), [])).status_code == 422
    assert (await preview(call, person("1003"), rule="by_taste")).status_code == 422


async def test_a_range_that_is_broken_off_leaves_nothing_and_goes_on_later(bank, call, person, three) -> None:
    clients = await bank.add_clients(5, manager="staff:1001")
    seen = (await preview(call, person("1003"), ["staff:1002"])).json()
    started = (await confirm(call, person("1003"), seen)).json()["operation_id"]
    await bank.run("UPDATE clients SET manager = NULL WHERE id = $1", clients[4])  # left before the turn came
    operation = Operation(
        id=UUID(started), kind="manager-reassignment", status="running", started_by="staff:1003",
        detail={"reassignment_id": seen["id"]}, done=0, total=None, cursor={}, result=None, problem=None,
        created_at=bank.now, started_at=bank.now, finished_at=None, cancel_requested=False,
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="power"):
        async with bank.database.transaction() as tx:
            await run_reassignment(tx, operation, now=bank.now, size=2)
            raise RuntimeError("power cut")
    assert (
        await bank.said("RelationshipManagerAssigned") == [] and await bank.rows("SELECT * FROM post_hand_overs") == []
    )
    cursor, done, steps = {}, 0, 0
    while True:
        resumed = Operation(
            **{name: getattr(operation, name) for name in Operation.__slots__} | {"cursor": cursor, "done": done}
        )
        async with bank.database.transaction() as tx:
            step = await run_reassignment(tx, resumed, now=bank.now, size=2)
        cursor, done, steps = step.cursor, step.done, steps + 1
        if step.finished:
            break
    assert (steps, step.result) == (3, {"moved": 4, "left_out": 1, "unplaced": 0})
    assert len(await bank.said("RelationshipManagerAssigned")) == 4
    assert (await bank.client(clients[4]))["manager"] is None
    (record,) = await bank.rows("SELECT id FROM post_hand_overs")
    assert len(await bank.rows("SELECT * FROM post_hand_over_items WHERE record_id = $1", record["id"])) == 4
