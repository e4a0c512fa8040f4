"""Client classification: the model as versioned data, credit assessments as delivered, where each client stands."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.metadata import metadata

classification_models = sa.Table(
    "classification_models",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("model", JSONB, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
)

# CR-31: what credit-score models and early-warning systems said last.
credit_assessments = sa.Table(
    "credit_assessments",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("assessed_on", sa.Date, primary_key=True),
    sa.Column("known_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("credit_score", sa.Integer),
    sa.Column("warnings", ARRAY(sa.Text), nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.CheckConstraint("credit_score BETWEEN 0 AND 1000", name="credit_score"),
)

client_classifications = sa.Table(
    "client_classifications",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("value_class", sa.Text, nullable=False),
    sa.Column("value_score", sa.Numeric(5, 1), nullable=False),
    # [{"measure", "points", "weight"}]
    sa.Column("parts", JSONB, nullable=False),
    sa.Column("risk_class", sa.Text, nullable=False),
    sa.Column("risk_reasons", ARRAY(sa.Text), nullable=False),
    # [{"kind", "days_overdue", "occurred_on", "grade", "decays_on"}], those that counted.
    sa.Column("risk_events", JSONB, nullable=False, server_default="[]"),
    sa.Column("needs", ARRAY(sa.Text), nullable=False),
    sa.Column("model_version", sa.Integer, nullable=False),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("classified_on", sa.Date, nullable=False),
    sa.CheckConstraint("value_class IN ('high', 'mid', 'low')", name="value_class"),
    sa.CheckConstraint("risk_class IN ('high', 'mid', 'low')", name="risk_class"),
)
