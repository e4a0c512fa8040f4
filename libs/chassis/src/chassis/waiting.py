"""Waiting between two looks: shorter while there is work, longer while there is none, over at once on a stop."""

import asyncio


class Pace:
    """A pause that doubles from `first` to `longest` seconds until it is reset."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def slower(self) -> float:
        """The pause to make now; the following one is longer."""
        pause = self._next
        self._next = min(self._next * 2, self._longest)
        return pause

    def reset(self) -> None:
        self._next = self._first


async def wait_for_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Pause; True as soon as `stop` is set."""
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return stop.is_set()
    return True
