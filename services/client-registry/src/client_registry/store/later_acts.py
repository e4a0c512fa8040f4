"""What was done with a client's file after an import opened it: as long as there is any, the file stays.

A table with a client's id in it counts, unless it is named here as written by the import itself or by computing: a table
that is new keeps a file until somebody has said why it does not.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.frame_tables import FRAME
from chassis.query import Query, prepare

from client_registry.store.erasure_plan import client_columns
from client_registry.tables import metadata

# Written by the import, computed from what it brought, or only looked at; and what has a sentence of its own below.
COMPUTED = frozenset(
    {
        "client_classifications", "client_consents", "client_contacts", "client_erasures", "client_holdings",
        "client_import_outcomes", "client_import_rows", "client_metrics", "duplicate_candidates", "figure_import_rows",
        "held_products", "policy_simulation_moves", "qualification_decisions",
    }
)  # fmt: skip
_CONDITIONS = {
    "qualifications": ("decision", "t.filing_id IS NOT NULL OR t.status IN ('filed', 'approved', 'revoked')"),
    "consent_records": ("consent", "t.way <> 'import'"),
    "client_customer_numbers": ("figures", "t.import_id IS DISTINCT FROM c.import_id"),
    "source_figures": ("figures", "t.withdrawn_at IS NULL"),
    "monthly_figures": ("figures", "t.import_id IS DISTINCT FROM c.import_id AND t.withdrawn_at IS NULL"),
    "loan_months": ("figures", "t.import_id IS DISTINCT FROM c.import_id AND t.withdrawn_at IS NULL"),
    "repayment_histories": ("figures", "t.import_id IS DISTINCT FROM c.import_id AND t.withdrawn_at IS NULL"),
}
_REASONS = {
    "decision": (
        "revocations", "exceptional_admissions", "corporate_vips", "downgrade_notices", "qualification_reviews",
    ),
    "membership": ("memberships",),
    "card": ("client_cards",),
    "service": ("service_records", "service_requests", "away_services", "emergency_cash_requests"),
    "hand_over": ("manager_hand_overs", "hand_over_remarks", "post_hand_over_items", "manager_reassignment_clients"),
    "file": (
        "client_changes", "client_fields", "corporate_files", "corporate_persons", "former_identities",
        "important_dates", "pending_entries", "potential_clients", "registration_forms",
    ),
    "household": ("household_members", "family_tellings"),
    "merged": ("client_mergers",),
    "died": ("client_deaths",),
    "ended": ("relationship_endings", "erasure_list_clients"),
    "hold": ("legal_holds", "erasure_requests"),
    "shared": ("sharing_grants",),
    "bank_report": ("account_alerts", "bank_reports", "credit_assessments"),
}  # fmt: skip
_REASON_OF = {table: reason for reason, tables in _REASONS.items() for table in tables}
_OWN = """
    SELECT c.id, v.reason FROM clients c CROSS JOIN LATERAL (VALUES
        ('merged', c.merged_into IS NOT NULL), ('died', c.died_on IS NOT NULL), ('ended', c.ended_on IS NOT NULL),
        ('card', c.card_number IS NOT NULL)
    ) AS v(reason, holds) WHERE v.holds AND {whose}
    UNION SELECT c.id, 'merged' FROM clients m JOIN clients c ON c.id = m.merged_into WHERE {whose}
    UNION SELECT c.id, 'hand_over' FROM audit a JOIN clients c ON c.id = a.client_id
          WHERE a.act IN ('manager.assigned', 'client.moved') AND {whose}
    UNION SELECT c.id, 'paper' FROM attachments a JOIN clients c ON c.id = a.client_id WHERE {whose}
"""


def reason_of(table: str) -> str:
    """Why a row of this table keeps a file."""
    return _CONDITIONS[table][0] if table in _CONDITIONS else _REASON_OF.get(table, "other")


def _acts(whose: str) -> str:
    parts = [_OWN.format(whose=whose)]
    for table in metadata.sorted_tables:
        if table.name in FRAME.outbox.metadata.tables and table.name not in metadata.tables:
            continue
        if table.name in {*COMPUTED, "clients", "audit", "attachments", "work_items", "idempotency_keys"}:
            continue
        condition = _CONDITIONS.get(table.name, ("", "true"))[1]
        for column in client_columns(table):
            parts.append(
                f"SELECT c.id, '{reason_of(table.name)}' FROM {table.name} t JOIN clients c ON c.id = t.{column} "  # noqa: S608
                f"WHERE ({condition}) AND {whose}"
            )
    return " UNION ".join(parts)


def _by_client(whose: str, tail: str = "") -> Query:
    return prepare(
        sa.text(
            f"""
            WITH acts(id, reason) AS ({_acts(whose)})
            SELECT id AS client_id, array_agg(reason ORDER BY reason) AS reasons, count(*) OVER () AS total
            FROM acts GROUP BY id ORDER BY id {tail}
            """  # noqa: S608 - put together from constants
        )
    )


_AMONG = _by_client("c.id = ANY(CAST(:client_ids AS uuid[]))")
_OF_IMPORT = _by_client("c.import_id = :import_id AND c.erased_on IS NULL", "LIMIT :most")


async def reasons_among(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Those of these clients with whose file something was done, and what."""
    rows = await tx.fetch(_AMONG, client_ids=list(client_ids))
    return {row["client_id"]: list(row["reasons"]) for row in rows}


async def kept_of_import(tx: Tx, import_id: UUID, *, most: int) -> tuple[list[Record], int]:
    """The first files of an import that would stay, and how many there are."""
    rows = await tx.fetch(_OF_IMPORT, import_id=import_id, most=most)
    return rows, rows[0]["total"] if rows else 0
