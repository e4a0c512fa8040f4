"""Meetings with clients, and what managers report upward."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "client_meetings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=False),
        sa.Column("fields", ARRAY(sa.Text()), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cardinality(fields) > 0", name=op.f("ck_client_meetings_fields")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_meetings_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_meetings")),
    )
    op.create_index("ix_client_meetings_client_id_id", "client_meetings", ["client_id", "id"])
    op.create_table(
        "upward_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_role", sa.Text(), nullable=False),
        sa.Column("to_unit_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('risk', 'dissatisfaction', 'leaving', 'major_need', 'life_event', 'large_movement', 'other')",
            name=op.f("ck_upward_reports_kind"),
        ),
        sa.CheckConstraint(
            "(acknowledged_by IS NULL) = (acknowledged_at IS NULL)", name=op.f("ck_upward_reports_acknowledged")
        ),
        sa.CheckConstraint("acknowledged_by <> reported_by", name=op.f("ck_upward_reports_another")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_upward_reports_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"], name=op.f("fk_upward_reports_to_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upward_reports")),
    )
    op.create_index("ix_upward_reports_client_id_id", "upward_reports", ["client_id", "id"])
