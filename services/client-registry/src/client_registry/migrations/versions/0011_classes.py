"""Client classification: model, credit assessments, findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0011"
down_revision = "0010"

_MODEL = """
INSERT INTO classification_models (version, valid_from, model, article) VALUES (1, '2020-01-01', '{
    "measures": {
        "assets": {"weight": 50, "bands": [["200000", 30], ["2000000", 70], ["8000000", 100]]},
        "active_months": {"weight": 20, "bands": [["3", 40], ["9", 100]]},
        "profit": {"weight": 30, "bands": [["3000", 40], ["20000", 70], ["60000", 100]]}},
    "rates": {"deposit": "0.015", "loan": "0.02", "card_spend": "0.006"},
    "value": {"high_from": 60, "mid_from": 25},
    "risk": {"score_low_from": 700, "score_mid_from": 550, "reassess_months": 3,
             "severe_warnings": ["overdraft", "overdue", "guarantee_default"]},
    "needs": {"investment_from": "50000", "settlement_months": 3}}', 'BOC-C 客户分类管理, A-gap')
"""


def upgrade() -> None:
    op.create_table(
        "classification_models",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("model", JSONB(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_classification_models")),
    )
    # Not through the statement's own bind syntax: the text holds colons.
    op.get_bind().exec_driver_sql(_MODEL)
    op.create_table(
        "credit_assessments",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credit_score", sa.Integer(), nullable=True),
        sa.Column("warnings", ARRAY(sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("credit_score BETWEEN 0 AND 1000", name=op.f("ck_credit_assessments_credit_score")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_credit_assessments_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "assessed_on", "known_at", name=op.f("pk_credit_assessments")),
    )
    op.create_table(
        "client_classifications",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("value_class", sa.Text(), nullable=False),
        sa.Column("value_score", sa.Numeric(5, 1), nullable=False),
        sa.Column("parts", JSONB(), nullable=False),
        sa.Column("risk_class", sa.Text(), nullable=False),
        sa.Column("risk_reasons", ARRAY(sa.Text()), nullable=False),
        sa.Column("needs", ARRAY(sa.Text()), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("classified_on", sa.Date(), nullable=False),
        sa.CheckConstraint("value_class IN ('high', 'mid', 'low')", name=op.f("ck_client_classifications_value_class")),
        sa.CheckConstraint("risk_class IN ('high', 'mid', 'low')", name=op.f("ck_client_classifications_risk_class")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_classifications_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_classifications")),
    )
