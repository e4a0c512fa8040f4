"""Reviews of filed qualifications whose figures were corrected afterwards, and what the bank's systems report at once."""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

# A correction never reverses a filing silently (domain decisions, section 8): somebody looks and says what becomes of it.
qualification_reviews = sa.Table(
    "qualification_reviews",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    # The decision that was filed, and the one of the same day with the figures known now.
    sa.Column("filed_decision_id", sa.Uuid, nullable=False),
    sa.Column("review_decision_id", sa.Uuid, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="open"),
    sa.Column("result", sa.Text),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
    sa.Column("closed_by", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("outcome IN ('not_met', 'undecided')", name="outcome"),
    sa.CheckConstraint("status IN ('open', 'closed')", name="status"),
    sa.CheckConstraint("result IN ('stands', 'to_be_revoked', 'figures_wrong')", name="result"),
    sa.CheckConstraint("(status = 'closed') = (result IS NOT NULL)", name="closed_with_result"),
    sa.Index(
        "uq_qualification_reviews_one_open",
        "client_id",
        "level",
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    ),
    sa.Index("ix_qualification_reviews_unit_id_id", "unit_id", "id"),
)

# Accounts and risks as the bank's systems report them (CR-51, EN-27): codes, dates and days, never an amount.
bank_reports = sa.Table(
    "bank_reports",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("report_no", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("product_code", sa.Text),
    sa.Column("days_overdue", sa.Integer),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("topic IN ('account', 'risk')", name="topic"),
    sa.UniqueConstraint("source", "report_no"),
)
