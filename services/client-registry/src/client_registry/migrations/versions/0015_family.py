"""Households, their members, and the dates that come back every year."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "households",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("head_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
    )
    op.create_table(
        "family_tellings",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_family_tellings_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_family_tellings")),
    )
    op.create_table(
        "household_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("left_because", sa.Text(), nullable=True),
        sa.Column("came_from", sa.Uuid(), nullable=True),
        sa.Column("came_as", sa.Text(), nullable=True),
        sa.CheckConstraint("consent IN ('person', 'client_for_family')", name=op.f("ck_household_members_consent")),
        sa.CheckConstraint(
            "kind = 'client' OR (name_sealed IS NOT NULL AND consent IS NOT NULL AND purpose IS NOT NULL)",
            name=op.f("ck_household_members_person"),
        ),
        sa.CheckConstraint("kind IN ('client', 'person')", name=op.f("ck_household_members_kind")),
        sa.CheckConstraint(
            "left_because IN ('moved_out', 'divorced', 'died', 'correction', 'merged', 'closed')",
            name=op.f("ck_household_members_left_because"),
        ),
        sa.CheckConstraint(
            "purpose IN ('family_care', 'emergency_contact')", name=op.f("ck_household_members_purpose")
        ),
        sa.CheckConstraint(
            "source IN ('business_handling', 'questionnaire', 'active_contact', 'third_party', 'client_self', 'import')",
            name=op.f("ck_household_members_source"),
        ),
        sa.CheckConstraint("(until_on IS NULL) = (left_because IS NULL)", name=op.f("ck_household_members_left")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_household_members_period")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_household_members_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_household_members_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_members")),
    )
    op.create_index("ix_household_members_client_id", "household_members", ["client_id"])
    op.create_index("ix_household_members_household_id", "household_members", ["household_id"])
    op.create_index(
        "uq_household_members_client",
        "household_members",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'client' AND until_on IS NULL"),
    )
    op.create_index(
        "uq_household_members_spouse",
        "household_members",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("relation = 'spouse' AND until_on IS NULL"),
    )
    op.create_table(
        "important_dates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lunar", sa.Boolean(), nullable=False),
        sa.Column("leap_month", sa.Boolean(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("year_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "source IN ('business_handling', 'questionnaire', 'active_contact', 'third_party', 'client_self', 'import')",
            name=op.f("ck_important_dates_source"),
        ),
        sa.CheckConstraint("lunar OR NOT leap_month", name=op.f("ck_important_dates_leap_month")),
        sa.CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name=op.f("ck_important_dates_day")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_important_dates_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["household_members.id"], name=op.f("fk_important_dates_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_important_dates")),
    )
    op.create_index("ix_important_dates_client_id_id", "important_dates", ["client_id", "id"])
    op.create_index("ix_important_dates_day", "important_dates", ["month", "day", "lunar", "leap_month"])
    op.create_index("ix_important_dates_member_id", "important_dates", ["member_id"])
    op.create_index(
        "ix_clients_birth_month_day",
        "clients",
        ["birth_month_day"],
        postgresql_where=sa.text("birth_month_day IS NOT NULL"),
    )
