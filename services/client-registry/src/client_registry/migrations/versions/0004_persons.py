"""Persons: consents with their notices, duplicates and mergers, life events."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

NOTICE = {
    "version": "2026-01",
    "title_zh": "客户信息保密告知",
    "title_en": "Privacy notice",
    "text_zh": (
        "您提供的信息由本行严格保密，仅用于为您提供服务。本行只以您允许的方式与您联系。因下列情形造成的信息泄露或联系中断，"
        "本行不承担责任：您的联系号码变更而未告知本行；通讯被他人窃听；邮件遗失或被盗；您的电子邮箱被他人破解。"
    ),
    "text_en": (
        "What you tell us is kept confidential and used only to serve you. We contact you only in the ways you allow. We "
        "are not liable where your number changed and we were not told, where a conversation is overheard, where mail is "
        "lost or stolen, or where your mailbox is broken into."
    ),
    "valid_from": date(2026, 1, 1),
    "published_by": "system:client-registry",
    "published_at": datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
}
MERGER_POLICY = {"version": 1, "valid_from": date(2000, 1, 1), "reversal_days": 90, "proposal_days": 14}


revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _create_merger_policies()
    _create_privacy_notices()
    _create_client_deaths()
    _create_client_mergers()
    _create_consent_records()
    _create_duplicate_candidates()
    _create_former_identities()
    _create_client_merger_moves()
    _widen()
    notices = sa.table(
        "privacy_notices",
        *(sa.column(name) for name in ("version", "title_zh", "title_en", "text_zh", "text_en", "published_by")),
        sa.column("valid_from", sa.Date),
        sa.column("published_at", sa.DateTime(timezone=True)),
    )
    op.bulk_insert(notices, [NOTICE])
    policies = sa.table(
        "merger_policies",
        *(sa.column(name) for name in ("version", "reversal_days", "proposal_days")),
        sa.column("valid_from", sa.Date),
    )
    op.bulk_insert(policies, [MERGER_POLICY])


def _create_merger_policies() -> None:
    op.create_table(
        "merger_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("reversal_days", sa.Integer(), nullable=False),
        sa.Column("proposal_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_merger_policies"),
    )


def _create_privacy_notices() -> None:
    op.create_table(
        "privacy_notices",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_privacy_notices"),
    )


def _create_client_deaths() -> None:
    op.create_table(
        "client_deaths",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source IN ('certificate', 'police', 'relative', 'court')", name="ck_client_deaths_source"),
        sa.CheckConstraint("status IN ('reported', 'confirmed', 'refused')", name="ck_client_deaths_status"),
        sa.CheckConstraint("confirmed_by <> reported_by", name="ck_client_deaths_two_people"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_client_deaths_client_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "id", name="pk_client_deaths"),
    )
    op.create_index(
        "uq_client_deaths_one",
        "client_deaths",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('reported', 'confirmed')"),
    )


def _create_client_mergers() -> None:
    op.create_table(
        "client_mergers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("surviving_client_id", sa.Uuid(), nullable=False),
        sa.Column("merged_client_id", sa.Uuid(), nullable=False),
        sa.Column("contacts", JSONB(), nullable=False),
        sa.Column("surviving_version", sa.BigInteger(), nullable=False),
        sa.Column("merged_version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversible_until", sa.Date(), nullable=True),
        sa.Column("before_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="ck_client_mergers_two_people"),
        sa.CheckConstraint("status IN ('proposed', 'refused', 'merged', 'reversed')", name="ck_client_mergers_status"),
        sa.CheckConstraint("surviving_client_id <> merged_client_id", name="ck_client_mergers_two_files"),
        sa.ForeignKeyConstraint(
            ["merged_client_id"], ["clients.id"], name="fk_client_mergers_merged_client_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["surviving_client_id"], ["clients.id"], name="fk_client_mergers_surviving_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_client_mergers"),
    )
    op.create_index("ix_client_mergers_surviving_client_id", "client_mergers", ["surviving_client_id"], unique=False)
    op.create_index(
        "uq_client_mergers_one_open",
        "client_mergers",
        ["merged_client_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'merged')"),
    )


def _create_consent_records() -> None:
    op.create_table(
        "consent_records",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("wished_interval", sa.Text(), nullable=True),
        sa.Column("notice_version", sa.Text(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('marketing', 'events', 'contact_interval')", name="ck_consent_records_purpose"),
        sa.CheckConstraint(
            "way IN ('form', 'outlet', 'phone', 'app', 'web', 'visit', 'import', 'merger')",
            name="ck_consent_records_way",
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_consent_records_client_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "id", name="pk_consent_records"),
    )


def _create_duplicate_candidates() -> None:
    op.create_table(
        "duplicate_candidates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("other_client_id", sa.Uuid(), nullable=False),
        sa.Column("agreeing", ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'dismissed', 'merged')", name="ck_duplicate_candidates_status"),
        sa.CheckConstraint("client_id < other_client_id", name="ck_duplicate_candidates_pair"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_duplicate_candidates_client_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_client_id"], ["clients.id"], name="fk_duplicate_candidates_other_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_duplicate_candidates"),
        sa.UniqueConstraint("client_id", "other_client_id", name="uq_duplicate_candidates_client_id_other_client_id"),
    )
    op.create_index(
        "ix_duplicate_candidates_open",
        "duplicate_candidates",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_duplicate_candidates_other_client_id", "duplicate_candidates", ["other_client_id"], unique=False
    )


def _create_former_identities() -> None:
    op.create_table(
        "former_identities",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("name_tokens", ARRAY(sa.LargeBinary()), server_default="{}", nullable=False),
        sa.Column("identity_type", sa.Text(), nullable=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cause IN ('name_changed', 'document_replaced', 'correction')", name="ck_former_identities_cause"
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_former_identities_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name="pk_former_identities"),
    )
    op.create_index("ix_former_identities_identity_index", "former_identities", ["identity_index"], unique=False)
    op.create_index(
        "ix_former_identities_name_tokens", "former_identities", ["name_tokens"], unique=False, postgresql_using="gin"
    )


def _create_client_merger_moves() -> None:
    op.create_table(
        "client_merger_moves",
        sa.Column("merger_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merger_id"], ["client_mergers.id"], name="fk_client_merger_moves_merger_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("merger_id", "kind", "row_id", name="pk_client_merger_moves"),
    )


def _widen() -> None:
    op.add_column("clients", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("clients", sa.Column("died_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_clients_merged_into",
        "clients",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_foreign_key("fk_clients_merged_into", "clients", "clients", ["merged_into"], ["id"], ondelete="CASCADE")
    op.add_column("revocations", sa.Column("risk_event_id", sa.Uuid(), nullable=True))
