"""Chains the audit rows of one service, so that a row changed, added or taken away afterwards is noticed.

Every seal holds the digest of its row (SHA-256 of its canonical JSON) and the chain: SHA-256(chain of the seal before +
digest). Once an hour the newest link is signed with the service's key and written to the log, which lies elsewhere: a
chain computed anew, or cut at its end, does not fit it. A row that retention removes leaves its digest, so the chain
stays checkable. An advisory lock lets one sealer work at a time; any process may run one.
"""

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from asyncpg import Record
from joserfc import jws
from joserfc.jwk import OKPKey

from chassis.db import Database, DatabaseAway, Tx
from chassis.query import prepare

SIGNATURE = "Ed25519"
AUDIT_COLUMNS = "id, at, act, subject, actor, object_type, object_id, client_id, purpose, detail, trace_id"
_LOCK = 0x5EA1
_BATCH = 1000
_HEAD_EVERY = timedelta(hours=1)
# Ids are given before the commit: a row may appear below ids already sealed for as long as its transaction lives.
_SETTLED_AFTER = timedelta(minutes=10)

_TRY_LOCK = prepare(sa.text("SELECT pg_try_advisory_xact_lock(:lock)"))
_LAST = prepare(sa.text("SELECT seq, chain, signature FROM audit_seals ORDER BY seq DESC LIMIT 1"))
_LAST_SIGNED = prepare(
    sa.text("SELECT sealed_at FROM audit_seals WHERE signature IS NOT NULL ORDER BY seq DESC LIMIT 1")
)
_SIGN = prepare(
    sa.text(
        "UPDATE audit_seals SET signature = :signature, key_id = :key_id, sealed_at = :at"
        " WHERE seq = :seq AND signature IS NULL"
    )
)
_UNSEALED = prepare(
    sa.text(
        f"SELECT {AUDIT_COLUMNS} FROM audit a WHERE a.id > :above"  # noqa: S608 - a constant of ours
        " AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id) ORDER BY a.id LIMIT :most"
    )
)
log = structlog.get_logger("audit")


def digest_of(row: Mapping[str, Any]) -> bytes:
    """What a seal keeps of a row. The canonical form never changes: old seals stay checkable."""
    return hashlib.sha256(canonical(row)).digest()


def chained(before: bytes, digest: bytes) -> bytes:
    """The link after `before` (empty for the first) over a row's digest."""
    return hashlib.sha256(before + digest).digest()


def canonical(row: Mapping[str, Any]) -> bytes:
    """One way to write a row: sorted keys, no spaces, UTF-8, instants in UTC with microseconds."""
    plain = {
        name: value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def head_statement(service: str, seq: int, chain: bytes, at: datetime) -> bytes:
    """What the signature of a link says: this service's chain had this value at this place then."""
    return canonical({"service": service, "seq": seq, "chain": chain.hex(), "at": at})


class Sealer:
    """Seals committed audit rows of one service's database within a second."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        signing_key: OKPKey,
        clock: Callable[[], datetime],
        every_s: float = 0.5,
    ) -> None:
        self._database = database
        self._service = service
        self._key = signing_key
        self._clock = clock
        self._every_s = every_s
        self._floor = 0
        self._sealed_up_to: deque[tuple[datetime, int]] = deque()

    async def run(self, stop: asyncio.Event) -> None:
        """Seals until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                sealed = await self.seal()
            except DatabaseAway:
                log.warning("sealing waits for the database")
                sealed = 0
            if sealed < _BATCH:
                try:
                    await asyncio.wait_for(stop.wait(), self._every_s)
                except TimeoutError:
                    continue

    async def seal(self) -> int:
        """One round in one transaction: how many rows were chained (0 as well while another sealer is at it)."""
        now = self._clock()
        async with self._database.transaction() as tx:
            if not await tx.fetchval(_TRY_LOCK, lock=_LOCK):
                return 0
            last_signed = await tx.fetchval(_LAST_SIGNED)
            head_due = last_signed is None or now - last_signed >= _HEAD_EVERY
            # The hourly round looks at all rows again, in case a transaction lived longer than we wait for.
            rows = await tx.fetch(_UNSEALED, above=0 if head_due else self._floor, most=_BATCH)
            seq, chain = await _chain(tx, rows, now)
            if head_due and len(rows) < _BATCH and seq > 0:
                await self._sign(tx, seq, chain, now)
        if rows:
            self._raise_floor(now, rows[-1]["id"])
        return len(rows)

    async def _sign(self, tx: Tx, seq: int, chain: bytes, now: datetime) -> None:
        key_id = self._key.kid or self._key.thumbprint()
        said = head_statement(self._service, seq, chain, now)
        signed = jws.serialize_compact({"alg": SIGNATURE, "kid": key_id}, said, self._key, algorithms=[SIGNATURE])
        if await tx.execute(_SIGN, seq=seq, signature=signed.encode(), key_id=key_id, at=now):
            log.info("audit head signed", seq=seq, chain=chain.hex())

    def _raise_floor(self, now: datetime, highest: int) -> None:
        self._sealed_up_to.append((now, highest))
        while self._sealed_up_to and now - self._sealed_up_to[0][0] >= _SETTLED_AFTER:
            self._floor = max(self._floor, self._sealed_up_to.popleft()[1])


async def _chain(tx: Tx, rows: Sequence[Record], now: datetime) -> tuple[int, bytes]:
    last = await tx.fetchrow(_LAST)
    seq, chain = (last["seq"], last["chain"]) if last else (0, b"")
    seals: list[tuple[int, int, bytes, bytes, datetime]] = []
    for row in rows:
        digest = digest_of(dict(row))
        seq, chain = seq + 1, chained(chain, digest)
        seals.append((seq, row["id"], digest, chain, now))
    if seals:
        await tx.copy("audit_seals", ("seq", "audit_id", "digest", "chain", "sealed_at"), seals)
    return seq, chain
