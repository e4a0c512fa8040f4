"""Clients that turn out to be one, and clients whom nobody contacts any more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_merger_moves()


def _create_merger_moves() -> None:
    op.create_table(
        "merger_moves",
        sa.Column("merger_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("merger_id", "case_id"),
    )
