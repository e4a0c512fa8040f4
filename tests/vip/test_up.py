"""`vip up` as a person uses it: a first start that is cut short, kills of everything, a second start, an orderly stop."""

import asyncio
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
# The story adds one client of its own.
EVERYBODY = CLIENTS + 1
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


async def client_numbers(ports: Ports) -> list[str]:
    async with api_of(ports) as api:
        return [client["client_no"] async for client in api.items("/v1/clients", by=STEWARD, limit=200)]


async def test_a_first_start_that_is_cut_short_is_taken_up_and_imports_nobody_twice(home: Path, ports: Ports) -> None:
    with vip_up(home, ports) as process:
        await asyncio.to_thread(read_until, process, "Importing")
        kill_everything(home)
        process.wait()
    state = State(home)
    assert state.is_done("organisation") and not state.is_done("story")
    with vip_up(home, ports) as process:
        said = await asyncio.to_thread(read_until, process, "Ctrl-C stops everything")
        numbers = await client_numbers(ports)
        assert len(numbers) == len(set(numbers)) == EVERYBODY
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
        assert len(await client_numbers(ports)) == EVERYBODY
        assert "Importing" not in said and "Preparing the databases" not in said
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0
    assert alive(home) == set()
    assert Records(home / "run").all() == []


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
        assert len(await client_numbers(ports)) == EVERYBODY
        down = [sys.executable, "-m", "vip", "down", "--home", str(home)]
        told = await asyncio.to_thread(subprocess.run, down, capture_output=True, text=True, check=True)
        assert "Stopped" in told.stdout
        assert await asyncio.to_thread(process.wait, 30) == 0
    assert alive(home) == set()


async def test_status_says_by_its_exit_code_that_nothing_runs(tmp_path: Path) -> None:
    status = [sys.executable, "-m", "vip", "status", "--json", "--home", str(tmp_path)]
    told = await asyncio.to_thread(subprocess.run, status, capture_output=True, text=True, check=False)
    assert told.returncode == 3
    assert told.stdout.split() == ["{", '"parts":', "[]", "}"]
