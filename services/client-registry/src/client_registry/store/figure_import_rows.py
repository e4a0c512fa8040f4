"""Rows of a figures import: whose they are, what stands twice, brought in by COPY and made into statements by the set."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.ids import new_id
from chassis.query import prepare

from client_registry.domain.identity_documents import IdentityType, index_form
from client_registry.domain.imports.figure_rows import SaidRow
from client_registry.domain.imports.figure_tables import Part
from client_registry.store.clients import IDENTITY
from client_registry.store.statement_sql import KEEP_IMPORTED

CELLS = "import_refused_rows.cells"
_IN_SCOPE = """
    JOIN clients c ON c.id = coalesce(n.merged_into, n.id) JOIN units u ON u.id = c.home_unit_id
    WHERE u.path LIKE ANY(CAST(:paths AS text[]))
       OR EXISTS (SELECT FROM units s WHERE s.id = ANY(c.serving_unit_ids) AND s.path LIKE ANY(CAST(:paths AS text[])))
"""
# Each joined with what is wanted, one by one, whatever the planner knows about a table that has just been filled.
_FIND = {
    field: prepare(
        sa.text(
            f"SELECT w.given AS key, n.id FROM unnest(CAST(:keys AS {kind}[])) AS w(given) {found} {_IN_SCOPE}"  # noqa: S608
        )
    )
    for field, kind, found in (
        ("client_no", "text", "JOIN clients n ON n.client_no = w.given"),
        ("identity_number", "bytea", "JOIN clients n ON n.identity_index = w.given"),
        (
            "customer_no",
            "text",
            "JOIN client_customer_numbers k ON k.customer_no = w.given JOIN clients n ON n.id = k.client_id",
        ),
    )
}
_STANDING = prepare(
    sa.text(
        """
        SELECT w.n FROM unnest(CAST(:client_ids AS uuid[]), CAST(:months AS date[]), CAST(:currencies AS text[]),
                               CAST(:parts AS text[]), CAST(:own_keys AS text[])) WITH ORDINALITY
            AS w(client_id, month, currency, part, own_key, n)
        JOIN figure_import_rows r ON r.import_id = :import_id AND r.client_id = w.client_id AND r.month = w.month
            AND r.currency = w.currency AND r.part = w.part AND r.own_key = w.own_key
        """
    )
)
_BESIDE = prepare(
    sa.text(
        """
        SELECT w.n FROM unnest(CAST(:client_ids AS uuid[]), CAST(:months AS date[])) WITH ORDINALITY
            AS w(client_id, month, n)
        WHERE EXISTS (
            SELECT FROM figure_import_rows r WHERE r.import_id = :import_id AND r.client_id = w.client_id
                AND r.month = w.month AND r.part = :part
        )
        """
    )
)
_COUNT = prepare(sa.text("SELECT count(DISTINCT client_id) FROM figure_import_rows WHERE import_id = :import_id"))
_NEXT = prepare(
    sa.text(
        "SELECT DISTINCT client_id FROM figure_import_rows WHERE import_id = :import_id AND client_id > :after "
        "ORDER BY client_id LIMIT :size"
    )
)
_KEEP_IMPORTED = prepare(sa.text(KEEP_IMPORTED))
_REFUSED = prepare(
    sa.text(
        "SELECT id, file, sheet, row_no, cells_sealed FROM import_refused_rows "
        "WHERE import_id = :import_id AND file = :file ORDER BY row_no"
    )
)
_FORGET = prepare(
    sa.text(
        "DELETE FROM import_refused_rows AS r USING client_imports AS i "
        "WHERE i.id = r.import_id AND coalesce(i.finished_at, i.created_at) < CAST(:before AS timestamptz)"
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A valid row and its client."""

    client_id: UUID
    row: SaidRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was refused, as it came: in plain text, to be sealed at once."""

    file: str
    sheet: str | None
    row_no: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMonth:
    """A client's month of which an import said something new."""

    client_id: UUID
    month: date
    first: bool
    held: bool


async def clients_keyed(tx: Tx, rows: Iterable[SaidRow], *, paths: Sequence[str]) -> Mapping[tuple[str, str], UUID]:
    """(field, text) → the file of that number, of those within the paths; a merged file where the surviving one is."""
    found: dict[tuple[str, str], UUID] = {}
    rows = list(rows)
    for field, query in _FIND.items():
        wanted = {
            _key(tx, field, text, row.identity_type): text for row in rows if (text := row.keys.get(field)) is not None
        }
        if wanted:
            for record in await tx.fetch(query, keys=list(wanted), paths=list(paths)):
                found[field, wanted[record["key"]]] = record["id"]
    return found


def _key(tx: Tx, field: str, text: str, identity_type: str) -> str | bytes:
    return (
        tx.cipher.index(IDENTITY, index_form(IdentityType(identity_type), text)) if field == "identity_number" else text
    )


async def standing(tx: Tx, import_id: UUID, rows: Sequence[Placed]) -> set[int]:
    """Which of these rows repeat one that an earlier batch brought, by their places in the list."""
    found = await tx.fetch(
        _STANDING,
        import_id=import_id,
        client_ids=[placed.client_id for placed in rows],
        months=[placed.row.month for placed in rows],
        currencies=[placed.row.currency for placed in rows],
        parts=[placed.row.part.value for placed in rows],
        own_keys=[placed.row.own_key for placed in rows],
    )
    return {int(record["n"]) - 1 for record in found}


async def with_lines(tx: Tx, import_id: UUID, rows: Sequence[Placed], part: Part) -> set[int]:
    """Of which rows' client and month the import has loans (or products) so far, in whatever currency; by their places."""
    found = await tx.fetch(
        _BESIDE,
        import_id=import_id,
        client_ids=[placed.client_id for placed in rows],
        months=[placed.row.month for placed in rows],
        part=part.value,
    )
    return {int(record["n"]) - 1 for record in found}


async def add_rows(tx: Tx, import_id: UUID, rows: Iterable[Placed]) -> None:
    """Checked rows, by COPY."""
    columns = ["import_id", "client_id", "month", "currency", "part", "own_key", "said"]
    await tx.copy(
        "figure_import_rows",
        columns,
        [
            (import_id, p.client_id, p.row.month, p.row.currency, p.row.part.value, p.row.own_key, dict(p.row.said))
            for p in rows
        ],
    )


async def add_refused(tx: Tx, import_id: UUID, rows: Iterable[RefusedRow]) -> None:
    """Refused rows, sealed."""
    records = []
    for row in rows:
        row_id = new_id()
        sealed = tx.cipher.seal(CELLS, row_id, json.dumps(list(row.cells), ensure_ascii=False))
        records.append((import_id, row_id, row.file, row.sheet, row.row_no, sealed))
    await tx.copy("import_refused_rows", ["import_id", "id", "file", "sheet", "row_no", "cells_sealed"], records)


async def refused_of(tx: Tx, import_id: UUID, *, file: str) -> list[RefusedRow]:
    """The refused rows of one file with its header first, opened."""
    return [
        RefusedRow(
            file=record["file"],
            sheet=record["sheet"],
            row_no=record["row_no"],
            cells=json.loads(tx.cipher.open(CELLS, record["id"], record["cells_sealed"])),
        )
        for record in await tx.fetch(_REFUSED, import_id=import_id, file=file)
    ]


async def forget_refused(tx: Tx, *, before: datetime) -> None:
    """Refused rows of imports that ended before that moment."""
    await tx.execute(_FORGET, before=before)


async def count_clients(tx: Tx, import_id: UUID) -> int:
    """How many clients the checked rows are about."""
    return int(await tx.fetchval(_COUNT, import_id=import_id))


async def next_clients(tx: Tx, import_id: UUID, *, after: UUID, size: int) -> list[UUID]:
    """The next clients by id."""
    return [record["client_id"] for record in await tx.fetch(_NEXT, import_id=import_id, after=after, size=size)]


async def keep(tx: Tx, import_id: UUID, client_ids: Sequence[UUID], *, source: str, now: datetime) -> list[KeptMonth]:
    """What the import says about these locked clients, kept where it is new."""
    rows = await tx.fetch(
        _KEEP_IMPORTED, delivery_id=import_id, client_ids=list(client_ids), source=source, now=now
    )  # fmt: skip
    return [KeptMonth(**dict(row)) for row in rows]
