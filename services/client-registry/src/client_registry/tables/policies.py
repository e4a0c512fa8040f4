"""Tier policies as versioned data (CR-12 to CR-15): changed standards are new rows, never new code."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# criteria: [{"code", "metric", "operator": "ge", "bound": "500000.00", "conditions": ["repayment_clean"], "article",
#             "text_zh", "text_en", "window_months", "products": ["wealth-card"]}]
# vetoes: [{"kind": "risk_event", "event_kinds": ["loan_overdue"], "within_months": 12, "days_overdue_min": 30, "article"}]
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
    sa.Column("vetoes", JSONB, nullable=False, server_default="[]"),
    sa.Column("needs_filing", sa.Boolean, nullable=False),
    sa.Column("grace_months", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("status", sa.Text, nullable=False),
    # A client must have been with the bank for so long; 0 asks nothing.
    sa.Column("minimum_tenure_months", sa.SmallInteger, nullable=False, server_default="0"),
    # Every change counts up: the ETag, and the version that an approval holds.
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    # When the bank knew of it, and the days it really was in force: a decision of then is found again (section 8).
    sa.Column("activated_at", sa.DateTime(timezone=True)),
    sa.Column("in_force_from", sa.Date),
    sa.Column("in_force_until", sa.Date),
    sa.Column("ceased_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("ladder IN ('card_level', 'service_tier')", name="ladder"),
    sa.CheckConstraint("combinator IN ('ANY', 'ALL')", name="combinator"),
    sa.CheckConstraint("status IN ('draft', 'submitted', 'approved', 'active', 'ended', 'superseded')", name="status"),
    sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid_dates"),
    sa.CheckConstraint("NOT campaign OR valid_until IS NOT NULL", name="campaign_ends"),
    sa.UniqueConstraint("code", "version"),
    sa.Index("uq_tier_policies_one_active", "code", unique=True, postgresql_where=sa.text("status = 'active'")),
)

# Who moved a version, when, why and on which article; content is what it said then. No personal data.
tier_policy_moves = sa.Table(
    "tier_policy_moves",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("policy_id", sa.Uuid, sa.ForeignKey("tier_policies.id", ondelete="CASCADE"), nullable=False),
    sa.Column("move", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("moved_by", sa.Text, nullable=False),
    sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("content", JSONB, nullable=False),
    sa.CheckConstraint(
        "move IN ('drafted', 'changed', 'submitted', 'approved', 'refused', 'activated', 'ended', 'superseded')",
        name="move",
    ),
    sa.Index("ix_tier_policy_moves_policy_id_id", "policy_id", "id"),
)
