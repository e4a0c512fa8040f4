"""Alive, started, ready: three questions that a scheduler asks, answered without hurting what they ask about.

Readiness checks run at most every two seconds, all at once, each with its own limit; callers in between get the last
answer. Liveness looks at nothing but the process: a dead database must not make a scheduler kill healthy processes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger("health")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work before we take requests. `probe` returns when it does and raises when it does not."""

    name: str
    probe: Callable[[], Awaitable[object]]
    limit_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a small JSON object."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        """True for 200."""
        return self.status == 200


class Health:
    """The state of one process. Set `started` when it can take requests, `draining` when it is told to stop."""

    def __init__(
        self, checks: Sequence[Check] = (), *, cache_s: float = 2.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._checks = tuple(checks)
        self._cache_s = cache_s
        self._monotonic = monotonic
        self._results: dict[str, str] = {}
        self._known_until = float("-inf")
        self._asking = asyncio.Lock()
        self.started = False
        self.draining = False

    def livez(self) -> Answer:
        """200 while the event loop turns."""
        return Answer(200, {"status": "alive"})

    def startupz(self) -> Answer:
        """200 once started, and for good."""
        return Answer(200, {"status": "started"}) if self.started else Answer(503, {"status": "starting"})

    async def readyz(self, *, verbose: bool = False) -> Answer:
        """200 when started, not draining and every check passes; verbose names each check and its result."""
        if not self.started or self.draining:
            return Answer(503, {"status": "draining" if self.draining else "starting"})
        async with self._asking:
            if self._monotonic() >= self._known_until:
                results = await asyncio.gather(*(self._ask(check) for check in self._checks))
                self._results = dict(zip((check.name for check in self._checks), results, strict=True))
                self._known_until = self._monotonic() + self._cache_s
        ready = all(result == "ok" for result in self._results.values())
        body: dict[str, Any] = {"status": "ready" if ready else "not ready"}
        if verbose:
            body["checks"] = self._results
        return Answer(200 if ready else 503, body)

    async def _ask(self, check: Check) -> str:
        try:
            async with asyncio.timeout(check.limit_s):
                await check.probe()
        except Exception as failed:
            log.warning("check failed", check=check.name, reason=type(failed).__name__)
            return type(failed).__name__
        return "ok"
