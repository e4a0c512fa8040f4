"""Changes of a client's accounts that were put before somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "account_alerts",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_account_alerts_month")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_account_alerts_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "month", "code", name=op.f("pk_account_alerts")),
    )
