"""Potential clients, and what is known of companies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0021"
down_revision = "0020"

_SOURCES = "source IN ('business_handling', 'questionnaire', 'active_contact', 'third_party', 'client_self', 'import')"


def upgrade() -> None:
    op.create_table(
        "potential_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("retention_months", sa.Integer(), nullable=False),
        sa.Column("assets_from", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.CheckConstraint("retention_months BETWEEN 1 AND 120", name=op.f("ck_potential_policies_retention_months")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_potential_policies")),
    )
    op.create_table(
        "corporate_files",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("investors_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("business", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("characteristics", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("needs", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("region ~ '^[0-9]{6}$'", name=op.f("ck_corporate_files_region")),
        sa.CheckConstraint(
            _SOURCES,
            name=op.f("ck_corporate_files_source"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_corporate_files_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_corporate_files")),
    )
    op.create_table(
        "potential_clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("identity_type", sa.Text(), nullable=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("hobbies", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("needs_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("referral_source", sa.Text(), nullable=False),
        sa.Column("referred_by_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_step_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("consented_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_on", sa.Date(), nullable=False),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            _SOURCES,
            name=op.f("ck_potential_clients_source"),
        ),
        sa.CheckConstraint(
            "status <> 'converted' OR client_id IS NOT NULL", name=op.f("ck_potential_clients_converted")
        ),
        sa.CheckConstraint(
            "status <> 'open' OR client_id IS NOT NULL OR (name_sealed IS NOT NULL AND consented_on IS NOT NULL)",
            name=op.f("ck_potential_clients_person"),
        ),
        sa.CheckConstraint(
            "status = 'open' OR num_nonnulls(name_sealed, phone_sealed, phone_index, identity_sealed, identity_index, "
            "needs_sealed, referred_by_sealed, next_step_sealed) = 0",
            name=op.f("ck_potential_clients_forgotten"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'converted', 'closed', 'expired')", name=op.f("ck_potential_clients_status")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_potential_clients_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_potential_clients_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_potential_clients")),
    )
    op.create_index(
        "ix_potential_clients_forget_on",
        "potential_clients",
        ["forget_on"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_potential_clients_phone",
        "potential_clients",
        ["phone_index"],
        postgresql_where=sa.text("phone_index IS NOT NULL"),
    )
    op.create_index("ix_potential_clients_unit_id_id", "potential_clients", ["unit_id", "id"])
    op.create_index(
        "uq_potential_clients_client",
        "potential_clients",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open' AND client_id IS NOT NULL"),
    )
    op.create_index(
        "uq_potential_clients_identity",
        "potential_clients",
        ["identity_index"],
        unique=True,
        postgresql_where=sa.text("identity_index IS NOT NULL"),
    )
    op.create_table(
        "corporate_persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("position_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("role IN ('decision_maker', 'influencer')", name=op.f("ck_corporate_persons_role")),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["corporate_files.client_id"],
            name=op.f("fk_corporate_persons_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_persons")),
        sa.UniqueConstraint("client_id", "place", name=op.f("uq_corporate_persons_client_id_place")),
    )
    op.add_column("clients", sa.Column("potential", sa.Boolean(), server_default="false", nullable=False))
    op.create_index("ix_clients_potential", "clients", ["id"], postgresql_where=sa.text("potential"))
    op.execute(
        "INSERT INTO potential_policies (version, valid_from, retention_months, assets_from, article) VALUES "
        "(1, '2020-01-01', 24, 100000, 'BOC-S Art. 33(2), A-gap')"
    )
