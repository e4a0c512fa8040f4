"""Qualification: runs, their decision rows, and where each client stands (candidate, filed, lapsed, revoked)."""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.figures import AMOUNT
from client_registry.tables.metadata import metadata

qualification_runs = sa.Table(
    "qualification_runs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("operation_id", sa.Uuid),
    sa.Column("as_of", sa.Date, nullable=False),
    # Figures known up to here count; so "as then" can be answered again.
    sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

# Only ids, figures, classes and codes: a decision is proof and outlives the person's data.
qualification_decisions = sa.Table(
    "qualification_decisions",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("run_id", sa.Uuid, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("deposit_avg_12m", AMOUNT, nullable=False),
    sa.Column("deposit_months", sa.SmallInteger, nullable=False),
    sa.Column("loan_outstanding", AMOUNT, nullable=False),
    sa.Column("loan_known", sa.Boolean, nullable=False),
    sa.Column("repayment", sa.Text, nullable=False),
    sa.Column("card_spend_12m", AMOUNT, nullable=False),
    sa.Column("card_months", sa.SmallInteger, nullable=False),
    sa.Column("assets", AMOUNT, nullable=False),
    sa.Column("assets_known", sa.Boolean, nullable=False),
    sa.Column("assets_lower_bound", sa.Boolean, nullable=False),
    sa.Column("tenure_months", sa.Integer),
    # [{"policy_id", "code", "version", "ladder", "level", "outcome", "criteria_met": [], "reasons": []}]
    sa.Column("outcomes", JSONB, nullable=False),
    sa.Column("level_met", sa.Text, nullable=False),
    # True where a missing figure might still give a higher level: it lowers nobody and is neither filed nor notified.
    sa.Column("card_undecided", sa.Boolean, nullable=False),
    sa.Column("tier_met", sa.Text, nullable=False),
    sa.Column("tier_undecided", sa.Boolean, nullable=False),
    sa.Column("asset_band", sa.Text),
    sa.CheckConstraint("repayment IN ('none', 'clean', 'not_clean', 'unknown')", name="repayment"),
    sa.UniqueConstraint("client_id", "run_id"),
    sa.Index("ix_qualification_decisions_client_id_as_of", "client_id", "as_of"),
)

qualifications = sa.Table(
    "qualifications",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("policy_id", sa.Uuid, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("criteria", ARRAY(sa.Text), nullable=False),
    sa.Column("needs_filing", sa.Boolean, nullable=False),
    sa.Column("since_on", sa.Date, nullable=False),
    sa.Column("filing_id", sa.Uuid),
    sa.Column("filed_on", sa.Date),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("level IN ('branch', 'head_office')", name="level"),
    sa.CheckConstraint("status IN ('candidate', 'filed', 'lapsed', 'revoked')", name="status"),
    sa.Index("ix_qualifications_status_level", "status", "level"),
)

qualification_filings = sa.Table(
    "qualification_filings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("filed_by", sa.Text, nullable=False),
    sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("filed", sa.Integer, nullable=False),
)

revocations = sa.Table(
    "revocations",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False, info=sealed("revocations.reason")),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("cause IN ('malicious_overdraft', 'loan_arrears', 'harm_to_bank')", name="cause"),
)
