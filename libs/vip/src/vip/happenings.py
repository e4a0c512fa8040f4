"""Events as they pass: read from the broker, told in one line each."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer

from vip.broker import TOPICS

LEFT_OUT = {"client_id", "decision_id", "policy_version", "synthetic"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One event from a topic."""

    topic: str
    type: str
    source: str
    subject: str
    time: str
    version: int | None
    data: dict[str, Any]

    def as_row(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)

    def brief(self, room: int = 90) -> str:
        """The data in a few words."""
        told = ", ".join(
            f"{name}={_short(value)}" for name, value in self.data.items() if name not in LEFT_OUT and value is not None
        )
        return told if len(told) <= room else told[: room - 1] + "…"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]" if len(value) > 5 else "[" + " ".join(_short(part) for part in value) + "]"
    text = str(value)
    return text[-8:] if len(text) == 36 and text.count("-") == 4 else text


def parse(topic: str, value: bytes | None) -> Happening | None:
    """A happening from a message; None for what is no CloudEvent."""
    try:
        event = json.loads(value or b"")
        return Happening(
            topic=topic,
            type=str(event["type"]),
            source=str(event.get("source", "")),
            subject=str(event.get("subject", "")),
            time=str(event.get("time", "")),
            version=event.get("aggregateversion"),
            data=dict(event.get("data") or {}),
        )
    except (ValueError, KeyError, TypeError):
        return None


class Listening:
    """Hears every topic from now on (or from the beginning), without a group: it takes nothing from anybody."""

    def __init__(self, bootstrap: str, *, from_beginning: bool = False) -> None:
        self._consumer = AIOKafkaConsumer(
            *TOPICS, bootstrap_servers=bootstrap, auto_offset_reset="earliest" if from_beginning else "latest"
        )
        self._from_beginning = from_beginning

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        if not self._from_beginning:
            await self._consumer.seek_to_end()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def pass_by(self, *, quiet_s: float | None = None) -> AsyncIterator[Happening]:
        """Each event as it comes; ends after `quiet_s` without one, or never."""
        while True:
            try:
                message = await asyncio.wait_for(self._consumer.getone(), quiet_s)
            except TimeoutError:
                return
            happening = parse(message.topic, message.value)
            if happening is not None:
                yield happening

    async def until(
        self, wanted: Callable[[Happening], bool], *, within_s: float, seen: Callable[[Happening], None]
    ) -> Happening | None:
        """Tells each event that passes to `seen` until the wanted one came; None when it did not come in time."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = await asyncio.wait_for(self._consumer.getone(), left)
            except TimeoutError:
                return None
            happening = parse(message.topic, message.value)
            if happening is None:
                continue
            seen(happening)
            if wanted(happening):
                return happening
        return None
