"""Clients become ones to be developed, or are so no longer (CR-24, domain decisions, section 1)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.profile_events import ClientProfileChanged
from client_registry.store import potential_clients as store

_AT_ONCE = 1_000


async def flag_potential_clients(tx: Tx, client_ids: Sequence[UUID], *, potential: bool, now: datetime) -> None:
    """Says ClientProfileChanged for each whose flag moved."""
    moved = await store.flag(tx, client_ids, potential=potential)
    facts = [
        # The form itself did not change; its listeners see no newer one.
        ClientProfileChanged(
            at=now, version=form_version, client_id=client_id, groups=(), occasion_month_day=None, potential=potential
        )
        for client_id, form_version in moved.items()
    ]
    if facts:
        await outbox.add(tx, *facts)


async def find_potential_clients(tx: Tx, *, now: datetime) -> None:
    """By rule: clients of the lowest tier whose assets reach the policy's bound, until they rise; the next ones of each at
    the next run."""
    found = await store.risen(tx, today=business_day(now), size=_AT_ONCE)
    await flag_potential_clients(tx, found, potential=True, now=now)
    await flag_potential_clients(tx, await store.grown(tx, size=_AT_ONCE), potential=False, now=now)
