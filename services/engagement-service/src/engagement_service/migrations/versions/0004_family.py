"""Days of clients' families, and clients to be developed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "family_occasions",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("occasion_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("month_day", sa.Text(), nullable=False),
        sa.Column("lunar", sa.Boolean(), nullable=False),
        sa.Column("leap_month", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["relationships.client_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "occasion_id"),
    )
    op.create_index("family_occasions_day", "family_occasions", ["month_day", "lunar"])
    op.add_column("relationships", sa.Column("potential", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("relationships", sa.Column("family_version", sa.BigInteger(), server_default="0", nullable=False))
