"""Units with their history, postings that say whether they are full-time, delegations that can be ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _extend_units()
    _create_history()
    op.add_column("postings", sa.Column("full_time", sa.Boolean(), server_default="true", nullable=False))
    _extend_delegations()
    _create_imports()


def _extend_units() -> None:
    op.add_column("units", sa.Column("service_institution", sa.Text(), nullable=True))
    op.add_column("units", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_units_service_institution"),
        "units",
        "service_institution IN ('private_bank', 'wealth_centre', 'wealth_management_centre')",
    )
    op.create_foreign_key(op.f("fk_units_merged_into_id"), "units", "units", ["merged_into_id"], ["id"])
    op.create_index("uq_units_code_small", "units", [sa.text("lower(code)")], unique=True)
    op.create_index(
        "uq_units_letters",
        "units",
        ["branch_code"],
        unique=True,
        postgresql_where=sa.text("kind = 'first_level_branch' AND branch_code IS NOT NULL"),
    )


def _create_history() -> None:
    op.create_table(
        "unit_history",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("branch_code", sa.Text(), nullable=True),
        sa.Column("service_institution", sa.Text(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('stated', 'opened', 'renamed', 'moved', 'merged', 'closed')",
            name=op.f("ck_unit_history_cause"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_history_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "version", name=op.f("pk_unit_history")),
    )
    op.create_index("ix_unit_history_from_at", "unit_history", ["from_at"])
    op.create_index(
        "uq_unit_history_standing",
        "unit_history",
        ["unit_id"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL"),
    )


def _extend_delegations() -> None:
    op.add_column("delegations", sa.Column("reason", sa.Text(), server_default="absence", nullable=False))
    op.add_column(
        "delegations", sa.Column("given_by", sa.Text(), server_default="system:client-registry", nullable=False)
    )
    op.add_column(
        "delegations",
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("delegations", sa.Column("ended_by", sa.Text(), nullable=True))
    op.add_column("delegations", sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.drop_constraint(op.f("ck_delegations_order"), "delegations", type_="check")
    op.create_check_constraint(op.f("ck_delegations_order"), "delegations", "until_at >= from_at")
    op.create_index("ix_delegations_from_staff_id", "delegations", ["from_staff_id"])


def _create_imports() -> None:
    op.create_table(
        "organisation_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("validate_only", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("findings_total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('applied', 'checked', 'refused')", name=op.f("ck_organisation_imports_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_imports")),
    )
