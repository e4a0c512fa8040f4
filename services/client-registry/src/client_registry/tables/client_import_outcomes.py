"""Whom an import of clients concerned beyond the files it opened, and what became of each when it was undone."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

# A row of kind `figures` is made when the import adds to a file already there, one of kind `file` when it is undone.
client_import_outcomes = sa.Table(
    "client_import_outcomes",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("brought", sa.Text, nullable=False),
    # Null until its range has run.
    sa.Column("outcome", sa.Text),
    sa.Column("reasons", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.CheckConstraint("brought IN ('file', 'figures')", name="brought"),
    sa.CheckConstraint("outcome IN ('taken_back', 'kept', 'figures_withdrawn')", name="outcome"),
    sa.CheckConstraint("(outcome = 'kept') = (reasons <> '{}')", name="kept_with_reason"),
)
