"""The whole house, started once a session in a folder of its own on ports of its own."""

import os
from collections.abc import AsyncIterator

import pytest
from vip.client import Api
from vip.happenings import Listening
from vip.house import House
from vip.places import GATEWAY, ISSUER
from vip.trial import trial_house


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    """Everything running and ready, with the example organisation and no clients.

    The embedded broker, or an Apache Kafka of its own where VIP_TEST_KAFKA asks for Kafka: a broker that other tests
    use too would tell this house of clients that it does not have.
    """
    async with trial_house(broker="kafka" if "VIP_TEST_KAFKA" in os.environ else "embedded") as house:
        yield house


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
