"""A house in which every role of every service is a process of its own, so that each can be killed alone."""

import os
from collections.abc import AsyncIterator

import pytest
from vip.client import Api
from vip.house import House
from vip.places import GATEWAY, ISSUER
from vip.trial import trial_house


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    broker = "kafka" if "VIP_TEST_KAFKA" in os.environ else "embedded"
    async with trial_house(broker=broker, split_processes=True) as house:
        yield house


@pytest.fixture(scope="module")
async def api(house: House) -> AsyncIterator[Api]:
    async with Api(house.ports.url(GATEWAY), house.ports.url(ISSUER)) as api:
        yield api
