"""What work and cards cost: planning values as dated data (EN-1 to EN-6, EN-18, CS-2)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# `domain.simulations.Assumptions` names the values; of those in force on a day the newest version counts.
planning_policies = sa.Table(
    "planning_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("values", JSONB, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)
