"""The service's first tables, and the handling policy of the banks' documents as version 1."""

import json
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from chassis.clock import SHANGHAI
from chassis.frame_migration import create_frame_tables
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None

# In force before any case could have been opened; a later version is a new row.
ACTIVE_FROM = datetime(2026, 1, 1, tzinfo=SHANGHAI)
DOCUMENT = Path(__file__).parents[1] / "policies" / "0001.json"


def upgrade() -> None:
    create_frame_tables()
    op.execute(sa.schema.CreateSequence(sa.Sequence("case_number_seq")))
    op.create_table(
        "case_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_from", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("complaint_type", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("tier_snapshot", sa.Text(), nullable=True),
        sa.Column("about_unit_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at_unit_id", sa.Uuid(), nullable=True),
        sa.Column("first_receiver", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'complaint') = (complaint_type IS NOT NULL)", name="cases_type_fits_kind"),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="cases_closed"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_no"),
    )
    op.create_index(
        "cases_client", "cases", ["client_id", "id"], unique=False, postgresql_where=sa.text("client_id IS NOT NULL")
    )
    op.create_index(
        "cases_handler_open", "cases", ["handler", "id"], unique=False, postgresql_where=sa.text("status <> 'closed'")
    )
    op.create_index("cases_opener", "cases", ["opened_by", "id"], unique=False)
    op.create_index("cases_unit", "cases", ["unit_id", "id"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("service_tier", sa.Text(), nullable=False),
        sa.Column("card_level", sa.Text(), nullable=False),
        sa.Column("home_unit_id", sa.Uuid(), nullable=False),
        sa.Column("serving_unit_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("qualification_revoked_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "handling_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "postings",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("subject", "unit_id", "role"),
    )
    op.create_index("postings_role", "postings", ["role", "unit_id"], unique=False)
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("units_parent", "units", ["parent_id"], unique=False)
    op.create_index("units_path", "units", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"})
    op.create_table(
        "working_calendars",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("off_days", ARRAY(sa.Date()), nullable=False),
        sa.Column("work_days", ARRAY(sa.Date()), nullable=False),
        sa.Column("noticed_years", ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "clocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends", JSONB(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "round", "code", "sequence", name="clocks_named"),
    )
    op.create_index(
        "clocks_by_calendar",
        "clocks",
        ["id"],
        unique=False,
        postgresql_where=sa.text(
            "met_at IS NULL AND stopped_at IS NULL AND breached_at IS NULL AND (provisional OR calendar_version IS NOT NULL)"
        ),
    )
    op.create_table(
        "rounds",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("duty_holder", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("delivery_way", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "number"),
        sa.UniqueConstraint("case_id", "handler", name="rounds_other_handler"),
    )
    op.create_table(
        "routings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("situation", JSONB(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=False),
        sa.Column("losers", ARRAY(sa.Text()), nullable=False),
        sa.Column("served_by", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("climbed", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("excluded", ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("routings_case", "routings", ["case_id", "id"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("case_version", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("steps_case", "steps", ["case_id", "id"], unique=False)
    op.create_table(
        "texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("texts_case", "texts", ["case_id", "id"], unique=False)
    policies = sa.table(
        "handling_policies",
        sa.column("version"),
        sa.column("active_from", sa.DateTime(timezone=True)),
        sa.column("document", JSONB()),
    )
    op.bulk_insert(
        policies,
        [{"version": 1, "active_from": ACTIVE_FROM, "document": json.loads(DOCUMENT.read_text(encoding="utf-8"))}],
    )
