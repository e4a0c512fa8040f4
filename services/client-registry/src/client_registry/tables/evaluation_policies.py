"""When everybody is evaluated and who counts as near a standard: policy values as versioned data (A5, CR-16)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# `domain.evaluation_policy` names the values; the newest version counts.
evaluation_policies = sa.Table(
    "evaluation_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("values", JSONB, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)
