"""Sealed fields under the current key again, while everybody goes on working.

A table says which of its columns are sealed: `sa.Column(..., info=sealed("clients.name"))`. The row's id is the `id`
column unless another is named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.db import Database
from chassis.frame_tables import FRAME
from chassis.query import Query, prepare
from chassis.sealed_columns import MARK, sealed, sealed_briefly

__all__ = ["Resealed", "reseal_all", "sealed", "sealed_briefly", "unmarked"]

_BATCH = 500
# The frame marks its own: stored answers go after seven days and bear no mark.
_FRAME = frozenset(FRAME.outbox.metadata.tables)
_NEVER_SEALED = ("index", "indexes", "tokens", "digest")


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one column: rows looked at and rows sealed anew."""

    column: str
    seen: int
    changed: int


def unmarked(metadata: sa.MetaData) -> list[str]:
    """Binary columns that may be sealed and do not say so; rotation would leave them under an old key."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        if table.name not in _FRAME
        for column in table.columns
        if _holds_bytes(column) and MARK not in column.info and not column.name.endswith(_NEVER_SEALED)
    ]


def _holds_bytes(column: sa.Column[Any]) -> bool:
    kind = column.type.item_type if isinstance(column.type, sa.ARRAY) else column.type
    return isinstance(kind, sa.LargeBinary)


async def reseal_all(
    database: Database, metadata: sa.MetaData, *, tell: Callable[[Resealed], None] | None = None
) -> list[Resealed]:
    """Every sealed column, range by range, each in a transaction of its own; a second run goes on where one stopped."""
    results: list[Resealed] = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.info.get(MARK) is not None:
                name, row_id = column.info[MARK]
                result = await _reseal(database, table, column, table.c[row_id], name)
                results.append(result)
                if tell is not None:
                    tell(result)
    return results


async def _reseal(
    database: Database, table: sa.Table, column: sa.Column[Any], row_id: sa.Column[Any], name: str
) -> Resealed:
    read, write = _read(table, column, row_id), _write(table, column, row_id)
    seen = changed = 0
    after = UUID(int=0)
    while True:
        async with database.transaction() as tx:
            rows = await tx.fetch(read, after=after, most=_BATCH)
            old = [(row["row_id"], row["blob"]) for row in rows if tx.cipher.needs_rotation(row["blob"])]
            fresh = [(row, tx.cipher.reseal(name, row, blob)) for row, blob in old]
            if fresh:
                await tx.execute(write, row_ids=[row for row, _ in fresh], blobs=[blob for _, blob in fresh])
        seen, changed = seen + len(rows), changed + len(fresh)
        if len(rows) < _BATCH:
            return Resealed(f"{table.name}.{column.name}", seen, changed)
        after = rows[-1]["row_id"]


def _read(table: sa.Table, column: sa.Column[Any], row_id: sa.Column[Any]) -> Query:
    # Locked, so that a value written in between is not overwritten with what it was before.
    return prepare(
        sa.select(row_id.label("row_id"), column.label("blob"))
        .where(column.is_not(None), row_id > sa.bindparam("after", type_=sa.Uuid()))
        .order_by(row_id)
        .limit(sa.bindparam("most", type_=sa.Integer()))
        .with_for_update()
    )


def _write(table: sa.Table, column: sa.Column[Any], row_id: sa.Column[Any]) -> Query:
    fresh = (
        sa.func.unnest(
            sa.bindparam("row_ids", type_=ARRAY(sa.Uuid())), sa.bindparam("blobs", type_=ARRAY(sa.LargeBinary()))
        )
        .table_valued("row_id", "blob")
        .render_derived()
    )
    return prepare(sa.update(table).where(row_id == fresh.c.row_id).values({column: fresh.c.blob}))
