"""Readiness asks seldom, asks all at once, and never waits longer than it said."""

import asyncio

import pytest
from chassis.health import Check, Health


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Probe:
    def __init__(self, *, raises: Exception | None = None, takes_s: float = 0.0) -> None:
        self.asked, self.raises, self.takes_s = 0, raises, takes_s

    async def __call__(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        if self.raises:
            raise self.raises


def started(*checks: Check, clock: Clock | None = None) -> Health:
    health = Health(checks, monotonic=clock or Clock())
    health.started = True
    return health


async def test_checks_are_asked_once_in_two_seconds_however_many_callers() -> None:
    probe, clock = Probe(), Clock()
    health = started(Check("database", probe), clock=clock)
    assert all(answer.ok for answer in await asyncio.gather(*(health.readyz() for _ in range(20))))
    assert probe.asked == 1
    clock.now = 2.0
    await health.readyz()
    assert probe.asked == 2


async def test_a_failing_check_makes_us_unready_and_is_named_without_its_text() -> None:
    health = started(Check("database", Probe(raises=OSError("password=hunter2"))), Check("broker", Probe()))
    answer = await health.readyz(verbose=True)
    assert answer.status == 503
    assert answer.body["checks"] == {"database": "OSError", "broker": "ok"}
    assert health.livez().ok


async def test_a_check_that_hangs_is_cut_off_at_its_limit() -> None:
    health = started(Check("database", Probe(takes_s=30), limit_s=0.05))
    async with asyncio.timeout(1):
        assert (await health.readyz(verbose=True)).body["checks"] == {"database": "TimeoutError"}


@pytest.mark.parametrize(
    ("is_started", "is_draining", "status"), [(False, False, "starting"), (True, True, "draining")]
)
async def test_before_the_start_and_while_draining_we_are_not_ready(
    is_started: bool, is_draining: bool, status: str
) -> None:
    probe = Probe()
    health = Health([Check("database", probe)])
    health.started, health.draining = is_started, is_draining
    answer = await health.readyz()
    assert (answer.status, answer.body["status"], probe.asked) == (503, status, 0)
    assert health.startupz().ok is is_started
