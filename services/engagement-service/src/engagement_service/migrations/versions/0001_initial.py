"""The service's first tables, and the contact floors of the banks' documents as cadence policy 1."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from chassis.frame_migration import create_frame_tables
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None

# The lowest frequencies the documents ask for; amounts inclusive from below (A2).
FLOORS = [
    {"rule": "EN-1", "attribute": "asset_band", "value": "ge_8m", "interval": "week", "article": "BOC-S Art. 31(2)"},
    {
        "rule": "EN-2",
        "attribute": "asset_band",
        "value": "2m_8m",
        "interval": "two_weeks",
        "article": "BOC-S Art. 31(2)",
    },
    {"rule": "EN-4", "attribute": "value_class", "value": "high", "interval": "week", "article": "BOC-C 沟通频率"},
    {"rule": "EN-5", "attribute": "value_class", "value": "mid", "interval": "month", "article": "BOC-C 沟通频率"},
    {"rule": "EN-6", "attribute": "value_class", "value": "low", "interval": "quarter", "article": "BOC-C 沟通频率"},
]


def upgrade() -> None:
    create_frame_tables()
    op.create_table(
        "cadence_policies",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("floors", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "mutes",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("client_id", "case_id"),
    )
    op.create_table(
        "org_units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("org_units_path", "org_units", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"})
    op.create_table(
        "relationships",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("home_unit_id", sa.Uuid(), nullable=True),
        sa.Column("serving_unit_ids", ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("service_tier", sa.Text(), server_default="mass", nullable=False),
        sa.Column("card_level", sa.Text(), server_default="none", nullable=False),
        sa.Column("asset_band", sa.Text(), nullable=True),
        sa.Column("value_class", sa.Text(), nullable=True),
        sa.Column("marketing", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("events", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("channels", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("wished_interval", sa.Text(), nullable=True),
        sa.Column("known_since", sa.Date(), nullable=False),
        sa.Column("last_contact_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_index("relationships_home", "relationships", ["home_unit_id", "client_id"], unique=False)
    op.create_index("relationships_manager", "relationships", ["manager", "client_id"], unique=False)
    op.create_table(
        "return_visits",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("counted_from", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("counted_from IN ('answer_limit', 'answer')", name="return_visits_counted_from"),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("return_visits_of_client", "return_visits", ["client_id", "due_on"], unique=False)
    op.create_table(
        "working_calendars",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("off_days", ARRAY(sa.Date()), nullable=False),
        sa.Column("work_days", ARRAY(sa.Date()), nullable=False),
        sa.Column("noticed_years", ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "contact_plans",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("counted_from", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("plan_on", sa.Date(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("decision", JSONB(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("missed_on", sa.Date(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["relationships.client_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_index("contact_plans_due", "contact_plans", ["plan_on", "client_id"], unique=False)
    op.create_index(
        "contact_plans_open",
        "contact_plans",
        ["latest_on"],
        unique=False,
        postgresql_where=sa.text("missed_on IS NULL"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("memo", sa.LargeBinary(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["relationships.client_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contacts_of_client", "contacts", ["client_id", "happened_at", "id"], unique=False)
    policies = sa.table(
        "cadence_policies", sa.column("version"), sa.column("valid_from", sa.Date), sa.column("floors", JSONB)
    )
    op.bulk_insert(policies, [{"version": 1, "valid_from": date(2000, 1, 1), "floors": FLOORS}])
