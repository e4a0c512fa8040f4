"""Entitlements, emergency cash, away service and service requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _create_entitlement_catalogues()
    _create_branch_entitlements()
    _create_emergency_cash_requests()
    _create_away_services()
    _create_service_requests()


def _create_entitlement_catalogues() -> None:
    op.create_table(
        "entitlement_catalogues",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_entitlement_catalogues")),
    )


def _create_branch_entitlements() -> None:
    op.create_table(
        "branch_entitlements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_away", sa.Boolean(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('addition', 'override', 'rollout')", name=op.f("ck_branch_entitlements_kind")),
        sa.CheckConstraint("status IN ('proposed', 'active', 'refused')", name=op.f("ck_branch_entitlements_status")),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_branch_entitlements_two_people")),
        sa.CheckConstraint("effective_until >= effective_on", name=op.f("ck_branch_entitlements_order")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_branch_entitlements_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_entitlements")),
    )
    op.create_index("ix_branch_entitlements_unit_id_id", "branch_entitlements", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_branch_entitlements_one_proposed",
        "branch_entitlements",
        ["unit_id", "kind", "code"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_index(
        "uq_branch_entitlements_one_start",
        "branch_entitlements",
        ["unit_id", "kind", "code", "effective_on"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )


def _create_emergency_cash_requests() -> None:
    op.create_table(
        "emergency_cash_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("reason IN ('card_lost', 'card_stolen')", name=op.f("ck_emergency_cash_requests_reason")),
        sa.CheckConstraint(
            "status <> 'released' OR decided_by <> requested_by", name=op.f("ck_emergency_cash_requests_two_people")
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'released', 'refused', 'expired')", name=op.f("ck_emergency_cash_requests_status")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_emergency_cash_requests_amount")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_emergency_cash_requests_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_emergency_cash_requests_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_cash_requests")),
    )
    op.create_index(
        "ix_emergency_cash_requests_client_id", "emergency_cash_requests", ["client_id", "requested_at"], unique=False
    )
    op.create_index("ix_emergency_cash_requests_unit_id_id", "emergency_cash_requests", ["unit_id", "id"], unique=False)


def _create_away_services() -> None:
    op.create_table(
        "away_services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("home_unit_id", sa.Uuid(), nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("service_tier", sa.Text(), nullable=False),
        sa.Column("card_shown", sa.Boolean(), nullable=False),
        sa.Column("product_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("allocation", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("process_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("result_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("consulted_manager", sa.Text(), nullable=True),
        sa.Column("consulted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follow_up_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follow_up_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("followed_up_by", sa.Text(), nullable=True),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_away_services_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["home_unit_id"], ["units.id"], name=op.f("fk_away_services_home_unit_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_away_services_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away_services")),
    )
    op.create_index("ix_away_services_client_id", "away_services", ["client_id", "id"], unique=False)
    op.create_index(
        "ix_away_services_reports",
        "away_services",
        ["id"],
        unique=False,
        postgresql_where=sa.text("report_due_at IS NOT NULL"),
    )
    op.create_index("ix_away_services_unit_id_id", "away_services", ["unit_id", "id"], unique=False)


def _create_service_requests() -> None:
    op.create_table(
        "service_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("service_tier", sa.Text(), nullable=False),
        sa.Column("card_level", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("responded_by", sa.Text(), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_service_requests_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_service_requests_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_requests")),
    )
    op.create_index("ix_service_requests_client_id", "service_requests", ["client_id"], unique=False)
    op.create_index(
        "ix_service_requests_queue",
        "service_requests",
        ["unit_id", "priority", "stated_at", "id"],
        unique=False,
        postgresql_where=sa.text("responded_at IS NULL"),
    )
