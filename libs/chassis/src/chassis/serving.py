"""One process at work: its port, its roles side by side in one loop, and a stop that loses nothing."""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from chassis.runtime import Runtime

# In-flight requests get this long after the stop was asked for, then roles the same.
DRAIN_S = 10
_LOOK_AGAIN_S = 2.0
log = structlog.get_logger("process")

Role = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


class PortTaken(Exception):
    """Another process listens where we should."""


class RoleEnded(Exception):
    """A role that should run until the stop has ended by itself: the process ends too and is started anew."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process decides when to stop, and in which order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `PortTaken` with a sentence that names the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as refused:
        bound.close()
        if refused.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} on {host} is taken by another process") from refused
        raise PortTaken(f"port {port} on {host} cannot be opened: {refused.strerror}") from refused
    return bound


async def serve(runtime: Runtime, app: ASGIApp, bound: socket.socket, roles: Mapping[str, Role]) -> None:
    """Serves `app` and runs the roles until SIGTERM or SIGINT. Raises `RoleEnded` when a role fails.

    The stop: not ready any more, requests in flight finished, roles stopped, everything closed.
    """
    stop = asyncio.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_, stop.set)
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[bound]), name="server")
    stop_roles = asyncio.Event()
    running = {asyncio.create_task(role(stop_roles), name=name) for name, role in roles.items()}
    watching = asyncio.create_task(_watch_database(runtime, stop), name="database")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    runtime.health.started = True
    # What was loaded so far lives as long as the process: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    log.info("started", address=f"{bound.getsockname()[0]}:{bound.getsockname()[1]}", roles=sorted(roles))
    try:
        await asyncio.wait({serving, stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in (serving, *running) if task.done()]
    finally:
        runtime.health.draining = True
        stop.set()
        log.info("stopping")
        server.should_exit = True
        await _end([serving, watching, stopping])
        stop_roles.set()
        await _end(running)
        await runtime.close()
        log.info("stopped")
    if failed:
        raise RoleEnded(f"{failed[0].get_name()} ended by itself") from failed[0].exception()


async def _end(tasks: Sequence[asyncio.Task[Any]] | set[asyncio.Task[Any]]) -> None:
    """Lets the tasks finish, at most some seconds more than the drain takes; then they are cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=DRAIN_S + 5)
    for task in late:
        log.warning("cancelled", task=task.get_name())
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            log.error("role failed", exc_info=outcome)


async def _watch_database(runtime: Runtime, stop: asyncio.Event) -> None:
    """Says that the database is waited for, and when it has come; requests are answered with 503 in between."""
    away = False
    while not stop.is_set():
        ready = (await runtime.health.readyz()).ok
        if ready and away:
            log.info("the database is here")
        if ready:
            return
        if not away:
            log.warning("waiting for the database")
        away = True
        try:
            await asyncio.wait_for(stop.wait(), _LOOK_AGAIN_S)
        except TimeoutError:
            continue
