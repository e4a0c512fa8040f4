"""Statements that are alike for every table."""

import sqlalchemy as sa
from chassis.query import Query, prepare
from sqlalchemy.dialects.postgresql import insert


def insert_row(table: sa.Table) -> Query:
    """Insert one row, every column given."""
    return prepare(sa.insert(table).values({c.name: sa.bindparam(c.name, type_=c.type) for c in table.columns}))


def save_row(table: sa.Table, *keys: str, keep: tuple[str, ...] = ()) -> Query:
    """Insert one row, or replace the one with these keys; columns in `keep` are not touched."""
    columns = [c for c in table.columns if c.name not in keep]
    statement = insert(table).values({c.name: sa.bindparam(c.name, type_=c.type) for c in columns})
    rest = {c.name: statement.excluded[c.name] for c in columns if c.name not in keys}
    return prepare(statement.on_conflict_do_update(index_elements=list(keys), set_=rest))
