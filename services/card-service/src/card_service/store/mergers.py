"""What changes its client when two files are merged, what ends thereby, and what comes back at the reversal."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import Query, prepare

_TABLES = ("cards", "reservations", "presentations")
# The survivor may not have been heard of yet: his row is begun where the merged client is kept.
_BEGIN = prepare(
    sa.text(
        """
        INSERT INTO clients (client_id, home_unit_id, serving_unit_ids, manager)
        SELECT CAST(:surviving AS uuid), home_unit_id, serving_unit_ids, manager FROM clients WHERE client_id = :merged
        ON CONFLICT (client_id) DO NOTHING
        """
    )
)


def _there(table: str) -> Query:
    return prepare(
        sa.text(
            f"""
            WITH moved AS (UPDATE {table} SET client_id = :surviving WHERE client_id = :merged RETURNING id)
            INSERT INTO merger_moves (merger_id, kind, row_id) SELECT :merger_id, '{table}', id FROM moved
            ON CONFLICT DO NOTHING
            """  # noqa: S608 - put together from constants
        )
    )


def _back(table: str) -> Query:
    return prepare(
        sa.text(
            f"""
            UPDATE {table} SET client_id = :merged WHERE client_id = :surviving AND id IN
                (SELECT row_id FROM merger_moves WHERE merger_id = :merger_id AND kind = '{table}')
            """  # noqa: S608 - put together from constants
        )
    )


_NOTE = prepare(
    sa.text(
        """
        INSERT INTO merger_moves (merger_id, kind, row_id)
        SELECT :merger_id, :kind, row_id FROM unnest(CAST(:ids AS uuid[])) AS e(row_id) ON CONFLICT DO NOTHING
        """
    )
)
# A client is owed one card, the highest of what ended with the merger; who was erased meanwhile is owed none.
_OWED = prepare(
    sa.text(
        """
        SELECT DISTINCT ON (e.client_id) e.client_id, e.level, k.home_unit_id
        FROM (SELECT client_id, level FROM cards JOIN merger_moves ON row_id = id
              WHERE merger_id = :merger_id AND kind = 'stopped'
              UNION ALL
              SELECT client_id, level FROM reservations JOIN merger_moves ON row_id = id
              WHERE merger_id = :merger_id AND kind = 'cancelled') AS e
        JOIN clients k ON k.client_id = e.client_id
        WHERE k.erased_on IS NULL
        ORDER BY e.client_id, e.level = 'head_office' DESC
        """
    )
)
_THERE = [_there(table) for table in _TABLES]
_BACK = [_back(table) for table in _TABLES]


async def begin(tx: Tx, *, surviving: UUID, merged: UUID) -> None:
    """The survivor's row is there, known of or not."""
    await tx.execute(_BEGIN, surviving=surviving, merged=merged)


async def move(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """Cards, reservations and presentations of the merged client; again changes nothing."""
    for query in _THERE:
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def move_back(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """What the merger moved and what is still the survivor's."""
    for query in _BACK:
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def note_stopped(tx: Tx, merger_id: UUID, card_ids: Sequence[UUID]) -> None:
    """These cards stopped because two files became one."""
    await tx.execute(_NOTE, merger_id=merger_id, kind="stopped", ids=list(card_ids))


async def note_cancelled(tx: Tx, merger_id: UUID, reservation_ids: Sequence[UUID]) -> None:
    """These reservations ended because two files became one."""
    await tx.execute(_NOTE, merger_id=merger_id, kind="cancelled", ids=list(reservation_ids))


async def owed(tx: Tx, merger_id: UUID) -> list[Record]:
    """Whose card or reservation ended with this merger: client_id, level, home_unit_id. Asked after `move_back`."""
    return await tx.fetch(_OWED, merger_id=merger_id)
