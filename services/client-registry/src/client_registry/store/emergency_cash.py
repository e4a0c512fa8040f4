"""Emergency cash requests in PostgreSQL. The client's row is the lock: two requests at once come one after the other."""

from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.emergency_cash import CashReason, CashRequest, CashStatus
from client_registry.tables.client_services import emergency_cash_requests

_FIELDS = tuple(field.name for field in fields(CashRequest))
_ADD = prepare(sa.insert(emergency_cash_requests).values({name: sa.bindparam(name) for name in _FIELDS}))
_LOCK = prepare(
    sa.select(emergency_cash_requests)
    .where(emergency_cash_requests.c.id == sa.bindparam("request_id"))
    .with_for_update()
)
_SAVE = prepare(
    sa.update(emergency_cash_requests)
    .where(emergency_cash_requests.c.id == sa.bindparam("request_id"))
    .values(
        status=sa.bindparam("new_status"),
        decided_by=sa.bindparam("by"),
        decided_at=sa.bindparam("at"),
        refusal=sa.bindparam("why"),
        version=sa.bindparam("new_version"),
    )
)
# Released in the period, and open ones whose time is not over: they may still be released.
_USED = prepare(
    sa.text(
        """
        SELECT coalesce(sum(amount), 0) FROM emergency_cash_requests
        WHERE client_id = :client_id AND id <> :but
          AND ((status = 'released' AND decided_at > :since) OR (status = 'requested' AND expires_at > :now))
        """
    )
)


async def add(tx: Tx, request: CashRequest) -> None:
    """A new request; lock the client first."""
    await tx.execute(_ADD, **asdict(request))


async def lock(tx: Tx, request_id: UUID) -> CashRequest | None:
    """One request, locked."""
    row = await tx.fetchrow(_LOCK, request_id=request_id)
    return None if row is None else cash_request_of(row)


async def save(tx: Tx, request: CashRequest) -> None:
    """The request as decided."""
    await tx.execute(
        _SAVE,
        request_id=request.id,
        new_status=request.status.value,
        by=request.decided_by,
        at=request.decided_at,
        why=request.refusal,
        new_version=request.version,
    )


async def used(tx: Tx, client_id: UUID, *, but: UUID, since: datetime, now: datetime) -> Decimal:
    """What the client took since then or still asks for, one request apart."""
    return Decimal(await tx.fetchval(_USED, client_id=client_id, but=but, since=since, now=now))


def cash_request_of(row: Record) -> CashRequest:
    """A stored row as a value."""
    values = {name: row[name] for name in _FIELDS}
    return CashRequest(**{**values, "reason": CashReason(row["reason"]), "status": CashStatus(row["status"])})
