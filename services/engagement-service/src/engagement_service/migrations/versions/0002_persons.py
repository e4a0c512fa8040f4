"""Clients that turn out to be one, and clients whom nobody contacts any more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_client_mergers()
    _create_merger_moves()
    _widen()


def _create_client_mergers() -> None:
    op.create_table(
        "client_mergers",
        sa.Column("merger_id", sa.Uuid(), nullable=False),
        sa.Column("last_contact_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("merger_id"),
    )


def _create_merger_moves() -> None:
    op.create_table(
        "merger_moves",
        sa.Column("merger_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merger_id"],
            ["client_mergers.merger_id"],
        ),
        sa.PrimaryKeyConstraint("merger_id", "kind", "row_id"),
    )


def _widen() -> None:
    op.add_column("relationships", sa.Column("closed_because", sa.Text(), nullable=True))
    op.create_check_constraint("relationships_closed_because", "relationships", "closed_because IN ('merged', 'died')")
