"""Risk events weigh in the risk class; when everybody is evaluated, and who counts as near a standard."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"

# The first version with weights for reported events; whoever has a version of his own keeps it in force.
_MODEL = """
INSERT INTO classification_models (version, valid_from, model, article)
SELECT 2, valid_from, jsonb_set(model, '{risk,events}', '{
    "loan_overdue": [{"days_from": 0, "grade": "mid", "months": 6, "cured_ends": true},
                     {"days_from": 30, "grade": "high", "months": 24, "cured_ends": false}],
    "card_overdue": [{"days_from": 0, "grade": "mid", "months": 6, "cured_ends": true},
                     {"days_from": 30, "grade": "high", "months": 24, "cured_ends": false}],
    "malicious_overdraft": [{"days_from": 0, "grade": "high", "months": 24, "cured_ends": false}],
    "guarantee_default": [{"days_from": 0, "grade": "high", "months": 24, "cured_ends": false}],
    "credit_record": [{"days_from": 0, "grade": "mid", "months": 24, "cured_ends": false}]}'), article
FROM classification_models WHERE version = 1 AND NOT EXISTS (SELECT FROM classification_models WHERE version > 1)
"""

_POLICY = """
INSERT INTO evaluation_policies (version, values, article, changed_by, changed_at) VALUES (1,
    '{"figures_percent": 95, "from_hour": 2, "latest_working_day": 5, "classify": true, "near_percent": 10}',
    'A5, CCB Art. 14', 'system:client-registry', '2026-01-01T00:00:00Z')
"""


def upgrade() -> None:
    # Not through the statement's own bind syntax: the text holds colons.
    op.get_bind().exec_driver_sql(_MODEL)
    op.create_table(
        "evaluation_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_evaluation_policies")),
    )
    op.get_bind().exec_driver_sql(_POLICY)
    op.add_column("client_classifications", sa.Column("risk_events", JSONB(), server_default="[]", nullable=False))
