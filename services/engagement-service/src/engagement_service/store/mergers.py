"""What changes its client when two files are merged, and comes back at the reversal; relationships that are closed."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import Query, prepare

# Table → the column that identifies a row of it.
_MOVED = {"contacts": "id", "mutes": "case_id", "return_visits": "case_id", "work_items": "id"}
# Facts of one client may come before the other's registration: both rows are there before anything is moved.
_BEGIN = prepare(
    sa.text(
        """
        INSERT INTO relationships (client_id, known_since)
        SELECT DISTINCT id, CAST(:today AS date) FROM unnest(CAST(:client_ids AS uuid[])) AS u(id) ORDER BY id
        ON CONFLICT (client_id) DO NOTHING
        """
    )
)
_LOCK = prepare(
    sa.text(
        "SELECT client_id FROM relationships WHERE client_id = ANY(CAST(:client_ids AS uuid[])) ORDER BY client_id "
        "FOR UPDATE"
    )
)
_REMEMBER = prepare(
    sa.text(
        """
        INSERT INTO client_mergers (merger_id, last_contact_on)
        SELECT :merger_id, last_contact_on FROM relationships WHERE client_id = :surviving
        ON CONFLICT (merger_id) DO NOTHING
        """
    )
)
_CONTACTED = prepare(
    sa.text(
        """
        UPDATE relationships AS s SET last_contact_on = greatest(s.last_contact_on, m.last_contact_on)
        FROM relationships AS m WHERE s.client_id = :surviving AND m.client_id = :merged
        """
    )
)
# Only where nothing newer was noted since.
_CONTACTED_BEFORE = prepare(
    sa.text(
        """
        UPDATE relationships AS s SET last_contact_on = k.last_contact_on
        FROM relationships AS m, client_mergers AS k
        WHERE s.client_id = :surviving AND m.client_id = :merged AND k.merger_id = :merger_id
          AND s.last_contact_on IS NOT DISTINCT FROM greatest(k.last_contact_on, m.last_contact_on)
        """
    )
)
_CLOSE = prepare(
    sa.text("UPDATE relationships SET closed_because = CAST(:because AS text) WHERE client_id = :client_id")
)

_LOWER = prepare(sa.text("UPDATE relationships SET card_level = 'none' WHERE client_id = :client_id"))


def _there(table: str, row_id: str) -> Query:
    return prepare(
        sa.text(
            f"""
            WITH moved AS (UPDATE {table} SET client_id = :surviving WHERE client_id = :merged RETURNING {row_id} AS id)
            INSERT INTO merger_moves (merger_id, kind, row_id) SELECT :merger_id, '{table}', id FROM moved
            ON CONFLICT DO NOTHING
            """  # noqa: S608 - put together from constants
        )
    )


def _back(table: str, row_id: str) -> Query:
    return prepare(
        sa.text(
            f"""
            UPDATE {table} SET client_id = :merged WHERE client_id = :surviving AND {row_id} IN
                (SELECT row_id FROM merger_moves WHERE merger_id = :merger_id AND kind = '{table}')
            """  # noqa: S608 - put together from constants
        )
    )


_THERE = [_there(table, row_id) for table, row_id in _MOVED.items()]
_BACK = [_back(table, row_id) for table, row_id in _MOVED.items()]


async def lock_both(tx: Tx, surviving: UUID, merged: UUID, *, today: date) -> None:
    """Both relationships, begun where they were not known, locked in one order."""
    await tx.execute(_BEGIN, client_ids=[surviving, merged], today=today)
    await tx.fetch(_LOCK, client_ids=[surviving, merged])


async def move(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """Contacts, mutes, return visits and work of the merged client; again changes nothing."""
    await tx.execute(_REMEMBER, merger_id=merger_id, surviving=surviving)
    await tx.execute(_CONTACTED, surviving=surviving, merged=merged)
    for query in _THERE:
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def move_back(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """What the merger moved and what is still the survivor's."""
    await tx.execute(_CONTACTED_BEFORE, merger_id=merger_id, surviving=surviving, merged=merged)
    for query in _BACK:
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def close(tx: Tx, client_id: UUID, *, because: str | None) -> None:
    """Nobody contacts this client any more; with None he is contacted again."""
    await tx.execute(_CLOSE, client_id=client_id, because=because)


async def lower(tx: Tx, client_id: UUID) -> None:
    """The client holds no card level."""
    await tx.execute(_LOWER, client_id=client_id)
