"""What a person may do and where: asked of the registry, kept at most 20 seconds. No answer, no access."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from chassis.identity import Grant, Principal
from chassis.refusals import TryLater

from gateway.refusals import NoRights, RightsUnknown
from gateway.remembered import Remembered

CACHE_S = 20
# A person just posted should not wait 20 s because they tried too early.
_CACHE_UNKNOWN_S = 2
_MOST = 20_000
log = structlog.get_logger("rights")

Ask = Callable[[str], Awaitable[tuple[int, Mapping[str, Any]]]]


class Principals:
    """Callers with their grants. `ask` puts a subject to the registry: a status and its JSON answer."""

    def __init__(self, ask: Ask, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._known: Remembered[str, Principal] = Remembered(most=_MOST, monotonic=monotonic)

    async def principal_of(self, subject: str) -> Principal:
        """The caller. Raises `NoRights` for one the registry does not know, `RightsUnknown` without an answer."""
        known = self._known.get(subject)
        if known is None:
            known = await self._known.ask(subject, lambda: self._fetch(subject))
        if not known.grants:
            raise NoRights()
        return known

    async def _fetch(self, subject: str) -> tuple[Principal, float]:
        try:
            status, answer = await self._ask(subject)
        except TryLater as away:
            raise RightsUnknown() from away
        if status == 404:
            return Principal(subject), _CACHE_UNKNOWN_S
        if status != 200:
            log.error("the registry refuses to say what callers may do", status=status)
            raise RightsUnknown()
        try:
            grants = tuple(_grant(entry) for entry in answer["grants"])
        except (KeyError, TypeError, ValueError) as broken:
            log.error("the registry's answer cannot be read", reason=type(broken).__name__)
            raise RightsUnknown() from broken
        return Principal(subject, grants), CACHE_S if grants else _CACHE_UNKNOWN_S


def _grant(entry: Mapping[str, Any]) -> Grant:
    until = entry.get("until")
    reach = entry["reach"]
    if reach not in {"own", "unit"}:
        raise ValueError("reach")
    return Grant(entry["role"], entry["unit_path"], reach, None if until is None else datetime.fromisoformat(until))
