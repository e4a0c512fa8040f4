"""Needs that clients stated, in PostgreSQL."""

from dataclasses import asdict, fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.service_requests import Need, ServiceRequest
from client_registry.tables.client_services import service_requests

_FIELDS = tuple(field.name for field in fields(ServiceRequest))
_ADD = prepare(sa.insert(service_requests).values({name: sa.bindparam(name) for name in _FIELDS}))
_LOCK = prepare(
    sa.select(service_requests).where(service_requests.c.id == sa.bindparam("request_id")).with_for_update()
)
_RESPONDED = prepare(
    sa.update(service_requests)
    .where(service_requests.c.id == sa.bindparam("request_id"))
    .values(responded_by=sa.bindparam("by"), responded_at=sa.bindparam("at"), version=sa.bindparam("new_version"))
)
_ESCALATED = prepare(
    sa.update(service_requests)
    .where(service_requests.c.id == sa.bindparam("request_id"))
    .values(escalated_at=sa.bindparam("now"))
)


async def add(tx: Tx, request: ServiceRequest) -> None:
    """A new need."""
    await tx.execute(_ADD, **asdict(request))


async def lock(tx: Tx, request_id: UUID) -> ServiceRequest | None:
    """One need, locked."""
    row = await tx.fetchrow(_LOCK, request_id=request_id)
    return None if row is None else service_request_of(row)


async def save_response(tx: Tx, request: ServiceRequest) -> None:
    """Who responded, and when."""
    await tx.execute(
        _RESPONDED,
        request_id=request.id,
        by=request.responded_by,
        at=request.responded_at,
        new_version=request.version,
    )


async def save_escalation(tx: Tx, request_id: UUID, *, now: datetime) -> None:
    """The ten minutes ran out."""
    await tx.execute(_ESCALATED, request_id=request_id, now=now)


def service_request_of(row: Record) -> ServiceRequest:
    """A stored row as a value."""
    values = {name: row[name] for name in _FIELDS}
    return ServiceRequest(**{**values, "need": Need(row["need"])})
