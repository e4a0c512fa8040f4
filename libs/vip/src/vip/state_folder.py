"""The state folder: one supervisor at a time, a record of what it runs, logs that do not grow for ever."""

import fcntl
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import IO

from vip.places import POSTGRES
from vip.processes import LaunchProblem, Records, end

LOG_KEPT_BYTES = 20_000_000


class AlreadyRunning(LaunchProblem):
    """Another supervisor holds this state folder."""


class StateFolder:
    """Taken by a supervisor while it runs; the system frees it when the supervisor dies."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.logs = home / "logs"
        self.records = Records(home / "run")
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Makes the folder where it is missing and holds it. Raises AlreadyRunning."""
        self.home.mkdir(parents=True, exist_ok=True)
        # PostgreSQL runs as another user when we are root: it may walk through, and see nothing.
        self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        lock = (self.home / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyRunning(f"The house in {self.home} is running already; `vip status` shows it.") from None
        self._lock = lock
        for folder in (self.logs, self.home / "run"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_KEPT_BYTES:
                log.replace(log.with_suffix(".log.1"))

    def end_orphans(self, say: Callable[[str], None]) -> None:
        """Ends every process that an earlier supervisor recorded and left behind, and none that is not ours."""
        for record in self.records.all():
            if record.is_alive() and record.pid != os.getpid():
                say(f"Ending {record.name}, left over from an earlier start")
                first = signal.SIGINT if record.name == POSTGRES else signal.SIGTERM
                end(record.pid, record.mark, first=first, patience_s=20)
            self.records.forget(record.name)
        self.records.write("supervisor", os.getpid())

    def give_up(self) -> None:
        """Lets go of the folder, where it is held."""
        if self._lock is None:
            return
        self.records.forget("supervisor")
        self._lock.close()
        self._lock = None
