"""The frame alone: sealing fields, checking tokens, the middleware stack."""

import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from chassis.identity import Grant, Principal
from chassis.tokens import ALGORITHM, Verifier
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from ground import Ground
from joserfc import jws
from joserfc.jwk import OKPKey
from measuring import Measure, Reading
from vip.processes import Child

RECORDS = 20_000
TOKENS = 3_000
FIELDS = (("clients.name", "王小明"), ("clients.identity_number", "110101198001010010"),
          ("client_contacts.value", "13812345678"), ("clients.birth_date", "1980-01-01"))  # fmt: skip
INDEXES = (("clients.identity_number", "resident_id:110101198001010010"), ("client_contacts.value", "13812345678"))


def _rate(count: int, work: Callable[[], None]) -> Reading:
    began = time.process_time()
    work()
    return Reading(count / (time.process_time() - began))


class Sealing:
    """Four fields and two blind indexes a record."""

    def __init__(self, ground: Ground) -> None:
        self._cipher = ground.cipher
        self._aead = AESGCMSIV(os.urandom(32))
        self._index_key = os.urandom(32)

    async def floor(self) -> Reading:
        def work() -> None:
            for _ in range(RECORDS):
                row_id = uuid4().bytes
                for column, plain in FIELDS:
                    nonce = os.urandom(12)
                    nonce + self._aead.encrypt(nonce, plain.encode(), column.encode() + row_id)
                for _, value in INDEXES:
                    hmac.digest(self._index_key, value.encode(), hashlib.sha256)[:16]

        return _rate(RECORDS, work)

    async def ours(self) -> Reading:
        def work() -> None:
            for _ in range(RECORDS):
                row_id = uuid4()
                for column, plain in FIELDS:
                    self._cipher.seal(column, row_id, plain)
                for column, value in INDEXES:
                    self._cipher.index(column, value)

        return _rate(RECORDS, work)


class _OneKey:
    def __init__(self, key: OKPKey) -> None:
        self._key = key

    async def find(self, issuer: str, kid: str) -> OKPKey | None:
        return self._key


class TokenCheck:
    """The token of one caller, checked again and again: by signature alone, and by our verifier with its cache."""

    def __init__(self, ground: Ground) -> None:
        who = Principal("staff:1001", (Grant("relationship_manager", "/hq/bj/", "own"),))
        self._token = ground.token(who, service="client-registry")
        self._ground, self._who, self._key = ground, who, ground.gateway_key

    def _verifier(self) -> Verifier:
        return Verifier(audience="client-registry", issuers={"gateway"}, keys=_OneKey(self._key))

    async def floor(self) -> Reading:
        def work() -> None:
            for _ in range(TOKENS):
                jws.deserialize_compact(self._token, self._key, algorithms=[ALGORITHM])

        return _rate(TOKENS, work)

    async def ours(self) -> Reading:
        token, verifier, count = self._ground.token(self._who, service="client-registry"), self._verifier(), TOKENS * 20
        fresh = [self._verifier() for _ in range(200)]
        began = time.process_time()
        for verifier_of_one in fresh:
            await verifier_of_one.verify(token)
        first_us = (time.process_time() - began) / len(fresh) * 1e6
        began = time.process_time()
        for _ in range(count):
            await verifier.verify(token)
        return Reading(count / (time.process_time() - began), {"first check µs": first_us})


class Stack:
    """An answer without a database, bare and inside our middleware."""

    def __init__(self, ground: Ground, plain: tuple[str, Child], measured: tuple[str, Child]) -> None:
        self._ground, self._plain, self._measured = ground, plain, measured

    async def floor(self) -> Reading:
        return await self._read(*self._plain)

    async def ours(self) -> Reading:
        return await self._read(*self._measured)

    async def _read(self, at: str, child: Child) -> Reading:
        return await self._ground.serve(child, "GET", [f"{at}/rows/{uuid4()}"], {})


@asynccontextmanager
async def sealing(ground: Ground) -> AsyncIterator[Sealing]:
    yield Sealing(ground)


@asynccontextmanager
async def token_check(ground: Ground) -> AsyncIterator[TokenCheck]:
    yield TokenCheck(ground)


@asynccontextmanager
async def stack(ground: Ground) -> AsyncIterator[Stack]:
    async with ground.floor_app("plain") as plain, ground.floor_app("measured") as measured:
        yield Stack(ground, plain, measured)


MEASURES = (
    Measure(
        name="fields", work="field encryption, records", goal="≥ 0.67 (1.5 × CPU)", least=0.67, prepare=sealing,
        rounds=5,
    ),
    Measure(name="token", work="token check", goal="≥ 10 (cached)", least=10.0, prepare=token_check),
    Measure(name="middleware", work="middleware stack", goal="≥ 0.8", least=0.8, prepare=stack, rounds=5),
)  # fmt: skip
