"""Our copy of each client: where he is kept, who keeps him, his card level."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from card_service.domain.levels import CardLevel

# Rows are taken in the order of their ids, so that two batches never wait for one another crosswise.
_SAVE_REGISTERED = prepare(
    sa.text(
        """
        INSERT INTO clients (client_id, home_unit_id, serving_unit_ids, manager, card_level)
        SELECT client_id, home_unit_id, serving_unit_ids, manager, card_level
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, home_unit_id uuid, serving_unit_ids uuid[],
             manager text, card_level text)
        ORDER BY client_id
        ON CONFLICT (client_id) DO UPDATE SET home_unit_id = excluded.home_unit_id,
            serving_unit_ids = excluded.serving_unit_ids, manager = excluded.manager
        """
    )
)
_SAVE_LEVELS = prepare(
    sa.text(
        """
        INSERT INTO clients (client_id, home_unit_id, card_level)
        SELECT client_id, home_unit_id, card_level
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:home_unit_ids AS uuid[]), CAST(:levels AS text[]))
             AS n(client_id, home_unit_id, card_level)
        ORDER BY client_id
        ON CONFLICT (client_id) DO UPDATE SET card_level = excluded.card_level
        """
    )
)
_SAVE_MANAGERS = prepare(
    sa.text(
        """
        INSERT INTO clients (client_id, home_unit_id, manager)
        SELECT client_id, unit_id, manager
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:unit_ids AS uuid[]), CAST(:managers AS text[]))
             AS m(client_id, unit_id, manager)
        ORDER BY client_id
        ON CONFLICT (client_id) DO UPDATE SET manager = excluded.manager
        """
    )
)
_LOCK_MANAGERS = prepare(
    sa.text(
        "SELECT client_id, manager FROM clients WHERE client_id = ANY(CAST(:ids AS uuid[])) ORDER BY client_id FOR UPDATE"
    )
)
_SAVE_HOME = prepare(
    sa.text(
        """
        INSERT INTO clients (client_id, home_unit_id, serving_unit_ids)
        VALUES (:client_id, :home_unit_id, CAST(:serving_unit_ids AS uuid[]))
        ON CONFLICT (client_id) DO UPDATE SET home_unit_id = excluded.home_unit_id,
            serving_unit_ids = excluded.serving_unit_ids
        """
    )
)
_LOCK = prepare(
    sa.text(
        "SELECT client_id, home_unit_id, card_level FROM clients WHERE client_id = ANY(CAST(:ids AS uuid[]))"
        " ORDER BY client_id FOR UPDATE"
    )
)
_ERASE = prepare(
    sa.text(
        "UPDATE clients SET erased_on = :erased_on, manager = NULL, serving_unit_ids = '{}' WHERE client_id = :client_id"
    )
)


async def save_registered(tx: Tx, clients: Sequence[Mapping[str, Any]]) -> None:
    """New files; where a later fact began the row already, its level stays. A client stands in the list once."""
    await tx.execute(_SAVE_REGISTERED, rows=list(clients))


async def save_levels(tx: Tx, levels: Mapping[UUID, tuple[UUID, CardLevel]]) -> None:
    """Home unit and level of each client; the rows stay locked, and a file not heard of yet is begun."""
    await tx.execute(
        _SAVE_LEVELS,
        client_ids=list(levels),
        home_unit_ids=[home for home, _ in levels.values()],
        levels=[level.value for _, level in levels.values()],
    )


async def save_home(tx: Tx, *, client_id: UUID, home_unit_id: UUID, serving_unit_ids: Sequence[UUID]) -> None:
    """Where the client is kept and served from now on; the row stays locked."""
    await tx.execute(
        _SAVE_HOME, client_id=client_id, home_unit_id=home_unit_id, serving_unit_ids=list(serving_unit_ids)
    )


async def save_managers(tx: Tx, managers: Mapping[UUID, tuple[UUID, str]]) -> dict[UUID, str | None]:
    """Who keeps each client from now on: (unit, manager); gives who did before, for the files we knew."""
    rows = await tx.fetch(_LOCK_MANAGERS, ids=list(managers))
    await tx.execute(
        _SAVE_MANAGERS,
        client_ids=list(managers),
        unit_ids=[unit_id for unit_id, _ in managers.values()],
        managers=[manager for _, manager in managers.values()],
    )
    return {row["client_id"]: row["manager"] for row in rows}


async def lock_levels(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, CardLevel]:
    """Each client's level as last heard, the rows locked: whatever touches a client's cards takes turns."""
    rows = await tx.fetch(_LOCK, ids=list(client_ids))
    return {row["client_id"]: CardLevel(row["card_level"]) for row in rows}


async def erase(tx: Tx, client_id: UUID, *, erased_on: date) -> None:
    """Nobody finds the client's cards by him any more."""
    await tx.execute(_ERASE, client_id=client_id, erased_on=erased_on)
