"""The list of key corporate-finance clients, and grades of several schemes on one ladder."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# How long an entry of the corporate list may run and how long its tier outlives it (CR-22, CR-24).
_CORPORATE_VALUES = """
UPDATE standing_policies
SET "values" = "values" || '{"corporate_vip_months_max": 24, "corporate_vip_grace_days": 0}'
"""


def upgrade() -> None:
    # Not through the statement's own bind syntax: the text holds colons.
    op.get_bind().exec_driver_sql(_CORPORATE_VALUES)
    op.create_table(
        "corporate_vips",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("grounds_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_no", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier_before", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'refused', 'ended')", name=op.f("ck_corporate_vips_status")
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_corporate_vips_valid_dates")),
        sa.CheckConstraint("decided_by IS DISTINCT FROM proposed_by", name=op.f("ck_corporate_vips_two_people")),
        sa.CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name=op.f("ck_corporate_vips_decided")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_corporate_vips_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_vips")),
    )
    op.create_index("ix_corporate_vips_client_id_id", "corporate_vips", ["client_id", "id"])
