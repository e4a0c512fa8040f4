"""An undone import of clients: the files it opened, by ranges, and figures that stand no more from now on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

_LOCK_IMPORT_FILES = prepare(
    sa.text(
        "SELECT id FROM clients WHERE import_id = :import_id AND erased_on IS NULL AND id > :after "
        "ORDER BY id LIMIT :size FOR UPDATE"
    )
)
_NEXT_KNOWN = prepare(
    sa.text(
        "SELECT client_id FROM client_import_outcomes WHERE import_id = :import_id AND brought = 'figures' "
        "AND client_id > :after ORDER BY client_id LIMIT :size"
    )
)
_COUNTS = prepare(
    sa.text(
        """
        SELECT (SELECT count(*) FROM clients WHERE import_id = :import_id AND erased_on IS NULL) AS files,
               (SELECT count(*) FROM client_import_outcomes WHERE import_id = :import_id AND brought = 'figures')
                   AS known
        """
    )
)
# The computing of what counts follows by the tables' own triggers.
_WITHDRAW = tuple(
    prepare(
        sa.text(
            f"""
            UPDATE {table} SET withdrawn_at = :now
            WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND import_id = :import_id AND withdrawn_at IS NULL
            """  # noqa: S608 - our own tables' names
        )
    )
    for table in ("monthly_figures", "loan_months", "repayment_histories")
)
_NUMBERS = prepare(
    sa.text(
        "DELETE FROM client_customer_numbers "
        "WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND import_id = :import_id"
    )
)
# The number stays to be read on the empty file, and is free for the same file coming again.
_FREE = prepare(
    sa.text(
        "UPDATE clients SET client_no = client_no || '~' || replace(CAST(id AS text), '-', '') "
        "WHERE id = ANY(CAST(:client_ids AS uuid[]))"
    )
)
_LAPSE = prepare(
    sa.text(
        "UPDATE qualifications SET status = 'lapsed', version = version + 1 "
        "WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND status = 'candidate'"
    )
)
_KEEP = prepare(
    sa.text(
        """
        INSERT INTO client_import_outcomes AS o (import_id, client_id, brought, outcome, reasons)
        SELECT CAST(:import_id AS uuid), client_id, CAST(:brought AS text), outcome, reasons
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, outcome text, reasons text[])
        ON CONFLICT (import_id, client_id) DO UPDATE SET outcome = excluded.outcome, reasons = excluded.reasons
        """
    )
)
_REPORT = prepare(
    sa.text(
        "SELECT client_id, outcome, reasons FROM client_import_outcomes "
        "WHERE import_id = :import_id AND outcome IS NOT NULL AND client_id > :after ORDER BY client_id LIMIT :most"
    )
)


async def counts(tx: Tx, import_id: UUID) -> tuple[int, int]:
    """How many files it opened that are still there, and to how many others it brought figures."""
    row = await tx.fetchrow(_COUNTS, import_id=import_id)
    if row is None:
        raise RuntimeError("a count gave no row")
    return row["files"], row["known"]


async def lock_files(tx: Tx, import_id: UUID, *, after: UUID, size: int) -> list[UUID]:
    """The next files that the import opened, locked."""
    return [row["id"] for row in await tx.fetch(_LOCK_IMPORT_FILES, import_id=import_id, after=after, size=size)]


async def next_known(tx: Tx, import_id: UUID, *, after: UUID, size: int) -> list[UUID]:
    """The next clients that were there before and got figures."""
    return [row["client_id"] for row in await tx.fetch(_NEXT_KNOWN, import_id=import_id, after=after, size=size)]


async def withdraw(tx: Tx, import_id: UUID, client_ids: Sequence[UUID], *, now: datetime) -> int:
    """What the import brought to these locked clients stands no more; how many figures. Nothing is deleted but numbers."""
    taken = 0
    for query in _WITHDRAW:
        taken += await tx.execute(query, import_id=import_id, client_ids=list(client_ids), now=now)
    await tx.execute(_NUMBERS, import_id=import_id, client_ids=list(client_ids))
    return taken


async def retire(tx: Tx, client_ids: Sequence[UUID]) -> None:
    """Nobody files or notifies clients taken back any more, and their numbers may be given again."""
    await tx.execute(_LAPSE, client_ids=list(client_ids))
    await tx.execute(_FREE, client_ids=list(client_ids))


async def keep_outcomes(
    tx: Tx, import_id: UUID, outcomes: Mapping[UUID, tuple[str, Sequence[str]]], *, brought: str
) -> None:
    """What became of whom, and why it stays where it does."""
    rows = [
        {"client_id": str(client_id), "outcome": outcome, "reasons": list(reasons)}
        for client_id, (outcome, reasons) in outcomes.items()
    ]
    await tx.execute(_KEEP, import_id=import_id, brought=brought, rows=rows)


async def report(tx: Tx, import_id: UUID, *, after: UUID, most: int) -> list[Record]:
    """The clients of an undone import by id, each with what became of it."""
    return await tx.fetch(_REPORT, import_id=import_id, after=after, most=most)
