"""The whole house, started once a session in a folder of its own on ports of its own."""

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from vip.client import Api
from vip.first_start import organisation_file
from vip.happenings import Listening
from vip.house import House
from vip.places import GATEWAY, ISSUER, default_home
from vip.processes import free_port_base
from vip.standing import forget

CLIENTS = 100


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    """Everything running and ready, with the example organisation and no clients.

    The embedded broker, or an Apache Kafka of its own where VIP_TEST_KAFKA asks for Kafka: a broker that other tests
    use too would tell this house of clients that it does not have.
    """
    with tempfile.TemporaryDirectory(prefix="vip-journeys-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        house = House(
            home,
            free_port_base(),
            broker="kafka" if "VIP_TEST_KAFKA" in os.environ else "embedded",
            jars=default_home() / "jars",
            durable=False,
        )
        await house.start(organisation=organisation_file(home, CLIENTS))
        yield house
        await house.stop()
        forget(home)


@pytest.fixture(scope="session")
async def api(house: House) -> AsyncIterator[Api]:
    """The public API of the house."""
    async with Api(house.ports.url(GATEWAY), house.ports.url(ISSUER)) as api:
        yield api


@pytest.fixture
async def listening(house: House) -> AsyncIterator[Listening]:
    """Events from now on."""
    async with Listening(house.bootstrap) as listening:
        yield listening
