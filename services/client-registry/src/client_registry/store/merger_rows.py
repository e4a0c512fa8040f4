"""Rows that change their file in a merger and come back at its reversal; each move is written down."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import Query, prepare

# Table → the column that identifies a row. Consents, contacts and levels are decided, not moved.
MOVED: Mapping[str, str] = {
    "memberships": "id",
    "client_cards": "card_id",
    "service_records": "id",
    "revocations": "id",
    "former_identities": "id",
    "consent_records": "id",
    "attachments": "id",
    "work_items": "id",
    "household_members": "id",
    "important_dates": "id",
    # Ended records too: they say who became this client.
    "potential_clients": "id",
    "bank_reports": "id",
    "held_products": "id",
    "corporate_vips": "id",
    "client_meetings": "id",
    "upward_reports": "id",
}


def _there(table: str, row_id: str) -> Query:
    return prepare(
        sa.text(
            f"""
            WITH moved AS (UPDATE {table} SET client_id = :surviving WHERE client_id = :merged RETURNING {row_id} AS id)
            INSERT INTO client_merger_moves (merger_id, kind, row_id) SELECT :merger_id, '{table}', id FROM moved
            """  # noqa: S608 - put together from constants
        )
    )


def _back(table: str, row_id: str) -> Query:
    return prepare(
        sa.text(
            f"""
            UPDATE {table} SET client_id = :merged WHERE client_id = :surviving AND {row_id} IN
                (SELECT row_id FROM client_merger_moves WHERE merger_id = :merger_id AND kind = '{table}')
            """  # noqa: S608 - put together from constants
        )
    )


_THERE = [_there(table, row_id) for table, row_id in MOVED.items()]
_BACK = [_back(table, row_id) for table, row_id in MOVED.items()]
# Files merged into the merged one before point to the survivor now.
_POINTERS = prepare(
    sa.text(
        """
        WITH moved AS (UPDATE clients SET merged_into = :surviving WHERE merged_into = :merged RETURNING id)
        INSERT INTO client_merger_moves (merger_id, kind, row_id) SELECT :merger_id, 'clients', id FROM moved
        """
    )
)
_POINTERS_BACK = prepare(
    sa.text(
        """
        UPDATE clients SET merged_into = :merged WHERE merged_into = :surviving AND id IN
            (SELECT row_id FROM client_merger_moves WHERE merger_id = :merger_id AND kind = 'clients')
        """
    )
)


async def move(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """Everything of the merged file that can simply lie in the survivor's."""
    for query in (*_THERE, _POINTERS):
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def move_back(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """What the merger moved and what still lies there."""
    for query in (*_BACK, _POINTERS_BACK):
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)
