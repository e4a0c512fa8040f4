"""Rows that change their file in a merger and come back at its reversal; each move is written down."""

from collections.abc import Mapping
from datetime import datetime
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
    "bank_reports": "id",
    "held_products": "id",
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


def _newest(column: str) -> str:
    return f"(array_agg({column} ORDER BY known_at DESC) FILTER (WHERE {column} IS NOT NULL))[1] AS {column}"


def _sum(one: str, other: str) -> str:
    return f"CASE WHEN num_nonnulls({one}, {other}) > 0 THEN coalesce({one}, 0) + coalesce({other}, 0) END"


def _of_month(table: str, columns: tuple[str, ...], file: str) -> str:
    newest = ", ".join(_newest(column) for column in columns)
    return f"(SELECT month, {newest} FROM {table} WHERE client_id = :{file} GROUP BY month)"  # noqa: S608 - constants


_MONEY = ("deposit_average", "deposit_month_end", "card_spend", "assets")
_LOAN = ("outstanding", "overdue_days_max", "overdue_days_open")
_HISTORY = ("months_covered", "overdue_days_max", "overdue_days_open")
# What both files delivered alike is one delivery and counts once; otherwise they are two parts of one person's money.
# Each file keeps its own rows; the survivor gets one more, known from now on.
_FIGURES = (
    prepare(
        sa.text(
            f"""
            INSERT INTO monthly_figures (client_id, month, known_at, deposit_average, deposit_month_end, card_spend, assets)
            SELECT :surviving, m.month, CAST(:now AS timestamptz),
                   CASE WHEN num_nonnulls(s.deposit_average, m.deposit_average) > 0
                        THEN coalesce(s.deposit_average, s.deposit_month_end, 0)
                             + coalesce(m.deposit_average, m.deposit_month_end, 0) END,
                   {_sum("s.deposit_month_end", "m.deposit_month_end")},
                   {_sum("s.card_spend", "m.card_spend")}, {_sum("s.assets", "m.assets")}
            FROM {_of_month("monthly_figures", _MONEY, "merged")} AS m
            LEFT JOIN {_of_month("monthly_figures", _MONEY, "surviving")} AS s ON s.month = m.month
            WHERE (m.deposit_average, m.deposit_month_end, m.card_spend, m.assets) IS DISTINCT FROM
                  (s.deposit_average, s.deposit_month_end, s.card_spend, s.assets)
            """  # noqa: S608 - put together from constants
        )
    ),
    prepare(
        sa.text(
            f"""
            INSERT INTO loan_months (client_id, month, known_at, outstanding, overdue_days_max, overdue_days_open)
            SELECT :surviving, m.month, CAST(:now AS timestamptz), {_sum("s.outstanding", "m.outstanding")},
                   greatest(s.overdue_days_max, m.overdue_days_max), greatest(s.overdue_days_open, m.overdue_days_open)
            FROM {_of_month("loan_months", _LOAN, "merged")} AS m
            LEFT JOIN {_of_month("loan_months", _LOAN, "surviving")} AS s ON s.month = m.month
            WHERE (m.outstanding, m.overdue_days_max, m.overdue_days_open) IS DISTINCT FROM
                  (s.outstanding, s.overdue_days_max, s.overdue_days_open)
            """  # noqa: S608 - put together from constants
        )
    ),
    prepare(
        sa.text(
            f"""
            INSERT INTO repayment_histories (client_id, month, known_at, months_covered, overdue_days_max,
                                             overdue_days_open)
            SELECT :surviving, m.month, CAST(:now AS timestamptz), least(s.months_covered, m.months_covered),
                   greatest(s.overdue_days_max, m.overdue_days_max), greatest(s.overdue_days_open, m.overdue_days_open)
            FROM {_of_month("repayment_histories", _HISTORY, "merged")} AS m
            LEFT JOIN {_of_month("repayment_histories", _HISTORY, "surviving")} AS s ON s.month = m.month
            WHERE (m.months_covered, m.overdue_days_max, m.overdue_days_open) IS DISTINCT FROM
                  (s.months_covered, s.overdue_days_max, s.overdue_days_open)
            """  # noqa: S608 - put together from constants
        )
    ),
)
# What the merger itself added goes again: nobody delivered it. Decisions made with it keep their own figures.
_FIGURES_BACK = tuple(
    prepare(sa.text(f"DELETE FROM {table} WHERE client_id = :surviving AND known_at = :merged_at"))  # noqa: S608
    for table in ("monthly_figures", "loan_months", "repayment_histories")
)


async def move(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """Everything of the merged file that can simply lie in the survivor's."""
    for query in (*_THERE, _POINTERS):
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def move_back(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """What the merger moved and what still lies there."""
    for query in (*_BACK, _POINTERS_BACK):
        await tx.execute(query, merger_id=merger_id, surviving=surviving, merged=merged)


async def add_figures(tx: Tx, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """The survivor's figures are those of both files from now on."""
    for query in _FIGURES:
        await tx.execute(query, surviving=surviving, merged=merged, now=now)


async def take_figures_back(tx: Tx, *, surviving: UUID, merged_at: datetime) -> None:
    """The survivor's figures are his own again."""
    for query in _FIGURES_BACK:
        await tx.execute(query, surviving=surviving, merged_at=merged_at)
