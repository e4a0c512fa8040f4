"""Away services in PostgreSQL; process, result, follow-up and report are sealed."""

from dataclasses import asdict, fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.away_services import AwayService
from client_registry.tables.client_services import away_services

PROCESS = "away_services.process"
RESULT = "away_services.result"
FOLLOW_UP = "away_services.follow_up"
REPORT = "away_services.report"
_FIELDS = tuple(field.name for field in fields(AwayService))
_ADD = prepare(
    sa.insert(away_services).values(
        {name: sa.bindparam(name) for name in (*_FIELDS, "process_sealed", "result_sealed")}
    )
)
_LOCK = prepare(sa.select(away_services).where(away_services.c.id == sa.bindparam("service_id")).with_for_update())
_FOLLOWED_UP = prepare(
    sa.update(away_services)
    .where(away_services.c.id == sa.bindparam("service_id"))
    .values(
        followed_up_by=sa.bindparam("by"),
        followed_up_at=sa.bindparam("now"),
        follow_up_sealed=sa.bindparam("text"),
        version=sa.bindparam("new_version"),
    )
)
_REPORTED = prepare(
    sa.update(away_services)
    .where(away_services.c.id == sa.bindparam("service_id"))
    .values(
        reported_by=sa.bindparam("by"),
        reported_at=sa.bindparam("now"),
        report_sealed=sa.bindparam("text"),
        version=sa.bindparam("new_version"),
    )
)
_ALARMED = prepare(
    sa.update(away_services)
    .where(away_services.c.id == sa.bindparam("service_id"))
    .values(alarmed_at=sa.bindparam("now"))
)


async def add(tx: Tx, service: AwayService, *, process: str, result: str) -> None:
    """A new service, its two texts sealed."""
    await tx.execute(
        _ADD,
        **{**asdict(service), "product_codes": list(service.product_codes)},
        process_sealed=tx.cipher.seal(PROCESS, service.id, process),
        result_sealed=tx.cipher.seal(RESULT, service.id, result),
    )


async def lock(tx: Tx, service_id: UUID) -> AwayService | None:
    """One service, locked."""
    row = await tx.fetchrow(_LOCK, service_id=service_id)
    return None if row is None else away_service_of(row)


async def save_follow_up(tx: Tx, service: AwayService, *, text: str) -> None:
    """What the home manager did."""
    await tx.execute(
        _FOLLOWED_UP,
        service_id=service.id,
        by=service.followed_up_by,
        now=service.followed_up_at,
        text=tx.cipher.seal(FOLLOW_UP, service.id, text),
        new_version=service.version,
    )


async def save_report(tx: Tx, service: AwayService, *, text: str) -> None:
    """The form as handed in."""
    await tx.execute(
        _REPORTED,
        service_id=service.id,
        by=service.reported_by,
        now=service.reported_at,
        text=tx.cipher.seal(REPORT, service.id, text),
        new_version=service.version,
    )


async def save_alarm(tx: Tx, service_id: UUID, *, now: datetime) -> None:
    """The report's time ran out."""
    await tx.execute(_ALARMED, service_id=service_id, now=now)


def away_service_of(row: Record) -> AwayService:
    """A stored row as a value, without the sealed texts."""
    values = {name: row[name] for name in _FIELDS}
    return AwayService(**{**values, "product_codes": tuple(row["product_codes"])})
