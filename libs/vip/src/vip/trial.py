"""A house to try things on: in a folder of its own, on free ports, gone without a trace afterwards."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from vip.first_start import organisation_file
from vip.house import House
from vip.places import default_home
from vip.postgres_place import ELSEWHERE
from vip.processes import free_port_base
from vip.standing import bring_down, forget

PREFIX = "vip-trial-"
HELD = "held"
# Between the making of the mark and the holding of it nobody else may step in.
JUST_MADE_S = 30


@contextmanager
def trial_folder() -> Iterator[Path]:
    """A folder that every user can walk through, removed at the end with all that still runs in it.

    What an earlier trial left behind, because it was killed, goes first.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=ELSEWHERE))
    with (folder / HELD).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            _remove(folder)


def _sweep() -> None:
    for folder in ELSEWHERE.glob(f"{PREFIX}*"):
        # A file that vanishes under us belongs to a trial that is just ending.
        with contextlib.suppress(FileNotFoundError, BlockingIOError, PermissionError):
            made = folder.stat()
            if made.st_uid != os.geteuid() or time.time() - (folder / HELD).stat().st_mtime < JUST_MADE_S:
                continue
            with (folder / HELD).open("r+") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)


def _remove(folder: Path) -> None:
    bring_down(folder, patience_s=5)
    forget(folder)
    shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def trial_house(
    *, clients: int = 100, broker: str = "embedded", split_processes: bool = False
) -> AsyncIterator[House]:
    """Everything running and ready, with the example organisation for so many clients, and no clients yet.

    Nothing in it survives a crash of the machine.
    """
    with trial_folder() as home:
        house = House(
            home,
            free_port_base(),
            broker=broker,
            split_processes=split_processes,
            jars=default_home() / "jars",
            durable=False,
        )
        organisation = await asyncio.to_thread(organisation_file, home, clients)
        await house.start(organisation=organisation)
        try:
            yield house
        finally:
            await house.stop()
