"""A caller recognised at the gateway of a whole house: tier, manager, cards and open complaints in one answer."""

import asyncio
import csv
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
from ground import Ground
from measuring import Measure, Reading
from vip.client import Api
from vip.example.book import write_book
from vip.first_start import SEED, book_profile, organisation_file
from vip.house import House
from vip.importing import ImportFiles, follow, send_import
from vip.people import STEWARD
from vip.places import GATEWAY, ISSUER
from vip.processes import free_port_base
from vip.standing import forget

CLIENTS = 60
CALLS = 240
AT_ONCE = 4
PATIENCE_S = 60
AGENT = "staff:900006"
LOOSE = {"GATEWAY_REQUESTS_PER_MINUTE": "1000000", "GATEWAY_RECOGNITIONS_PER_MINUTE": "1000000"}


class Recognition:
    """Floor: one client file read. Ours: the caller card, after a look-up that is not timed."""

    def __init__(
        self, session: aiohttp.ClientSession, at: str, tokens: tuple[str, str], files: list[str],
        callers: list[tuple[str, str]],
    ) -> None:  # fmt: skip
        self._session, self._at, self._files, self._callers = session, at, files, callers
        self._steward, self._agent = ({"Authorization": f"Bearer {token}", "Accept-Language": "en"} for token in tokens)

    async def floor(self) -> Reading:
        async def read(number: int) -> float:
            began = time.perf_counter()
            url = f"{self._at}/v1/clients/{self._files[number % len(self._files)]}"
            async with self._session.get(url, headers=self._steward) as answer:
                await answer.read()
                assert answer.status == 200, f"GET client: {answer.status}"
            return time.perf_counter() - began

        return await _waits(read)

    async def ours(self) -> Reading:
        incomplete = 0

        async def recognise(number: int) -> float:
            nonlocal incomplete
            took, complete = await self._card(number)
            incomplete += not complete
            return took

        reading = await _waits(recognise)
        return Reading(reading.value, {**reading.notes, "incomplete": incomplete})

    async def ready(self) -> None:
        """Returns when the other services have heard of the clients and a card comes whole."""
        ends = time.monotonic() + PATIENCE_S
        while not (await self._card(0))[1]:
            if time.monotonic() > ends:
                raise RuntimeError("no caller card came whole")
            await asyncio.sleep(0.2)

    async def _card(self, number: int) -> tuple[float, bool]:
        """How long it took, and whether every part was there: one that is late is left out and says so."""
        phone, last4 = self._callers[number % len(self._callers)]
        found = await self._post("/v1/client-lookups", {"phone": phone, "purpose": "recognition"})
        began = time.perf_counter()
        card = await self._post("/v1/caller-cards", {"lookup_id": found["lookup_id"], "identity_last4": last4})
        took = time.perf_counter() - began
        return took, all(card[part].get("data") is not None for part in ("cards", "complaints"))

    async def _post(self, path: str, body: dict[str, str]) -> dict[str, dict[str, object]]:
        headers = {**self._agent, "Idempotency-Key": uuid4().hex}
        async with self._session.post(f"{self._at}{path}", json=body, headers=headers) as answer:
            told: dict[str, dict[str, object]] = await answer.json()
            assert answer.status < 400, f"{path}: {answer.status} {told}"
            return told


async def _waits(act: Callable[[int], Awaitable[float]]) -> Reading:
    async def caller(first: int) -> list[float]:
        return [await act(number) for number in range(first, CALLS, AT_ONCE)]

    waits = sorted(wait for own in await asyncio.gather(*map(caller, range(AT_ONCE))) for wait in own)
    return Reading(waits[int(len(waits) * 0.99)] * 1000, {"p50 ms": statistics.median(waits) * 1000})


@asynccontextmanager
async def recognition(ground: Ground) -> AsyncIterator[Recognition]:
    home = ground.folder / "house"
    home.mkdir(exist_ok=True)
    house = House(home, free_port_base(), environment={**os.environ, **LOOSE})
    await house.start(organisation=organisation_file(home, CLIENTS))
    try:
        at = house.ports.url(GATEWAY)
        async with Api(at, house.ports.url(ISSUER)) as api, aiohttp.ClientSession() as session:
            book = home / "few.csv"
            await asyncio.to_thread(write_book, book, clients=CLIENTS, seed=SEED, today=ground.now().date())
            given = ImportFiles(profile=book_profile(), files=[book])
            await follow(api, (await send_import(api, given, by=STEWARD))["operation_id"], by=STEWARD)
            files = [file["client_id"] async for file in api.items("/v1/clients", by=STEWARD, limit=200)]
            tokens = (await api.token(STEWARD), await api.token(AGENT))
            sides = Recognition(session, at, tokens, files, await asyncio.to_thread(_callers, book))
            await sides.ready()
            yield sides
    finally:
        await house.stop()
        forget(home)


def _callers(book: Path) -> list[tuple[str, str]]:
    with book.open(encoding="utf-8", newline="") as file:
        return [(row["mobile"], row["identity_number"][-4:]) for row in csv.DictReader(file)]


MEASURES = (
    Measure(
        name="recognition", work="recognise a caller, p99", goal="p99 ≤ 3 × a plain read", unit="ms", better="less",
        least=1 / 3, prepare=recognition,
    ),
)  # fmt: skip
