"""Leaves a broken neighbour alone for a moment, so that callers hear at once what they would otherwise wait for."""

import time
from collections.abc import Callable
from enum import StrEnum

_SLICES = 10


class State(StrEnum):
    """Closed lets through, open refuses, half-open lets a few through to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Opens when, over the last `window_s`, at least `least` calls were made and `rate_percent` of them failed.

    After `open_s` it lets `probes` calls through; when all of those succeed it closes, when one fails it opens again.
    """

    def __init__(
        self,
        *,
        window_s: int = 10,
        least: int = 20,
        rate_percent: int = 50,
        open_s: int = 2,
        probes: int = 3,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slice_s = window_s / _SLICES
        self._least, self._rate, self._open_s, self._probes = least, rate_percent, open_s, probes
        self._monotonic = monotonic
        self._slices: dict[int, list[int]] = {}
        self._opened_at = 0.0
        self._probing = 0
        self._probed_well = 0
        self.state = State.CLOSED

    def admits(self) -> bool:
        """Whether a call may be made now. Whoever was admitted says `succeeded`, `failed` or `given_up`, once."""
        if self.state is State.OPEN and self._monotonic() - self._opened_at >= self._open_s:
            self.state, self._probing, self._probed_well = State.HALF_OPEN, 0, 0
        if self.state is State.HALF_OPEN:
            if self._probing + self._probed_well >= self._probes:
                return False
            self._probing += 1
        return self.state is not State.OPEN

    def retry_after_s(self) -> int:
        """Whole seconds until asking again makes sense."""
        return max(1, round(self._open_s - (self._monotonic() - self._opened_at)))

    def succeeded(self) -> None:
        """The neighbour answered, whatever it said."""
        if self.state is State.HALF_OPEN:
            self._probing = max(0, self._probing - 1)
            self._probed_well += 1
            if self._probed_well >= self._probes:
                self.state = State.CLOSED
                self._slices.clear()
        elif self.state is State.CLOSED:
            self._current()[0] += 1

    def failed(self) -> None:
        """The neighbour could not be reached, broke off, or was too slow."""
        if self.state is State.HALF_OPEN:
            self._open()
        elif self.state is State.CLOSED:
            self._current()[1] += 1
            good = sum(counts[0] for counts in self._slices.values())
            bad = sum(counts[1] for counts in self._slices.values())
            if good + bad >= self._least and bad * 100 >= self._rate * (good + bad):
                self._open()

    def given_up(self) -> None:
        """The caller went away before the neighbour could show anything."""
        if self.state is State.HALF_OPEN:
            self._probing = max(0, self._probing - 1)

    def _open(self) -> None:
        self.state, self._opened_at = State.OPEN, self._monotonic()
        self._slices.clear()

    def _current(self) -> list[int]:
        now = int(self._monotonic() / self._slice_s)
        if now not in self._slices:
            for old in [slice_ for slice_ in self._slices if slice_ <= now - _SLICES]:
                del self._slices[old]
            self._slices[now] = [0, 0]
        return self._slices[now]
