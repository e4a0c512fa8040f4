"""Standing over time: policy values, falls foreseen, exceptional admissions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_STANDING = """
INSERT INTO standing_policies (version, valid_from, "values", article) VALUES (1, '2020-01-01',
    '{"review_after_months": 24, "foresee_days": 90, "tenure_months_min": 0, "grace_days": 0,
      "retry_days": 7, "exception_months_max": 24}', 'CCB Art. 16, A5')
"""


def upgrade() -> None:
    op.create_table(
        "standing_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_standing_policies")),
    )
    op.execute(_STANDING)
    op.create_table(
        "downgrade_notices",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("falls_on", sa.Date(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cause IN ('card_expiry', 'no_card', 'grace', 'override_end')", name=op.f("ck_downgrade_notices_cause")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_downgrade_notices_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "cause", "falls_on", name=op.f("pk_downgrade_notices")),
    )
    _create_admissions()


def _create_admissions() -> None:
    op.drop_constraint(op.f("ck_qualifications_status"), "qualifications", type_="check")
    op.create_check_constraint(
        op.f("ck_qualifications_status"),
        "qualifications",
        "status IN ('candidate', 'filed', 'approved', 'lapsed', 'revoked')",
    )
    op.create_table(
        "exceptional_admissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("justification_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("client_version", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind IN ('public_figure', 'enterprise_head', 'potential')", name=op.f("ck_exceptional_admissions_kind")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'refused', 'ended')", name=op.f("ck_exceptional_admissions_status")
        ),
        sa.CheckConstraint(
            "decided_by IS DISTINCT FROM proposed_by", name=op.f("ck_exceptional_admissions_two_people")
        ),
        sa.CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL)", name=op.f("ck_exceptional_admissions_decided")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_exceptional_admissions_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exceptional_admissions")),
    )
    op.create_index(
        "uq_exceptional_admissions_one_open",
        "exceptional_admissions",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'approved')"),
    )
    op.create_index("ix_exceptional_admissions_client_id_id", "exceptional_admissions", ["client_id", "id"])
