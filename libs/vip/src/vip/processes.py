"""Children of the house: started, recorded on disk, recognised again after a crash, stopped in order."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


class LaunchProblem(Exception):
    """Something stands in the way of starting; the message says what, and what to do about it."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_port_base(count: int = 10) -> int:
    """The first of `count` free ports in a row, below those that systems hand out for outgoing connections."""
    while True:
        base = 20_000 + secrets.randbelow(1_000) * 10
        if not any(port_is_taken(port) for port in range(base, base + count)):
            return base


def port_is_taken(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1, or holds it so that we could not."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only lingers in TIME_WAIT is free for us.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def fingerprint(pid: int) -> str | None:
    """What tells this process from a later one with its number: the start time; None when it is gone or a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A process of ours as the last supervisor wrote it down."""

    name: str
    pid: int
    mark: str

    def is_alive(self) -> bool:
        """True only while this very process runs, not another that was given its number."""
        return fingerprint(self.pid) == self.mark


class Records:
    """Which processes are ours: one small file each, written at the start, removed at the stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, pid: int) -> None:
        mark = fingerprint(pid)
        if mark is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.json"
        draft.write_text(json.dumps({"name": name, "pid": pid, "mark": mark}))
        draft.replace(self._folder / f"{name}.json")

    def forget(self, name: str) -> None:
        (self._folder / f"{name}.json").unlink(missing_ok=True)

    def all(self) -> list[Recorded]:
        """Every record that can be read; a torn file is none (it was never completed)."""
        found = []
        for path in sorted(self._folder.glob("[!.]*.json")):
            with contextlib.suppress(ValueError, KeyError):
                row = json.loads(path.read_text())
                found.append(Recorded(name=str(row["name"]), pid=int(row["pid"]), mark=str(row["mark"])))
        return found

    def get(self, name: str) -> Recorded | None:
        return next((row for row in self.all() if row.name == name), None)


def end(pid: int, mark: str, *, first: signal.Signals, patience_s: float) -> None:
    """Asks the process to stop, waits, then kills it; never touches a different process that took the number since."""
    deadline = time.monotonic() + patience_s
    asked = False
    while fingerprint(pid) == mark:
        late = time.monotonic() > deadline
        with contextlib.suppress(ProcessLookupError):
            if late:
                os.kill(pid, signal.SIGKILL)
            elif not asked:
                os.kill(pid, first)
                asked = True
        time.sleep(0.05)


class Child:
    """One process of the house, with its log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        records: Records | None = None,
        user: int | None = None,
        group: int | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        patience_s: float = 15.0,
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.log = log
        self._env = dict(env)
        self._records = records
        self._user = user
        self._group = group
        self._cwd = cwd
        self._stop_signal = stop_signal
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Starts the process; its output is appended to the log file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self._process = self._spawn(out)
        if self._records is not None:
            self._records.write(self.name, self._process.pid)

    def _spawn(self, out: IO[bytes]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the supervisor alone, which stops the house in order.
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=self._env,
            cwd=self._cwd,
            start_new_session=True,
            user=self._user,
            group=self._group,
            extra_groups=[] if self._user is not None else None,
        )

    def exit_code(self) -> int | None:
        """None while it runs (or was never started)."""
        return self._process.poll() if self._process is not None else None

    def wait(self) -> int:
        """Waits for its end, however long; the exit code."""
        if self._process is None:
            raise LaunchProblem(f"{self.name} was never started.")
        return self._process.wait()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, as a crash would; the record stays, as after a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self._stop_signal)

    def wait_stopped(self) -> None:
        """Waits for the end it was asked for; kills it when its patience runs out."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=self._patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._records is not None:
            self._records.forget(self.name)

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_stopped()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for a message to a person."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
