"""First entries that wait for a second person (XC-21)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "pending_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("fields", ARRAY(sa.Text()), nullable=False),
        sa.Column("entered_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("differing", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_by", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_by", sa.Text(), nullable=True),
        sa.Column("second_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('registration', 'form', 'identity')", name=op.f("ck_pending_entries_kind")),
        sa.CheckConstraint(
            "status IN ('waiting', 'differs', 'applied', 'refused', 'withdrawn', 'expired', 'overtaken')",
            name=op.f("ck_pending_entries_status"),
        ),
        sa.CheckConstraint("second_by <> first_by", name=op.f("ck_pending_entries_two_people")),
        sa.CheckConstraint(
            "(status IN ('waiting', 'differs')) = (entered_sealed IS NOT NULL)",
            name=op.f("ck_pending_entries_kept_while_open"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_pending_entries_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_pending_entries_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_entries")),
    )
    op.create_index("ix_pending_entries_unit_id_id", "pending_entries", ["unit_id", "id"])
    op.create_index(
        "ix_pending_entries_client_id",
        "pending_entries",
        ["client_id"],
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )
