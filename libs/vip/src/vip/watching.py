"""Keeps the house standing: a part that dies is started again, later and later while it keeps dying."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from vip.house import House
from vip.processes import LaunchProblem

LOOK_EVERY_S = 0.25
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0


@dataclass(slots=True)
class _Watched:
    deaths: int = 0
    died_at: float = field(default=float("-inf"))
    start_at: float | None = None


def pause_after(deaths: int, longest_s: float = LONGEST_PAUSE_S) -> float:
    """How long to wait before the next start: none after the first death, then a second, doubling up to the longest."""
    return 0.0 if deaths <= 1 else min(longest_s, float(2 ** min(deaths - 2, 30)))


async def watch(
    house: House,
    *,
    say: Callable[[str], None],
    until: asyncio.Event,
    longest_pause_s: float = LONGEST_PAUSE_S,
    but: Collection[str] = (),
) -> None:
    """Restarts what dies (`but` those) until `until` is set. Each death and each start is said."""
    seen: dict[str, _Watched] = {name: _Watched() for name in house.names() if name not in but}
    while not until.is_set():
        for name, watched in seen.items():
            await _look(house, name, watched, say, longest_pause_s)
        try:
            await asyncio.wait_for(until.wait(), LOOK_EVERY_S)
        except TimeoutError:
            continue


async def _look(house: House, name: str, watched: _Watched, say: Callable[[str], None], longest_pause_s: float) -> None:
    now = time.monotonic()
    child = house.parts[name].child
    if watched.start_at is None:
        if child is not None and child.is_running():
            return
        if now - watched.died_at > STEADY_AFTER_S:
            watched.deaths = 0
        watched.deaths += 1
        watched.died_at = now
        pause = pause_after(watched.deaths, longest_pause_s)
        watched.start_at = now + pause
        code = child.exit_code() if child is not None else None
        say(f"{name} ended (code {code}); starting it again" + (f" in {pause:.0f} s" if pause else ""))
    if now >= watched.start_at:
        watched.start_at = None
        try:
            await house.restart(name)
        except LaunchProblem as problem:
            say(f"{name}: {problem}")
