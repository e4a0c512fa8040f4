"""Each service over HTTP on a small bank of its own, seeded once a module: one may use up what another asks for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest
from chassis.db import Database
from chassis.http_client import HttpClient
from chassis.migrating import migrate
from vip.places import SERVICES

from .matrix import Place, service_named
from .small_bank import NOW, card_bank, complaint_bank, engagement_bank, registry_bank

BANKS = {
    "client-registry": registry_bank,
    "card-service": card_bank,
    "complaint-service": complaint_bank,
    "engagement-service": engagement_bank,
}


def _registry(request: httpx.Request) -> httpx.Response:
    """The registry as a peer: everybody is eligible."""
    return httpx.Response(200, json={"eligible": True, "decision_id": str(uuid4())})


@pytest.fixture(scope="module")
async def places(postgres, field_cipher, serve) -> AsyncIterator[dict[str, Place]]:
    """By service: its face, its database and the small bank's ids in it."""
    found: dict[str, Place] = {}
    async with AsyncExitStack() as stack:
        for name, package in SERVICES.items():
            service = service_named(name)
            url = await postgres.fresh_database(f"{package}_matrix")
            await migrate(url, migrations=service.migrations, metadata=service.metadata)
            database = await Database.open(url, name="matrix", cipher=field_cipher)
            stack.push_async_callback(database.close)
            known = await BANKS[name](database)
            peers = {} if name == "client-registry" else {"client-registry": "http://registry"}
            http = HttpClient(httpx.MockTransport(_registry))
            face = await stack.enter_async_context(serve(service, url, now=NOW, http=http, peers=peers))
            found[name] = Place(face, database, known)
        yield found
