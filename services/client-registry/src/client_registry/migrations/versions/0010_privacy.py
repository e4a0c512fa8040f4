"""Sharing grants and their uses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "sharing_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fields", ARRAY(sa.Text()), nullable=False),
        sa.Column("recipient_role", sa.Text(), nullable=True),
        sa.Column("recipient_unit_id", sa.Uuid(), nullable=True),
        sa.Column("recipient_name", sa.Text(), nullable=True),
        sa.Column("authorisation_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("authorised_on", sa.Date(), nullable=True),
        sa.Column("agreement_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("agreement_until_on", sa.Date(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('internal', 'external', 'legal')", name=op.f("ck_sharing_grants_kind")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_sharing_grants_period")),
        sa.CheckConstraint(
            "kind <> 'internal' OR (recipient_role IS NOT NULL AND recipient_unit_id IS NOT NULL)",
            name=op.f("ck_sharing_grants_internal"),
        ),
        sa.CheckConstraint(
            "kind <> 'external' OR (recipient_name IS NOT NULL AND authorisation_sealed IS NOT NULL"
            " AND authorised_on IS NOT NULL AND agreement_sealed IS NOT NULL AND agreement_until_on IS NOT NULL)",
            name=op.f("ck_sharing_grants_external"),
        ),
        sa.CheckConstraint(
            "kind <> 'legal' OR (recipient_name IS NOT NULL AND agreement_sealed IS NOT NULL)",
            name=op.f("ck_sharing_grants_legal"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_sharing_grants_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["recipient_unit_id"], ["units.id"], name=op.f("fk_sharing_grants_recipient_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_grants")),
    )
    op.create_index("ix_sharing_grants_client_id_id", "sharing_grants", ["client_id", "id"])
    op.create_table(
        "sharing_uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("used_by", sa.Text(), nullable=False),
        sa.Column("fields", ARRAY(sa.Text()), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["sharing_grants.id"], name=op.f("fk_sharing_uses_grant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_uses")),
    )
    op.create_index("ix_sharing_uses_grant_id_id", "sharing_uses", ["grant_id", "id"])
