"""A house to try things on: in a folder of its own, on free ports, gone without a trace afterwards."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vip.first_start import organisation_file
from vip.house import House
from vip.places import default_home
from vip.processes import free_port_base
from vip.standing import forget


@asynccontextmanager
async def trial_house(
    *, clients: int = 100, broker: str = "embedded", split_processes: bool = False
) -> AsyncIterator[House]:
    """Everything running and ready, with the example organisation for so many clients, and no clients yet.

    Nothing in it survives a crash of the machine.
    """
    with tempfile.TemporaryDirectory(prefix="vip-trial-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        house = House(
            home,
            free_port_base(),
            broker=broker,
            split_processes=split_processes,
            jars=default_home() / "jars",
            durable=False,
        )
        await house.start(organisation=organisation_file(home, clients))
        try:
            yield house
        finally:
            await house.stop()
            forget(home)
