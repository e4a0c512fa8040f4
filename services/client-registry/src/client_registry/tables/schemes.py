"""Schemes of grades as versioned data (A3, CR-24): what each banking rulebook calls the steps of one internal ladder."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# grades: [{"code", "name_zh", "name_en", "attribute", "value", "article"}], the highest first.
grade_schemes = sa.Table(
    "grade_schemes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("grades", JSONB, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.CheckConstraint("status IN ('proposed', 'approved', 'refused')", name="status"),
    sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid_dates"),
    sa.CheckConstraint("decided_by IS DISTINCT FROM proposed_by", name="two_people"),
    sa.UniqueConstraint("code", "version"),
)
