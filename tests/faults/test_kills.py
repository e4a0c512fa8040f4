"""Everything is killed while clients join and complain: what was acknowledged is there once, and its effects too.

The rules that are checked at the end hold for the undisturbed system as well; the kills must not be seen in them.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from vip.client import Api, Refused, Unreachable
from vip.first_start import book_profile
from vip.happenings import Happening, Listening
from vip.house import House
from vip.importing import ImportFiles, follow, send_import
from vip.people import STEWARD, find_person
from vip.places import BROKER, GATEWAY, POSTGRES, SERVICES
from vip.story import BRANCH, CENTRE, OUTLET, SECOND_LEVEL
from vip.story_client import invent, write_book
from vip.watching import watch

pytestmark = pytest.mark.faults

CLIENTS = 60
BROKER_AWAY_S = 20
SETTLED_WITHIN_S = 120


@dataclass(slots=True)
class Acknowledged:
    """What the API said yes to."""

    memberships: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)


async def insist(send: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Sends until there is an answer: the same key each time, so that a lost answer is not a second effect."""
    while True:
        try:
            return await send()
        except (Unreachable, Refused) as problem:
            busy = isinstance(problem, Refused) and problem.status == 409 and problem.code.startswith("idempotency.")
            if isinstance(problem, Refused) and problem.status < 500 and problem.status != 429 and not busy:
                raise
            await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
async def members_to_be(house: House, api: Api) -> list[str]:
    """Clients who are filed and may join, and a shelf with a card for each."""
    manager = await find_person(api, role="relationship_manager", unit=CENTRE)
    today = date(2026, 11, 22)
    people = {who.client_no: who for who in (invent(today) for _ in range(CLIENTS * 2))}
    rows = [
        who.row(home_unit=CENTRE, manager_no=manager.subject.partition(":")[2], today=today)
        for who in list(people.values())[:CLIENTS]
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_book(Path(folder) / "members.csv", rows)
        given = ImportFiles(profile=book_profile(), files=[Path(folder) / "members.csv"])
        started = await send_import(api, given, by=STEWARD)
    await follow(api, started["operation_id"], by=STEWARD)
    officer = await find_person(api, role="branch_personal_banking", unit=SECOND_LEVEL)
    run = await api.post("/v1/qualification-runs", {"unit_id": officer.unit_id}, by=officer.subject)
    await follow(api, run["operation_id"], by=officer.subject)
    filed = await api.post("/v1/qualification-filings", {"all_candidates": True}, by=officer.subject)
    assert filed["filed"] == CLIENTS
    units = (await column(house, "client_registry", "SELECT count(*) FROM units"))[0]
    heard = {
        ("complaint_service", "SELECT count(*) FROM units"): units,
        ("complaint_service", "SELECT count(*) FROM clients"): CLIENTS,
        ("card_service", "SELECT count(*) FROM org_units"): units,
        ("card_service", "SELECT count(*) FROM clients"): CLIENTS,
        ("engagement_service", "SELECT count(*) FROM relationships"): CLIENTS,
    }
    await settled(house, heard)
    await fill_shelf(api, CLIENTS)
    return list(filed["filed_client_ids"])


async def fill_shelf(api: Api, count: int) -> None:
    above = await find_person(api, role="branch_personal_banking", unit=BRANCH)
    keeper = await find_person(api, role="card_keeper", unit=CENTRE)
    supervisor = await find_person(api, role="card_supervisor", unit=CENTRE)
    wanted = {"unit_id": keeper.unit_id, "level": "head_office", "count": count}
    segment = await api.post("/v1/number-segments", wanted, by=above.subject)
    parcel = {"unit_id": keeper.unit_id, "segment_id": segment["id"], "count": count}
    receipt = await api.post("/v1/stock-receipts", parcel, by=keeper.subject)
    await api.post(f"/v1/stock-receipts/{receipt['id']}/countersignatures", {}, by=supervisor.subject)


async def join(api: Api, clients: list[str], pace_s: float, done: Acknowledged) -> None:
    manager = (await find_person(api, role="relationship_manager", unit=CENTRE)).subject
    for client in clients:
        key = str(uuid4())
        path, body = f"/v1/clients/{client}/memberships", {"level": "head_office", "channel": "phone"}
        answer = await insist(lambda path=path, body=body, key=key: api.post(path, body, by=manager, key=key))
        done.memberships[client] = answer["membership_id"]
        await asyncio.sleep(pace_s)


async def complain(api: Api, clients: list[str], until: asyncio.Event, done: Acknowledged) -> None:
    agent = (await find_person(api, role="call_centre_agent", unit="hq")).subject
    outlet = (await find_person(api, role="outlet_head", unit=OUTLET)).unit_id
    turn = 0
    while not until.is_set():
        client, key = clients[turn % len(clients)], str(uuid4())
        turn += 1
        body = {
            "kind": "complaint",
            "complaint_type": "process",
            "channel": "call_centre_95566",
            "client_id": client,
            "about_unit_id": outlet,
            "subject": "排队时间过长",
            "text": "等候时间过长。",
        }
        answer = await insist(lambda body=body, key=key: api.post("/v1/complaints", body, by=agent, key=key))
        done.cases[answer["case_id"]] = client
        await asyncio.sleep(0.1)


async def kill_at_random(house: House, names: list[str], every_s: float, until: float, done: Acknowledged) -> None:
    """Each name at least once, in a random order, then again; a dead one is left to the watch."""
    chance, waiting = random.Random(), []
    while time.monotonic() < until or set(names) - set(done.kills):
        waiting = waiting or chance.sample(names, len(names))
        name = waiting.pop()
        if house.child(name).is_running():
            house.kill(name)
            done.kills[name] = done.kills.get(name, 0) + 1
        await asyncio.sleep(every_s)


async def broker_away(house: House, done: Acknowledged) -> None:
    """The broker goes and stays away for a while; business goes on without it."""
    house.kill(BROKER)
    done.kills[BROKER] = done.kills.get(BROKER, 0) + 1
    before = len(done.cases)
    await asyncio.sleep(BROKER_AWAY_S)
    assert len(done.cases) > before, "nothing was taken in while the broker was away"
    await house.restart(BROKER)


async def column(house: House, database: str, sql: str) -> list[Any]:
    connection = await asyncpg.connect(house.admin.url_for(database))
    try:
        return [row[0] for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def settled(house: House, wanted: Mapping[tuple[str, str], int]) -> None:
    """Waits until each count is reached."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        counts = {ask: (await column(house, *ask))[0] for ask in wanted}
        missing = {ask: f"{counts[ask]} of {count}" for ask, count in wanted.items() if counts[ask] < count}
        if not missing:
            return
        assert time.monotonic() < deadline, "\n".join(f"{ask}: {short}" for ask, short in missing.items())
        await asyncio.sleep(0.5)


UNSENT = "SELECT (NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL))::int"
CASES = ("complaint_service", "SELECT count(*) FROM cases")
MUTES = ("engagement_service", "SELECT count(*) FROM mutes")
RESERVED = ("card_service", "SELECT count(*) FROM reservations WHERE status = 'reserved'")


async def check(house: House, done: Acknowledged) -> None:
    await house.wait_ready()
    sent = {(module, UNSENT): 1 for module in SERVICES.values()}
    await settled(house, {**sent, MUTES: len(done.cases), RESERVED: len(done.memberships)})
    # Acknowledged once, there once: nothing lost, nothing done twice, also not by what was sent again.
    cases = {str(case) for case in await column(house, "complaint_service", "SELECT id FROM cases")}
    assert cases == set(done.cases)
    members = await column(house, "client_registry", "SELECT client_id FROM memberships")
    assert sorted(map(str, members)) == sorted(done.memberships)
    # Effects in the services that heard of it: one each.
    muted = await column(house, "engagement_service", "SELECT case_id FROM mutes")
    assert sorted(map(str, muted)) == sorted(done.cases)
    reserved = await column(house, "card_service", "SELECT client_id FROM reservations")
    assert sorted(map(str, reserved)) == sorted(done.memberships)
    cards = await column(house, "card_service", "SELECT card_id FROM reservations")
    assert len(set(cards)) == len(done.memberships)
    for module in SERVICES.values():
        assert await column(house, module, "SELECT count(*) FROM dead_letters") == [0], module
        assert await column(house, module, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == [0], module


async def check_order(house: House, done: Acknowledged) -> None:
    """On the broker, the first time each event of an aggregate is told comes after those of lower versions."""
    newest: dict[str, int] = {}
    opened: set[str] = set()
    upgraded: list[str] = []
    async with Listening(house.bootstrap, from_beginning=True) as listening:
        async for event in listening.pass_by(quiet_s=5):
            if event.type == "ComplaintOpened":
                opened.add(str(event.data["case_id"]))
            if event.type == "ClientUpgraded" and event.data["card_level_to"] == "head_office":
                upgraded.append(str(event.data["client_id"]))
            _note_version(newest, event)
    assert opened == set(done.cases)
    assert set(upgraded) == set(done.memberships)


def _note_version(newest: dict[str, int], event: Happening) -> None:
    if event.type not in ("ComplaintOpened", "ComplaintAssigned") or event.version is None:
        return
    case = str(event.data["case_id"])
    known = newest.get(case, 0)
    # Told again from the beginning is allowed, a step ahead of what was never told is not.
    assert event.version <= known + 1, f"version {event.version} of {case} before {known + 1}"
    newest[case] = max(known, event.version)


async def run_under_kills(
    house: House, api: Api, clients: list[str], *, seconds: float, every_s: float
) -> Acknowledged:
    done, calm = Acknowledged(), asyncio.Event()
    watching = asyncio.create_task(watch_all_but_broker(house, calm))
    quiet = asyncio.Event()
    names = [name for name in house.names() if name not in (BROKER, "dev-identity")]
    complaining = [asyncio.create_task(complain(api, clients, quiet, done)) for _ in range(2)]
    joining = asyncio.create_task(join(api, clients, (seconds + BROKER_AWAY_S) / len(clients), done))
    try:
        await asyncio.sleep(2)
        await broker_away(house, done)
        still_at_work(joining, *complaining)
        await kill_at_random(house, names, every_s, time.monotonic() + seconds, done)
        still_at_work(*complaining)
        quiet.set()
        await asyncio.gather(joining, *complaining)
        await asyncio.sleep(1)
        await house.wait_ready()
    finally:
        calm.set()
        for task in (*complaining, joining):
            task.cancel()
        await asyncio.gather(watching, *complaining, joining, return_exceptions=True)
    return done


def still_at_work(*tasks: asyncio.Task[None]) -> None:
    """A task that ended has met something that was no consequence of a kill."""
    for task in tasks:
        if task.done():
            task.result()


async def watch_all_but_broker(house: House, until: asyncio.Event) -> None:
    """The test itself decides when the broker comes back."""
    await watch(house, say=lambda line: None, until=until, longest_pause_s=1.0, but=(BROKER,))


async def test_nothing_acknowledged_is_lost_or_done_twice_while_everything_is_killed(
    house: House, api: Api, members_to_be: list[str]
) -> None:
    done = await run_under_kills(house, api, members_to_be, seconds=45, every_s=2.0)
    assert {GATEWAY, POSTGRES, BROKER} <= set(done.kills)
    assert {f"{service}.{role}" for service in SERVICES for role in ("api", "listen", "relay", "work")} <= set(
        done.kills
    )
    assert len(done.memberships) == CLIENTS
    await check(house, done)
    await check_order(house, done)


@pytest.mark.soak
async def test_two_hundred_kills_of_each_part_lose_nothing(house: House, api: Api, members_to_be: list[str]) -> None:
    done = await run_under_kills(house, api, members_to_be, seconds=2_600, every_s=0.7)
    assert min(count for name, count in done.kills.items() if name != BROKER) >= 100
    await check(house, done)
    await check_order(house, done)
