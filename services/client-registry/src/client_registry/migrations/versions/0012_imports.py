"""Imports: figures that were withdrawn, sums of merged files."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

# What standing mergers added to their survivors' figures.
_SUMS = """
UPDATE {} AS f SET of_family = true FROM client_mergers AS m
WHERE m.status = 'merged' AND f.client_id = m.surviving_client_id AND f.known_at = m.decided_at AND f.import_id IS NULL
"""


def upgrade() -> None:
    for table in ("monthly_figures", "loan_months", "repayment_histories"):
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("of_family", sa.Boolean(), server_default="false", nullable=False))
        op.execute(_SUMS.format(table))
    op.add_column("source_figures", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
