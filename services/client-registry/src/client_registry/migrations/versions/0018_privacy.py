"""The end of a relationship, retention, holds, erasure and its proof."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0018"
down_revision = "0017"

# Ten years after the relationship; what is null names nobody and is kept (domain decisions, section 8).
_POLICY = """
INSERT INTO retention_policies (version, valid_from, years, answer_working_days, article, status) VALUES (1, '2020-01-01', '{
    "file": 10, "form_history": 10, "attachments": 10, "complaints": 10, "contacts": 10, "recordings": 10,
    "figures": null, "decisions": null, "cards": null, "audit": null}', 15, 'PIPL Art. 19, 47, 50; A-gap', 'active')
"""


def upgrade() -> None:
    op.add_column("clients", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("clients", sa.Column("erased_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_clients_ended_on",
        "clients",
        ["ended_on"],
        unique=False,
        postgresql_where=sa.text("ended_on IS NOT NULL AND erased_on IS NULL"),
    )
    op.create_check_constraint(op.f("ck_clients_erased"), "clients", "erased_on IS NULL OR ended_on IS NOT NULL")
    _create_relationship_endings()
    _create_retention_policies()
    _create_legal_holds()
    _create_erasure_lists()
    _create_erasure_list_clients()
    _create_erasure_requests()
    _create_client_erasures()
    # Not through the statement's own bind syntax: the text holds colons.
    op.get_bind().exec_driver_sql(_POLICY)


def _create_relationship_endings() -> None:
    op.create_table(
        "relationship_endings",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened_on", sa.Date(), nullable=True),
        sa.Column("reopened_by", sa.Text(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cause IN ('client_left', 'bank_ended', 'accounts_closed')", name=op.f("ck_relationship_endings_cause")
        ),
        sa.CheckConstraint("reopened_on >= ended_on", name=op.f("ck_relationship_endings_order")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_relationship_endings_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_relationship_endings")),
    )
    op.create_index(
        "uq_relationship_endings_standing",
        "relationship_endings",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("reopened_on IS NULL"),
    )


def _create_retention_policies() -> None:
    op.create_table(
        "retention_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("years", JSONB(), nullable=False),
        sa.Column("answer_working_days", sa.Integer(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('proposed', 'active')", name=op.f("ck_retention_policies_status")),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_retention_policies_two_people")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_retention_policies")),
    )


def _create_legal_holds() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_asked_by", sa.Text(), nullable=True),
        sa.Column("release_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("(status = 'released') = (released_by IS NOT NULL)", name=op.f("ck_legal_holds_released")),
        sa.CheckConstraint(
            "cause IN ('dispute', 'legal_case', 'regulator', 'investigation')", name=op.f("ck_legal_holds_cause")
        ),
        sa.CheckConstraint(
            "status IN ('placed', 'confirmed', 'release_asked', 'released')", name=op.f("ck_legal_holds_status")
        ),
        sa.CheckConstraint("confirmed_by <> placed_by", name=op.f("ck_legal_holds_two_people")),
        sa.CheckConstraint("released_by <> release_asked_by", name=op.f("ck_legal_holds_two_people_release")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_legal_holds_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(
        "ix_legal_holds_client_id",
        "legal_holds",
        ["client_id"],
        unique=False,
        postgresql_where=sa.text("status <> 'released'"),
    )


def _create_erasure_lists() -> None:
    op.create_table(
        "erasure_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("prepared_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("source IN ('retention', 'request')", name=op.f("ck_erasure_lists_source")),
        sa.CheckConstraint(
            "status IN ('prepared', 'proposed', 'confirmed', 'finished')", name=op.f("ck_erasure_lists_status")
        ),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_erasure_lists_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_lists")),
    )


def _create_erasure_list_clients() -> None:
    op.create_table(
        "erasure_list_clients",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('erased', 'held', 'reopened')", name=op.f("ck_erasure_list_clients_outcome")),
        sa.ForeignKeyConstraint(["list_id"], ["erasure_lists.id"], name=op.f("fk_erasure_list_clients_list_id")),
        sa.PrimaryKeyConstraint("list_id", "client_id", name=op.f("pk_erasure_list_clients")),
    )
    op.create_index(
        "ix_erasure_list_clients_client_id",
        "erasure_list_clients",
        ["client_id"],
        unique=False,
        postgresql_where=sa.text("outcome IS NULL"),
    )


def _create_erasure_requests() -> None:
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_on", sa.Date(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("(status = 'open') = (answered_by IS NULL)", name=op.f("ck_erasure_requests_answered")),
        sa.CheckConstraint(
            "(status = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_erasure_requests_refused_with_reason")
        ),
        sa.CheckConstraint(
            "refusal IN ('relationship_stands', 'retention_by_law', 'legal_hold', 'open_complaint')",
            name=op.f("ck_erasure_requests_refusal"),
        ),
        sa.CheckConstraint("status IN ('open', 'granted', 'refused')", name=op.f("ck_erasure_requests_status")),
        sa.CheckConstraint("way IN ('outlet', 'phone', 'letter', 'app', 'web')", name=op.f("ck_erasure_requests_way")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_erasure_requests_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["list_id"], ["erasure_lists.id"], name=op.f("fk_erasure_requests_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    op.create_index(
        "uq_erasure_requests_one_open",
        "erasure_requests",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def _create_client_erasures() -> None:
    op.create_table(
        "client_erasures",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("cause IN ('retention', 'request', 'restore')", name=op.f("ck_client_erasures_cause")),
        sa.PrimaryKeyConstraint("client_id", "kind", name=op.f("pk_client_erasures")),
    )
