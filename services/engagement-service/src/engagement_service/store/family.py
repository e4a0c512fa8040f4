"""Our copy of the days of clients' families, and who is a client to be developed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

# The row is begun where the registration has not come yet; an older list than the one kept changes nothing.
_NEWER = prepare(
    sa.text(
        """
        INSERT INTO relationships AS r (client_id, family_version, known_since)
        VALUES (:client_id, :family_version, :seen_on)
        ON CONFLICT (client_id) DO UPDATE SET family_version = excluded.family_version
        WHERE r.family_version < excluded.family_version
        RETURNING r.client_id
        """
    )
)
_DROP = prepare(sa.text("DELETE FROM family_occasions WHERE client_id = :client_id"))
_ADD = prepare(
    sa.text(
        """
        INSERT INTO family_occasions (client_id, occasion_id, kind, relation, month_day, lunar, leap_month)
        SELECT :client_id, occasion_id, kind, relation, month_day, lunar, leap_month
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(occasion_id uuid, kind text, relation text, month_day text,
             lunar boolean, leap_month boolean)
        """
    )
)
_POTENTIAL = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, potential, known_since) VALUES (:client_id, :potential, :seen_on)
        ON CONFLICT (client_id) DO UPDATE SET potential = excluded.potential
        """
    )
)


async def replace(
    tx: Tx, client_id: UUID, occasions: Sequence[Mapping[str, Any]], *, family_version: int, seen_on: date
) -> None:
    """The list as it now stands; an older one is dropped."""
    newer = await tx.fetchval(_NEWER, client_id=client_id, family_version=family_version, seen_on=seen_on)
    if newer is None:
        return
    await tx.execute(_DROP, client_id=client_id)
    await tx.execute(_ADD, client_id=client_id, rows=list(occasions))


async def forget(tx: Tx, client_id: UUID) -> None:
    """Nobody greets this family any more."""
    await tx.execute(_DROP, client_id=client_id)


async def set_potential(tx: Tx, client_id: UUID, *, potential: bool, seen_on: date) -> None:
    """Whether the client is one to be developed."""
    await tx.execute(_POTENTIAL, client_id=client_id, potential=potential, seen_on=seen_on)
