"""Answers kept for a few seconds, a bounded number of them, asked for once however many wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """A small cache. Entries end at the moment they were given; when full, the oldest quarter goes."""

    def __init__(self, *, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._held: dict[K, tuple[V, float]] = {}
        self._asking: dict[K, asyncio.Task[tuple[V, float]]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        """What is known and has not ended."""
        known = self._held.get(key)
        return known[0] if known is not None and known[1] > self._monotonic() else None

    def put(self, key: K, value: V, *, for_s: float) -> None:
        """Keeps a value for that long from now."""
        if len(self._held) >= self._most:
            for old in list(self._held)[: max(1, self._most // 4)]:
                del self._held[old]
        self._held.pop(key, None)
        self._held[key] = (value, self._monotonic() + for_s)

    async def ask(self, key: K, how: Callable[[], Awaitable[tuple[V, float]]]) -> V:
        """What is known, or what `how` answers (a value and for how many seconds it may be kept).

        One question at a time for each key; a failure goes to everyone who waited and is not kept. A caller that
        goes away does not take the question with it.
        """
        known = self.get(key)
        if known is not None:
            return known
        task = self._asking.get(key)
        if task is None:
            task = asyncio.ensure_future(how())
            self._asking[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        value, _ = await asyncio.shield(task)
        return value

    def _answered(self, key: K, task: "asyncio.Task[tuple[V, float]]") -> None:
        del self._asking[key]
        # Looking at the exception here keeps one that nobody waits for any more from being reported as lost.
        if not task.cancelled() and task.exception() is None:
            value, for_s = task.result()
            if for_s > 0:
                self.put(key, value, for_s=for_s)
