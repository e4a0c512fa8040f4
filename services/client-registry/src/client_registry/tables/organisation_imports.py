"""Imports of the organisation and what was wrong with them; the uploaded rows themselves are not kept."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

organisation_imports = sa.Table(
    "organisation_imports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("validate_only", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("counts", JSONB, nullable=False),
    # Places, codes and sentences, never a value of a row.
    sa.Column("findings", JSONB, nullable=False),
    sa.Column("findings_total", sa.Integer, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('applied', 'checked', 'refused')", name="status"),
)
