"""What becomes of each table when a person is erased, and the statements that do it for many at once.

A table with a client's id in it is emptied of him unless it is named here as proof: a table that is new is erased until
somebody has said why it is not. What is proof and sealed is sealed anew over a sentence that names nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis import forgetting
from chassis.db import Tx
from chassis.frame_tables import FRAME
from chassis.query import Query, prepare
from chassis.sealed_columns import MARK

from client_registry.tables import metadata

NOTHING_LEFT = "已依规删除 / erased"
_OF_HISTORY = frozenset({"client_changes", "former_identities"})
_OF_FIGURES = frozenset({"monthly_figures", "loan_months", "repayment_histories", "source_figures"})
# Ids, days, figures, classes and codes: they prove what was decided and done, and by whom.
PROOF = frozenset(
    {
        "away_services", "bank_reports", "client_cards", "client_classifications", "client_deaths", "client_erasures",
        "client_import_outcomes",
        "client_mergers", "consent_records", "credit_assessments", "downgrade_notices", "duplicate_candidates",
        "emergency_cash_requests", "erasure_list_clients", "erasure_requests", "exceptional_admissions", "legal_holds",
        "manager_hand_overs", "manager_reassignment_clients", "memberships", "post_hand_over_items",
        "qualification_decisions", "qualification_reviews", "qualifications", "relationship_endings", "revocations",
        "service_records", "service_requests", "sharing_grants",
    }
)  # fmt: skip
# A client's own place in a household stays as an id, for the others in it; who is no client and stood on his file goes.
_BY_HAND = frozenset({"household_members"})
# Both files as they were before a merger; a sentence in its place would not be read back as such.
_EMPTIED = frozenset({"client_mergers.before_sealed"})
_IDS = "ANY(CAST(:client_ids AS uuid[]))"


@dataclass(frozen=True, slots=True)
class _Resealed:
    """One sealed column of proof: who reads its rows and who writes them."""

    name: str
    read: Query
    write: Query


def client_columns(table: sa.Table) -> list[str]:
    """The columns of a table that hold a client's id."""
    return [
        column.name
        for column in table.columns
        if column.name == "client_id" or any(key.target_fullname == "clients.id" for key in column.foreign_keys)
    ]


def _own(table: sa.Table) -> bool:
    return table.name not in FRAME.outbox.metadata.tables and table.name != "clients" and bool(client_columns(table))


def _where(table: sa.Table) -> str:
    return " OR ".join(f"{column} = {_IDS}" for column in client_columns(table))


def _delete(table: sa.Table) -> Query:
    return prepare(sa.text(f"DELETE FROM {table.name} WHERE {_where(table)}"))  # noqa: S608 - our own tables' names


def _reseal(table: sa.Table, column: sa.Column[Any], name: str, row_id: str) -> _Resealed:
    read = f"SELECT {row_id} AS row_id FROM {table.name} WHERE ({_where(table)}) AND {column.name} IS NOT NULL"  # noqa: S608
    write = f"""
        UPDATE {table.name} AS t SET {column.name} = v.blob
        FROM unnest(CAST(:row_ids AS uuid[]), CAST(:blobs AS bytea[])) AS v(row_id, blob) WHERE t.{row_id} = v.row_id
        """  # noqa: S608 - our own tables' names
    return _Resealed(name, prepare(sa.text(read)), prepare(sa.text(write)))


def _sealed(table: sa.Table) -> list[tuple[sa.Column[Any], str, str]]:
    return [(column, *column.info[MARK]) for column in table.columns if column.info.get(MARK)]


_TABLES = [table for table in reversed(metadata.sorted_tables) if _own(table)]
ERASED = tuple(table.name for table in _TABLES if table.name not in PROOF | _OF_FIGURES | _BY_HAND)
_HISTORY = [_delete(table) for table in _TABLES if table.name in _OF_HISTORY]
_FIGURES = [_delete(table) for table in _TABLES if table.name in _OF_FIGURES]
_PERSON = [_delete(table) for table in _TABLES if table.name in ERASED]
_RESEALED = [
    _reseal(table, *each)
    for table in _TABLES
    if table.name in PROOF
    for each in _sealed(table)
    if f"{table.name}.{each[0].name}" not in _EMPTIED
]
_MERGERS = prepare(
    sa.text(
        f"""
        UPDATE client_mergers SET before_sealed = NULL, reversible_until = NULL
        WHERE surviving_client_id = {_IDS} OR merged_client_id = {_IDS}
        """  # noqa: S608 - put together from constants
    )
)
# Values that somebody asked for, as keyed indexes, and how often a factor for them failed.
_FAILURES = prepare(
    sa.text(
        f"""
        DELETE FROM lookup_failures WHERE value_index IN (
            SELECT value_index FROM client_lookups
            WHERE client_ids && CAST(:client_ids AS uuid[]) OR confirmed_client_id = {_IDS}
            UNION SELECT value_index FROM client_contacts WHERE client_id = {_IDS})
        """  # noqa: S608 - put together from constants
    )
)
_LOOKUPS = prepare(
    sa.text(
        f"DELETE FROM client_lookups WHERE client_ids && CAST(:client_ids AS uuid[]) OR confirmed_client_id = {_IDS}"  # noqa: S608
    )
)


_OF_MEMBERS = f"(SELECT id FROM household_members WHERE client_id = {_IDS})"  # noqa: S608
_HOUSEHOLDS = [
    prepare(sa.text(statement))
    for statement in (
        f"UPDATE households SET contact_id = NULL, version = version + 1 WHERE contact_id IN {_OF_MEMBERS}",  # noqa: S608
        f"DELETE FROM household_members WHERE kind = 'person' AND client_id = {_IDS}",  # noqa: S608
        f"""
        UPDATE household_members SET name_sealed = NULL, phone_sealed = NULL, left_because = coalesce(left_because, 'closed'),
               until_on = coalesce(until_on, greatest(from_on, CAST(:today AS date)))
        WHERE kind = 'client' AND client_id = {_IDS}
        """,  # noqa: S608
        f"""
        UPDATE households AS h SET closed_on = :today, version = version + 1
        WHERE closed_on IS NULL AND id IN (SELECT household_id FROM household_members WHERE client_id = {_IDS})
          AND NOT EXISTS (SELECT FROM household_members AS m
                          WHERE m.household_id = h.id AND m.kind = 'client' AND m.until_on IS NULL)
        """,  # noqa: S608
    )
]


def _emptied_file() -> str:
    """Every column of the file that names, finds or describes the person; what was sealed, keyed or told by him."""
    sets = ["name_sealed = v.blob", "birth_month_day = NULL", "sex = NULL", "identity_type = NULL"]
    for column in metadata.tables["clients"].columns:
        if column.name.endswith("_tokens"):
            sets.append(f"{column.name} = '{{}}'")
        elif column.name.endswith(("_sealed", "_index")) and column.name != "name_sealed":
            sets.append(f"{column.name} = NULL")
    return ", ".join(sets)


_FILE = prepare(
    sa.text(
        f"""
        UPDATE clients AS c SET {_emptied_file()}, manager = NULL, manager_from_on = NULL, erased_on = :today,
               ended_on = coalesce(c.ended_on, c.died_on, CAST(:today AS date)), version = version + 1
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:blobs AS bytea[])) AS v(id, blob) WHERE c.id = v.id
        """  # noqa: S608 - put together from constants
    )
)
_WITH_MERGED = prepare(
    sa.text(f"SELECT id FROM clients WHERE id = {_IDS} OR merged_into = {_IDS} ORDER BY id FOR UPDATE")  # noqa: S608
)


async def with_merged(tx: Tx, client_ids: Sequence[UUID]) -> list[UUID]:
    """These files and those merged into them, locked."""
    return [row["id"] for row in await tx.fetch(_WITH_MERGED, client_ids=list(client_ids))]


async def erase_history(tx: Tx, client_ids: Sequence[UUID]) -> None:
    """What the file said before."""
    for query in _HISTORY:
        await tx.execute(query, client_ids=list(client_ids))


async def erase_figures(tx: Tx, client_ids: Sequence[UUID]) -> None:
    """Monthly figures, where the policy gives them an end; decisions keep the metrics they were made with."""
    for query in _FIGURES:
        await tx.execute(query, client_ids=list(client_ids))


async def erase_person(tx: Tx, client_ids: Sequence[UUID], *, by: str, today: date, now: Any) -> None:
    """Everything of the person: the file keeps its number, place and levels, and names nobody."""
    ids = list(client_ids)
    await tx.execute(_FAILURES, client_ids=ids)
    await tx.execute(_LOOKUPS, client_ids=ids)
    for query in _PERSON:
        await tx.execute(query, client_ids=ids)
    for query in _HOUSEHOLDS:
        await tx.execute(query, client_ids=ids, **({"today": today} if "today" in query.names else {}))
    await tx.execute(_MERGERS, client_ids=ids)
    for each in _RESEALED:
        rows = [row["row_id"] for row in await tx.fetch(each.read, client_ids=ids)]
        if rows:
            blobs = [tx.cipher.seal(each.name, row, NOTHING_LEFT) for row in rows]
            await tx.execute(each.write, row_ids=rows, blobs=blobs)
    await tx.execute(
        _FILE, client_ids=ids, blobs=[tx.cipher.seal("clients.name", each, NOTHING_LEFT) for each in ids], today=today
    )
    await forgetting.forget_clients(tx, ids, by=by, now=now)
