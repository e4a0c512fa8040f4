"""`vip up`: start the house, on the first start fill it, watch over it until it is told to stop."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Coroutine
from typing import Any

from vip.client import Refused, Unreachable
from vip.first_start import fill, organisation_file
from vip.house import House
from vip.places import GATEWAY, ISSUER
from vip.processes import LaunchProblem
from vip.standing import since
from vip.telling import Teller
from vip.watching import watch


async def run_up(house: House, teller: Teller, *, clients: int, demo: bool) -> None:
    """Runs until Ctrl-C or SIGTERM. Raises LaunchProblem when something stands in the way of starting."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    # SIGHUP too: a closed terminal is a way of saying stop.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    started = time.monotonic()
    try:
        if await _cut_short(_start(house, clients), stopping):
            return
        teller.say(f"Everything is ready after {since(started)}.")
        watching = asyncio.create_task(watch(house, say=teller.say, until=stopping))
        try:
            if demo and await _cut_short(_fill(house, teller, clients), stopping):
                return
            _summary(house, teller)
            # The watch ends before the stop only by an error, which is then told.
            await asyncio.wait({watching, asyncio.ensure_future(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.set()
            await watching
    finally:
        teller.say("Stopping ...")
        await house.stop()
    teller.say("Stopped. The data stays.")


async def _start(house: House, clients: int) -> None:
    await house.start(organisation=await asyncio.to_thread(organisation_file, house.home, clients))


async def _fill(house: House, teller: Teller, clients: int) -> None:
    """The example, where it is not there yet. A problem with it is told and leaves the house standing."""
    try:
        await fill(house, teller, clients=clients)
    except (LaunchProblem, Refused, Unreachable) as problem:
        teller.problem(str(problem))
        teller.say("The example is not complete; the next start goes on with it.")


async def _cut_short(work: Coroutine[Any, Any, None], stopping: asyncio.Event) -> bool:
    """Does the work, unless told to stop meanwhile: then it is broken off, and taken up again at the next start."""
    task = asyncio.create_task(work)
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            return True
        await task
        return False
    finally:
        stop.cancel()


def _summary(house: House, teller: Teller) -> None:
    ports = house.ports
    teller.table(
        ("", ""),
        [
            ("API (gateway)", ports.url(GATEWAY)),
            ("Documentation of the API", f"{ports.url(GATEWAY)}/docs"),
            ("Tokens (development issuer)", ports.url(ISSUER)),
            ("PostgreSQL", f"127.0.0.1:{ports.postgres}"),
            ("Kafka", house.bootstrap),
            ("Logs", str(house.logs)),
        ],
    )
    teller.say(
        "Next: vip demo | vip people | vip token --role branch_personal_banking | vip events --follow | vip status"
    )
    teller.say("Ctrl-C stops everything; the data stays.")
