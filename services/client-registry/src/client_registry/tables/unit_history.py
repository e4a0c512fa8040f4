"""What every unit was, from when to when, by whom and why: no change of the tree forgets the one before (XC-1, XC-3)."""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

unit_history = sa.Table(
    "unit_history",
    metadata,
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("parent_id", sa.Uuid),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("branch_code", sa.Text),
    sa.Column("service_institution", sa.Text),
    sa.Column("merged_into_id", sa.Uuid),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
    # Null while it still is so.
    sa.Column("until_at", sa.DateTime(timezone=True)),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint("cause IN ('stated', 'opened', 'renamed', 'moved', 'merged', 'closed')", name="cause"),
    sa.Index("ix_unit_history_from_at", "from_at"),
    sa.Index("uq_unit_history_standing", "unit_id", unique=True, postgresql_where=sa.text("until_at IS NULL")),
)
