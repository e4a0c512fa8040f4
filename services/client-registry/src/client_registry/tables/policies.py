"""Tier policies as versioned data (CR-12 to CR-15): changed standards are new rows, never new code."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# criteria: [{"code", "metric", "operator": "ge", "bound": "500000.00", "conditions": ["repayment_clean"], "article",
#             "text_zh", "text_en"}]
tier_policies = sa.Table(
    "tier_policies",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("ladder", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("scope_unit_id", sa.Uuid, sa.ForeignKey("units.id")),
    sa.Column("campaign", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("combinator", sa.Text, nullable=False),
    sa.Column("criteria", JSONB, nullable=False),
    sa.Column("needs_filing", sa.Boolean, nullable=False),
    sa.Column("grace_months", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("status", sa.Text, nullable=False),
    sa.CheckConstraint("ladder IN ('card_level', 'service_tier')", name="ladder"),
    sa.CheckConstraint("combinator IN ('ANY', 'ALL')", name="combinator"),
    sa.CheckConstraint("status IN ('draft', 'active', 'retired')", name="status"),
    sa.UniqueConstraint("code", "version"),
    sa.Index("uq_tier_policies_one_active", "code", unique=True, postgresql_where=sa.text("status = 'active'")),
)
