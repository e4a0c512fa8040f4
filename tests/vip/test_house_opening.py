"""Before anything starts: ports, secrets, what a crash left behind."""

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest
from vip import databases
from vip.databases import PostgresAdmin
from vip.house import House
from vip.keys import Keys
from vip.places import SERVICES
from vip.postgres_place import ELSEWHERE
from vip.processes import LaunchProblem, Records, fingerprint, free_port_base
from vip.state_folder import AlreadyRunning
from vip.trial import HELD, PREFIX, trial_folder
from vip.watching import pause_after


@pytest.fixture
def port_base() -> int:
    return free_port_base()


async def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path, port_base: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port_base + 2))
        other.listen()
        house = House(tmp_path, port_base)
        with pytest.raises(LaunchProblem) as refused:
            await house.start()
    assert f"{port_base + 2} (card-service)" in str(refused.value)
    assert f"--port-base {port_base + 100}" in str(refused.value)
    assert house.names() == []


async def test_a_port_that_is_not_ours_to_use_does_not_matter(tmp_path: Path, port_base: int) -> None:
    with socket.socket() as kafka:
        kafka.bind(("127.0.0.1", port_base + 7))
        kafka.listen()
        house = House(tmp_path, port_base, broker="127.0.0.1:1")
        await house.open()
        await house.stop()


async def test_a_given_database_server_wins_over_our_own(
    tmp_path: Path, port_base: int, postgres: PostgresAdmin, broker: str
) -> None:
    house = House(tmp_path, port_base, admin_url=postgres.admin_url, broker=broker)
    try:
        await house.open()
        await house.start_foundations()
        assert house.names() == []
        for service, name in SERVICES.items():
            (url,) = {(tmp_path / "secrets" / f"{service}.database-url").read_text()}
            connection = await asyncpg.connect(url)
            assert await connection.fetchval("SELECT current_database()") == name
            await connection.close()
    finally:
        await house.stop()
        await postgres.drop(*SERVICES.values())


async def test_a_server_that_is_too_old_or_away_is_refused_in_a_sentence(
    tmp_path: Path, port_base: int, postgres: PostgresAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LaunchProblem, match="VIP_ADMIN_DATABASE_URL cannot be used"):
        await House(tmp_path, port_base, admin_url="postgresql://a:b@127.0.0.1:1/postgres").start()
    monkeypatch.setattr(databases, "OLDEST_MAJOR", 99)
    with pytest.raises(LaunchProblem, match=r"PostgreSQL 18; 99 or newer is needed"):
        await House(tmp_path, port_base, admin_url=postgres.admin_url).start()


async def test_two_supervisors_never_share_a_state_folder(tmp_path: Path, port_base: int) -> None:
    first = House(tmp_path, port_base)
    await first.open()
    try:
        with pytest.raises(AlreadyRunning, match="running already"):
            await House(tmp_path, port_base).start()
        assert Records(tmp_path / "run").get("supervisor") is not None
    finally:
        await first.stop()
    second = House(tmp_path, port_base)
    await second.open()
    await second.stop()


async def test_what_a_crash_left_running_is_ended_and_a_stranger_with_its_number_is_not(
    tmp_path: Path, port_base: int
) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(120)"]
    with subprocess.Popen(sleeper) as orphan, subprocess.Popen(sleeper) as stranger:  # noqa: ASYNC220
        records = Records(tmp_path / "run")
        records.write("card-service", orphan.pid)
        records.write("gateway", stranger.pid)
        stale = tmp_path / "run" / "gateway.json"
        stale.write_text(json.dumps(json.loads(stale.read_text()) | {"mark": "another start"}))
        (tmp_path / "run" / "torn.json").write_text('{"name": "to')
        house = House(tmp_path, port_base)
        await house.open()
        try:
            assert orphan.wait(5) != 0
            assert stranger.poll() is None
            assert {record.name for record in records.all()} == {"supervisor"}
        finally:
            await house.stop()
            stranger.kill()


def test_secrets_are_their_owners_alone_and_stay_the_same(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make_all()
    files = sorted((tmp_path / "secrets").iterdir())
    before = {file.name: file.read_bytes() for file in files}
    Keys(tmp_path).make_all()
    assert {file.name: file.read_bytes() for file in sorted((tmp_path / "secrets").iterdir())} == before
    assert len(files) == 6 + 4 + 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert len(set(before.values())) == len(before)


def test_a_finished_process_has_no_fingerprint_and_a_running_one_keeps_its_own() -> None:
    assert fingerprint(os.getpid()) == fingerprint(os.getpid()) is not None
    with subprocess.Popen([sys.executable, "-c", "pass"]) as short:
        short.wait()
    assert fingerprint(short.pid) is None


@pytest.mark.parametrize(("deaths", "pause"), [(1, 0), (2, 1), (3, 2), (4, 4), (7, 30), (70, 30)])
def test_who_keeps_dying_waits_longer(deaths: int, pause: float) -> None:
    assert pause_after(deaths) == pause


def test_a_trial_that_was_killed_is_swept_up_by_the_next_one_and_a_running_one_is_not() -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(120)"]
    with trial_folder() as running, subprocess.Popen(sleeper) as orphan:
        killed = Path(tempfile.mkdtemp(prefix=PREFIX, dir=ELSEWHERE))
        (killed / HELD).touch()
        os.utime(killed / HELD, (1, 1))
        os.utime(running / HELD, (1, 1))
        Records(killed / "run").write("postgres", orphan.pid)
        with trial_folder():
            assert orphan.wait(5) != 0
            assert not killed.exists()
            assert running.exists()
    assert not running.exists()
