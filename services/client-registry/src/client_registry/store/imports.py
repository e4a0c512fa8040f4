"""Client imports in Postgres: sealed chunks in and out, checked rows by COPY, findings, and the import's own state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import Query, prepare
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.domain.imports.findings import Finding
from client_registry.tables.imports import (
    client_import_chunks,
    client_import_files,
    client_import_rows,
    client_imports,
    figure_import_rows,
)

# Every chunk of a file but its last one is this long.
CHUNK = 512 * 1024
_imports = client_imports.c
_INSERT = prepare(
    sa.insert(client_imports).values(
        id=sa.bindparam("id"),
        started_by=sa.bindparam("started_by"),
        unit_path=sa.bindparam("unit_path"),
        mode=sa.bindparam("mode"),
        validate_only=sa.bindparam("validate_only"),
        as_of=sa.bindparam("as_of"),
        content=sa.bindparam("content"),
        source=sa.bindparam("source"),
        profile_name=sa.bindparam("profile_name"),
        profile=sa.bindparam("profile"),
        digest=sa.bindparam("digest"),
        status=sa.bindparam("status"),
        created_at=sa.bindparam("now"),
    )
)
_LINK = prepare(
    sa.update(client_imports)
    .where(_imports.id == sa.bindparam("import_id"))
    .values(operation_id=sa.bindparam("operation"), digest=sa.bindparam("sum"))
)
_GET = prepare(sa.select(client_imports).where(_imports.id == sa.bindparam("id")))
_LOCK = prepare(sa.select(client_imports).where(_imports.id == sa.bindparam("id")).with_for_update())
_FILES = prepare(
    sa.select(client_import_files)
    .where(client_import_files.c.import_id == sa.bindparam("import_id"))
    .order_by(client_import_files.c.file_no)
)
_CHUNK = prepare(
    sa.select(client_import_chunks.c.sealed).where(
        client_import_chunks.c.import_id == sa.bindparam("import_id"),
        client_import_chunks.c.file_no == sa.bindparam("file_no"),
        client_import_chunks.c.chunk_no == sa.bindparam("chunk_no"),
    )
)
_SAME_APPLIED = prepare(
    sa.select(_imports.id)
    .where(
        _imports.digest == sa.bindparam("digest"),
        _imports.as_of == sa.bindparam("as_of"),
        _imports.content == sa.bindparam("content"),
        _imports.source.is_not_distinct_from(sa.bindparam("source", type_=sa.Text)),
        _imports.status == "applied",
        _imports.id != sa.bindparam("id"),
    )
    .limit(1)
)
_STATUS = prepare(
    sa.text(
        "UPDATE client_imports SET status = CAST(:status AS text), "
        "finished_at = CASE WHEN CAST(:finished AS boolean) THEN CAST(:now AS timestamptz) END WHERE id = :id"
    )
)
_COUNT = prepare(
    sa.text(
        "UPDATE client_imports SET rows_total = :total, rows_invalid = (SELECT count(DISTINCT (file, row_no)) "
        "FROM client_import_findings WHERE import_id = :id) WHERE id = :id RETURNING rows_invalid"
    )
)
_APPLIED = prepare(
    sa.text(
        "UPDATE client_imports SET clients_created = clients_created + :created, "
        "clients_known = clients_known + :known WHERE id = :id"
    )
)
# Joined with the numbers rather than compared with their array: after a first large import the planner knows nothing
# about the table yet, and would read all of it for each batch.
_KNOWN = prepare(
    sa.text(
        "SELECT c.client_no, c.id FROM unnest(CAST(:client_nos AS text[])) AS wanted(client_no) "
        "CROSS JOIN LATERAL (SELECT k.client_no, k.id FROM clients AS k WHERE k.client_no = wanted.client_no LIMIT 1) "
        "AS c"
    )
)
_DROP_CHUNKS = prepare(
    sa.delete(client_import_chunks).where(client_import_chunks.c.import_id == sa.bindparam("import_id"))
)
_DROP_ROWS = prepare(sa.delete(client_import_rows).where(client_import_rows.c.import_id == sa.bindparam("import_id")))

_DROP_FIGURES = prepare(
    sa.delete(figure_import_rows).where(figure_import_rows.c.import_id == sa.bindparam("import_id"))
)
_KEEP_COUNTS = prepare(
    sa.update(client_imports)
    .where(_imports.id == sa.bindparam("import_id"))
    .values(counts=sa.bindparam("said", type_=JSONB))
)

_STOPPED = prepare(
    sa.text(
        "UPDATE client_imports AS i SET finished_at = CAST(:now AS timestamptz) FROM operations AS o "
        "WHERE o.id = i.operation_id AND i.finished_at IS NULL AND o.status IN ('failed', 'cancelled') RETURNING i.id"
    )
)

# Rows that are right in themselves and wrong beside another: the later one is refused, the first one stands.
_CONFLICTS = {
    "row.client-no-twice": (
        "client_no",
        "SELECT row_no FROM (SELECT row_no, row_number() OVER (PARTITION BY client_no ORDER BY row_no) AS n "
        "FROM client_import_rows WHERE import_id = :id) AS r WHERE n > 1",
    ),
    "row.identity-twice": (
        "identity_number",
        "SELECT row_no FROM (SELECT row_no, row_number() OVER (PARTITION BY identity_index ORDER BY row_no) AS n "
        "FROM client_import_rows WHERE import_id = :id AND identity_index IS NOT NULL) AS r WHERE n > 1",
    ),
    "row.customer-no-twice": (
        "customer_no",
        "SELECT row_no FROM (SELECT row_no, row_number() OVER (PARTITION BY customer_no ORDER BY row_no) AS n "
        "FROM client_import_rows WHERE import_id = :id AND customer_no IS NOT NULL) AS r WHERE n > 1",
    ),
    "row.customer-no-of-another": (
        "customer_no",
        "SELECT r.row_no FROM client_import_rows AS r JOIN client_customer_numbers AS k USING (customer_no) "
        "WHERE r.import_id = :id AND k.client_id <> r.client_id",
    ),
    "row.identity-of-another": (
        "identity_number",
        "SELECT r.row_no FROM client_import_rows AS r JOIN clients AS c ON c.identity_index = r.identity_index "
        "WHERE r.import_id = :id AND c.client_no <> r.client_no",
    ),
}
_REFUSE_CONFLICTS = [
    (
        prepare(
            sa.text(
                # Found once and set aside: rows that have just come in are unknown to the planner, which would look for
                # the conflicts again for each of them.
                f"WITH bad AS MATERIALIZED ({rows}), gone AS (DELETE FROM client_import_rows AS r USING bad "  # noqa: S608
                "WHERE r.import_id = :id AND r.row_no = bad.row_no RETURNING r.source_row) "
                "INSERT INTO client_import_findings (import_id, file, row_no, column_name, code, params) "
                "SELECT :id, CAST(:file AS text), source_row, CAST(:column AS text), CAST(:code AS text), '{}' FROM gone"
            )
        ),
        column,
        code,
    )
    for code, (column, rows) in _CONFLICTS.items()
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientImport:
    """One import as it stands."""

    id: UUID
    started_by: str
    unit_path: str
    mode: str
    validate_only: bool
    as_of: date
    profile_name: str
    profile: str
    digest: bytes
    status: str
    rows_total: int
    rows_invalid: int
    clients_created: int
    clients_known: int
    content: str
    source: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """One uploaded file's name and size; its bytes are in chunks."""

    file_no: int
    name: str
    size: int


async def add_import(
    tx: Tx, *, now: datetime, content: str = "clients", source: str | None = None, **values: Any
) -> None:
    """The import's row, before its files."""
    await tx.execute(_INSERT, status="received", now=now, content=content, source=source, **values)


async def add_file(tx: Tx, import_id: UUID, *, file_no: int, name: str, size: int, digest: bytes) -> None:
    """One file whose chunks are in."""
    await tx.copy(
        "client_import_files",
        ["import_id", "file_no", "name", "size", "digest"],
        [(import_id, file_no, name, size, digest)],
    )


async def add_chunk(tx: Tx, import_id: UUID, *, file_no: int, chunk_no: int, content: bytes) -> None:
    """A piece of a file, sealed for its place: uploaded bytes hold personal data like any field."""
    sealed = tx.cipher.seal(_chunk_column(file_no, chunk_no), import_id, content.decode("latin-1"))
    await tx.copy(
        "client_import_chunks",
        ["import_id", "file_no", "chunk_no", "sealed"],
        [(import_id, file_no, chunk_no, sealed)],
    )


async def chunk(tx: Tx, import_id: UUID, file_no: int, chunk_no: int) -> bytes | None:
    """A piece of a file as it was uploaded; None after the last."""
    sealed = await tx.fetchval(_CHUNK, import_id=import_id, file_no=file_no, chunk_no=chunk_no)
    if sealed is None:
        return None
    return tx.cipher.open(_chunk_column(file_no, chunk_no), import_id, sealed).encode("latin-1")


async def link_operation(tx: Tx, import_id: UUID, operation_id: UUID, digest: bytes) -> None:
    """The operation that works on it, and what the upload was as a whole."""
    await tx.execute(_LINK, import_id=import_id, operation=operation_id, sum=digest)


async def get_import(tx: Tx, import_id: UUID) -> ClientImport:
    """The import; LookupError where an operation names one that is not there."""
    return _import_of(await tx.fetchrow(_GET, id=import_id), import_id)


async def lock_import(tx: Tx, import_id: UUID) -> ClientImport:
    """The import, locked until the transaction ends; LookupError where there is none."""
    return _import_of(await tx.fetchrow(_LOCK, id=import_id), import_id)


def _import_of(row: Record | None, import_id: UUID) -> ClientImport:
    if row is None:
        raise LookupError(f"no client import {import_id}")
    return ClientImport(**{name: row[name] for name in ClientImport.__dataclass_fields__})


async def files_of(tx: Tx, import_id: UUID) -> list[ImportedFile]:
    """The uploaded files in their order."""
    rows = await tx.fetch(_FILES, import_id=import_id)
    return [ImportedFile(file_no=row["file_no"], name=row["name"], size=row["size"]) for row in rows]


async def same_applied(tx: Tx, found: ClientImport) -> UUID | None:
    """An import of the very same bytes for the same month that was applied already."""
    earlier: UUID | None = await tx.fetchval(
        _SAME_APPLIED, digest=found.digest, as_of=found.as_of, content=found.content, source=found.source, id=found.id
    )
    return earlier


async def set_status(tx: Tx, import_id: UUID, status: str, *, finished: bool, now: datetime) -> None:
    """Where the import stands now."""
    await tx.execute(_STATUS, id=import_id, status=status, finished=finished, now=now)


async def known_clients(tx: Tx, client_nos: Sequence[str]) -> dict[str, UUID]:
    """Client number → id of those on file."""
    return {row["client_no"]: row["id"] for row in await tx.fetch(_KNOWN, client_nos=list(client_nos))}


async def add_findings(tx: Tx, import_id: UUID, findings: Iterable[Finding]) -> None:
    """What is wrong with rows."""
    await tx.copy(
        "client_import_findings",
        ["import_id", "file", "sheet", "row_no", "column_name", "code", "params"],
        [(import_id, f.file, f.sheet, f.row, f.column, f.code, dict(f.params)) for f in findings],
    )


async def refuse_conflicts(tx: Tx, import_id: UUID, *, file: str) -> None:
    """Rows that repeat another's number, or bear the identity of another client on file, become findings."""
    for query, column, code in _REFUSE_CONFLICTS:
        await tx.execute(query, id=import_id, file=file, column=column, code=code)


async def count_rows(tx: Tx, import_id: UUID, total: int) -> int:
    """Stores how many rows there were; answers how many are invalid."""
    return int(await tx.fetchval(_COUNT, id=import_id, total=total))


async def count_applied(tx: Tx, import_id: UUID, *, created: int, known: int) -> None:
    """Adds one range's clients to the import's counts."""
    await tx.execute(_APPLIED, id=import_id, created=created, known=known)


async def stopped_imports(tx: Tx, *, now: datetime) -> list[UUID]:
    """Imports whose operation failed or was cancelled before they ended; each is named once."""
    return [row["id"] for row in await tx.fetch(_STOPPED, now=now)]


async def forget_upload(tx: Tx, import_id: UUID) -> None:
    """The uploaded bytes and the checked rows end with the import; its findings and counts stay."""
    await tx.execute(_DROP_CHUNKS, import_id=import_id)
    await tx.execute(_DROP_ROWS, import_id=import_id)
    await tx.execute(_DROP_FIGURES, import_id=import_id)


async def keep_counts(tx: Tx, import_id: UUID, counts: Mapping[str, int]) -> None:
    """What an import of figures has changed."""
    await tx.execute(_KEEP_COUNTS, import_id=import_id, said=dict(counts))


def _chunk_column(file_no: int, chunk_no: int) -> str:
    return f"client_import_chunks.{file_no}.{chunk_no}"


_COUNT_ANEW = Query(
    "ANALYZE clients, client_contacts, client_consents, monthly_figures, loan_months, repayment_histories", ()
)


async def count_rows_anew(tx: Tx) -> None:
    """Have the planner's statistics of the tables an import fills made now, not when autovacuum comes by."""
    await tx.execute(_COUNT_ANEW)
