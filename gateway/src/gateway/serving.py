"""Two servers in one process, and a stop that loses no request: not ready, drain, close the public door, then the rest."""

import asyncio
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from chassis.logs import configure_logging
from chassis.tracing import configure_tracing
from starlette.types import ASGIApp

from gateway.opening import open_gateway
from gateway.routes import OWN
from gateway.settings import GatewaySettings

_CLOSING_S = 15
log = structlog.get_logger("gateway")


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process stops both servers in its own order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_for(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """A server that says nothing of itself and believes no forwarded address."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_CLOSING_S,
        h11_max_incomplete_event_size=64 * 1024,
        ws="none",
    )
    return _Server(config)


async def serve(settings: GatewaySettings) -> None:
    """Serves until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with open_gateway(settings) as doors:
        public = server_for(doors.public, settings.host, settings.public_port)
        internal = server_for(doors.internal, settings.internal_host, settings.internal_port)
        running = [asyncio.ensure_future(server.serve()) for server in (internal, public)]
        watching = asyncio.ensure_future(stopping.wait())
        doors.health.started = True
        # What is alive now stays alive: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        await asyncio.wait([*running, watching], return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping", drain_s=settings.drain_s)
        doors.health.draining = True
        await asyncio.sleep(settings.drain_s if stopping.is_set() else 0)
        for server, ended in ((public, running[1]), (internal, running[0])):
            server.should_exit = True
            await ended
        watching.cancel()


def run(settings: GatewaySettings) -> None:
    """Runs the process."""
    configure_logging(OWN, settings.log_level)
    tracing = configure_tracing(OWN, settings.otlp_endpoint)
    try:
        with asyncio.Runner(loop_factory=uvicorn.Config(app="", log_config=None).get_loop_factory()) as runner:
            runner.run(serve(settings))
    finally:
        if tracing is not None:
            tracing.shutdown()
