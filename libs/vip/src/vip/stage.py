"""The stage of the story: who acts, what they did, how long it took, which events passed meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from vip.client import Api, Refused
from vip.happenings import Happening, Listening
from vip.people import Person, find_person
from vip.processes import LaunchProblem
from vip.telling import Teller

EVENT_WITHIN_S = 30.0
VIEW_WITHIN_S = 30.0
# How a service refuses what it has yet to hear of: a client, a unit, the branch above a unit.
NOT_KNOWN_YET = (404, 422)
NOT_KNOWN_YET_CODES = ("segment.unit-outside-branch",)


@dataclass(slots=True)
class Step:
    """One step of the story as it went."""

    number: int
    title: str
    actors: list[Person]
    details: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    ms: int = 0

    def tell(self, line: str) -> None:
        """Something worth seeing."""
        self.details.append(line)

    def as_row(self) -> dict[str, Any]:
        """For machines."""
        by = [{"subject": actor.subject, "role": actor.role, "unit": actor.unit_code} for actor in self.actors]
        return {
            "step": self.number,
            "title": self.title,
            "by": by,
            "ms": self.ms,
            "details": self.details,
            "events": self.events,
        }


class Stage:
    """Finds the people, waits for events and views, tells each step when it is over."""

    def __init__(self, api: Api, listening: Listening, teller: Teller) -> None:
        self.api = api
        self._listening = listening
        self._teller = teller
        self._cast: dict[tuple[str, str], Person] = {}
        self._passed: list[Happening] = []
        self._mine: Callable[[Happening], bool] = lambda happening: False
        self.steps: list[Step] = []

    def follow_client(self, client_id: str) -> None:
        """From now on events of this client are told."""
        self._mine = lambda happening: happening.data.get("client_id") == client_id

    async def person(self, role: str, unit: str) -> Person:
        """Somebody with this role at this unit; the same one each time."""
        if (role, unit) not in self._cast:
            self._cast[role, unit] = await find_person(self.api, role=role, unit=unit)
        return self._cast[role, unit]

    @asynccontextmanager
    async def step(self, title: str, *actors: Person) -> AsyncIterator[Step]:
        """One step: its title at once, its details, events and time when it is over."""
        step = Step(len(self.steps) + 1, title, list(actors))
        self.steps.append(step)
        who = ", ".join(f"{actor.role} {actor.subject} at {actor.unit_code}" for actor in actors)
        self._teller.rich(f"\n[bold]{step.number}. {title}[/bold]  [dim]{who}[/dim]")
        first, began = len(self._passed), time.monotonic()
        yield step
        step.ms = round((time.monotonic() - began) * 1000)
        for line in step.details:
            self._teller.say(f"   {line}")
        for happening in self._passed[first:]:
            if self._mine(happening):
                step.events.append(happening.type)
                self._teller.happening(happening, indent="   ")
        self._teller.rich(f"   [dim]{step.ms} ms[/dim]")

    async def event(self, kind: str, matches: Callable[[Happening], bool] | None = None) -> Happening:
        """The event of our client, passed already or still to come. Raises LaunchProblem when it does not come."""
        accept = matches or self._mine
        for happening in self._passed:
            if happening.type == kind and accept(happening):
                return happening
        found = await self._listening.until(
            lambda happening: happening.type == kind and accept(happening),
            within_s=EVENT_WITHIN_S,
            seen=self._passed.append,
        )
        if found is None:
            raise LaunchProblem(
                f"{kind} did not come within {EVENT_WITHIN_S:.0f} s; `vip status` and `vip logs` say more."
            )
        return found

    async def post_once_known(self, path: str, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
        """The answer to a POST about something that the service may hear of only in a moment."""
        key = str(uuid4())
        return await self.eventually(
            lambda: self.api.post(path, body, by=by, key=key), lambda answer: True, f"The answer of {path}"
        )

    async def eventually(
        self, ask: Callable[[], Awaitable[dict[str, Any]]], until: Callable[[dict[str, Any]], bool], what: str
    ) -> dict[str, Any]:
        """Asks again until the answer is as wanted: views follow events with a short delay."""
        deadline = time.monotonic() + VIEW_WITHIN_S
        while True:
            try:
                answer = await ask()
            except Refused as refused:
                early = refused.status in NOT_KNOWN_YET or refused.code in NOT_KNOWN_YET_CODES
                if not early or time.monotonic() > deadline:
                    raise
                answer = {}
            if answer and until(answer):
                return answer
            if time.monotonic() > deadline:
                raise LaunchProblem(f"{what} did not come within {VIEW_WITHIN_S:.0f} s.")
            await asyncio.sleep(0.1)
