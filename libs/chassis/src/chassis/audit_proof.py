"""Checks the sealed audit of a service: what was changed, taken away, slipped in, or never sealed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from asyncpg import Record
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.db import Tx
from chassis.query import prepare
from chassis.sealer import AUDIT_COLUMNS, SIGNATURE, chained, digest_of, head_statement

_BATCH = 5000
_NAMES = tuple(name.strip() for name in AUDIT_COLUMNS.split(","))
_SEALED = prepare(
    sa.text(
        "SELECT s.seq, s.audit_id, s.digest, s.chain, s.signature, s.sealed_at, "  # noqa: S608 - constants of ours
        + ", ".join(f"a.{name}" for name in _NAMES)
        + " FROM audit_seals s LEFT JOIN audit a ON a.id = s.audit_id WHERE s.seq > :above ORDER BY s.seq LIMIT :most"
    )
)
_UNSEALED = prepare(
    sa.text(
        "SELECT a.id FROM audit a WHERE a.at < :before"
        " AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id) ORDER BY a.id LIMIT :most"
    )
)


@dataclass(slots=True)
class AuditReport:
    """What the check found. `changed`, `missing` and `unsealed` hold audit ids, `gaps` and `broken` numbers of seals:
    left out, and not following from the seal before or wrongly signed."""

    rows: int = 0
    head_seq: int = 0
    head_chain: str = ""
    signed_at: datetime | None = None
    changed: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    unsealed: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    known_head_fits: bool | None = None

    @property
    def sound(self) -> bool:
        """True when nothing was found."""
        found = self.changed or self.missing or self.unsealed or self.gaps or self.broken
        return not found and self.known_head_fits is not False


async def verify_audit(
    tx: Tx,
    *,
    service: str,
    keys: KeySet,
    now: datetime,
    known_head: tuple[int, str] | None = None,
    grace: timedelta = timedelta(seconds=10),
) -> AuditReport:
    """Walks the whole chain. `keys` are its public keys, former ones too; `known_head` is a (seq, chain) noted
    elsewhere, for instance in the log: without it a chain cut at its end cannot be told from one that ends there."""
    report = AuditReport(known_head_fits=False if known_head else None)
    chain = b""
    async for seal in _seals(tx):
        expected = report.head_seq + 1
        if seal["seq"] != expected:
            report.gaps.extend(range(expected, min(seal["seq"], expected + 1000)))
        report.head_seq = seal["seq"]
        _check_row(report, seal)
        if chained(chain, seal["digest"]) != seal["chain"] or not _signature_holds(seal, service, keys):
            report.broken.append(seal["seq"])
        elif seal["signature"] is not None:
            report.signed_at = seal["sealed_at"]
        # Goes on from the stored link, so that one change is one finding and not a thousand.
        chain = seal["chain"]
        if known_head == (seal["seq"], chain.hex()):
            report.known_head_fits = True
    report.head_chain = chain.hex()
    report.unsealed = [row["id"] for row in await tx.fetch(_UNSEALED, before=now - grace, most=1000)]
    return report


def _check_row(report: AuditReport, seal: Record) -> None:
    if seal["id"] is None:
        report.missing.append(seal["audit_id"])
        return
    report.rows += 1
    if digest_of({name: seal[name] for name in _NAMES}) != seal["digest"]:
        report.changed.append(seal["audit_id"])


def _signature_holds(seal: Record, service: str, keys: KeySet) -> bool:
    if seal["signature"] is None:
        return True
    said = head_statement(service, seal["seq"], seal["chain"], seal["sealed_at"])
    try:
        return jws.deserialize_compact(seal["signature"], keys, algorithms=[SIGNATURE]).payload == said
    except (JoseError, ValueError):
        return False


async def _seals(tx: Tx) -> AsyncIterator[Record]:
    above = 0
    while batch := await tx.fetch(_SEALED, above=above, most=_BATCH):
        for seal in batch:
            yield seal
        above = batch[-1]["seq"]
