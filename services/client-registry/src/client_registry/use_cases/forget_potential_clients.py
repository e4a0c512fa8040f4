"""Whoever was recorded and never became a client is forgotten when the policy's time is over (CR-52, CR-81)."""

from datetime import datetime

from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import system

from client_registry.domain.potential_clients import PotentialStatus
from client_registry.store import potential_clients as store
from client_registry.use_cases.follow_up_potential_client import end_records

_AT_ONCE = 200


async def forget_potential_clients(tx: Tx, *, now: datetime) -> None:
    """The next ones whose time is over; the rest at the next run."""
    rows = await store.forgotten(tx, today=business_day(now), size=_AT_ONCE)
    by = system("client-registry")
    await end_records(tx, rows, status=PotentialStatus.EXPIRED, because="retention", by=by, now=now)
