"""`vip up` as a person uses it: a first start that is cut short, kills of everything, a second start, an orderly stop."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from vip.client import Api
from vip.people import STEWARD
from vip.places import GATEWAY, ISSUER, POSTGRES, Ports
from vip.processes import Records, free_port_base
from vip.standing import standings
from vip.state import State
from vip.trial import trial_folder

CLIENTS = 60
START_WITHIN_S = 240
PARTS = {"postgres", "broker", "dev-identity", "gateway", "supervisor", "client-registry", "card-service"} | {
    "complaint-service",
    "engagement-service",
}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One state folder for the whole file: each test goes on where the one before it stopped."""
    with trial_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(free_port_base())


@contextmanager
def vip_up(home: Path, ports: Ports) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "vip", "up", "--home", str(home), "--port-base", str(ports.base)]
    with subprocess.Popen(
        [*command, "--clients", str(CLIENTS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                kill_everything(home)
                process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says, up to the line with these words."""
    assert process.stdout is not None
    said, deadline = [], time.monotonic() + START_WITHIN_S
    for line in process.stdout:
        said.append(line)
        if words in line:
            return "".join(said)
        assert time.monotonic() < deadline, "".join(said)
    raise AssertionError(f"it ended before it said {words!r}:\n{''.join(said)}")


def kill_everything(home: Path) -> None:
    for record in Records(home / "run").all():
        if record.is_alive():
            os.kill(record.pid, signal.SIGKILL)


def alive(home: Path) -> set[str]:
    return {record.name for record in Records(home / "run").all() if record.is_alive()}


@asynccontextmanager
async def api_of(ports: Ports) -> AsyncIterator[Api]:
    async with Api(ports.url(GATEWAY), ports.url(ISSUER)) as api:
        yield api


async def book_clients(ports: Ports) -> list[str]:
    """The clients of the book: the story adds one of its own each time it is played."""
    async with api_of(ports) as api:
        numbers = [client["client_no"] async for client in api.items("/v1/clients", by=STEWARD, limit=200)]
    return [number for number in numbers if number.startswith("VC")]


async def test_a_first_start_that_is_cut_short_is_taken_up_and_imports_nobody_twice(home: Path, ports: Ports) -> None:
    with vip_up(home, ports) as process:
        await asyncio.to_thread(read_until, process, "Importing")
        kill_everything(home)
        process.wait()
    state = State(home)
    assert state.is_done("organisation") and not state.is_done("story")
    with vip_up(home, ports) as process:
        said = await asyncio.to_thread(read_until, process, "Ctrl-C stops everything")
        numbers = await book_clients(ports)
        assert len(numbers) == len(set(numbers)) == CLIENTS
        assert "Writing organisation" not in said
        assert all(state.is_done(step) for step in ("organisation", "book", "evaluated", "story"))
        assert {row.name for row in await standings(home)} == PARTS
        assert {row.state for row in await standings(home)} == {"ready", "running"}
        kill_everything(home)
        process.wait()


async def test_after_a_kill_of_everything_the_next_start_recovers_and_an_orderly_stop_leaves_nothing(
    home: Path, ports: Ports
) -> None:
    with vip_up(home, ports) as process:
        said = await asyncio.to_thread(read_until, process, "Ctrl-C stops everything")
        assert len(await book_clients(ports)) == CLIENTS
        assert "Importing" not in said and "Preparing the databases" not in said
        await look_inside(home)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0
    assert alive(home) == set()
    assert Records(home / "run").all() == []


async def vip(home: Path, *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "vip", *arguments, "--home", str(home)]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert told.returncode == code, told.stdout + told.stderr
    return told.stdout if code == 0 else told.stderr


async def look_inside(home: Path) -> None:
    """The commands for people who look at a running house."""
    officers = json.loads(await vip(home, "people", "--role", "branch_personal_banking", "--unit", "BJ-03", "--json"))
    (officer,) = officers["people"]
    token = json.loads(await vip(home, "token", "--role", "branch_personal_banking", "--unit", "BJ-03", "--json"))
    assert token["subject"] == officer["subject"]
    claims = json.loads(base64.urlsafe_b64decode(token["access_token"].split(".")[1] + "=="))
    assert claims["sub"] == officer["subject"]
    client = json.loads(await vip(home, "token", "--client", "VC00000001", "--json"))
    assert client["subject"].startswith("client:")
    assert "vip people" in await vip(home, "token", "--role", "astronaut", code=1)
    assert "no client VC99999999" in await vip(home, "token", "--client", "VC99999999", code=1)
    # The embedded broker was started anew: the outboxes have told everything again.
    told = (await vip(home, "events", "--type", "CardIssued", "--json")).splitlines()
    assert {json.loads(line)["type"] for line in told} == {"CardIssued"}
    assert json.loads(await vip(home, "replay", "card-service"))["events"] > 0
    assert json.loads(await vip(home, "dead-letters", "card-service"))["items"] == []
    assert "There is no service" in await vip(home, "replay", "card", code=1)
    assert "started" in await vip(home, "logs", "card-service", "-n", "10000")
    assert "running already" in await vip(home, "up", code=1)


async def test_orphans_of_a_killed_supervisor_are_replaced_and_a_part_that_dies_comes_back(
    home: Path, ports: Ports
) -> None:
    with vip_up(home, ports) as process:
        await asyncio.to_thread(read_until, process, "Ctrl-C stops everything")
        process.kill()
        process.wait()
        assert alive(home) == PARTS - {"supervisor"}
    with vip_up(home, ports) as process:
        said = await asyncio.to_thread(read_until, process, "Ctrl-C stops everything")
        assert said.count("left over from an earlier start") == len(PARTS) - 1
        for name in ("card-service", POSTGRES):
            before = Records(home / "run").get(name)
            assert before is not None
            os.kill(before.pid, signal.SIGKILL)
            await asyncio.to_thread(read_until, process, f"{name} ended (code -9); starting it again")
        deadline = time.monotonic() + 60
        while {row.state for row in await standings(home)} != {"ready", "running"}:
            assert time.monotonic() < deadline, await standings(home)
            await asyncio.sleep(0.2)
        assert len(await book_clients(ports)) == CLIENTS
        down = [sys.executable, "-m", "vip", "down", "--home", str(home)]
        told = await asyncio.to_thread(subprocess.run, down, capture_output=True, text=True, check=True)
        assert "Stopped" in told.stdout
        assert await asyncio.to_thread(process.wait, 30) == 0
    assert alive(home) == set()


async def test_reset_forgets_everything_but_downloads_and_asks_first(home: Path) -> None:
    (home / "jars").mkdir(exist_ok=True)
    await vip(home, "reset", code=1)
    assert (home / "state.json").exists()
    await vip(home, "reset", "--yes")
    assert os.listdir(home) == ["jars"]
    assert "nothing" in await vip(home, "reset", "--yes")


async def test_status_says_by_its_exit_code_that_nothing_runs(tmp_path: Path) -> None:
    status = [sys.executable, "-m", "vip", "status", "--json", "--home", str(tmp_path)]
    told = await asyncio.to_thread(subprocess.run, status, capture_output=True, text=True, check=False)
    assert told.returncode == 3
    assert told.stdout.split() == ["{", '"parts":', "[]", "}"]
