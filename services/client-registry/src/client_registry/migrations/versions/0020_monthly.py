"""Evaluations that begin by themselves, one a month, kind and place."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "monthly_evaluations",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("figures_percent", sa.SmallInteger(), nullable=False),
        sa.Column("months_missed", sa.SmallInteger(), nullable=False),
        sa.Column("stop_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('qualification', 'classification')", name=op.f("ck_monthly_evaluations_kind")),
        sa.CheckConstraint(
            "because IN ('figures-delivered', 'latest-day', 'qualification-done')",
            name=op.f("ck_monthly_evaluations_because"),
        ),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_monthly_evaluations_month")),
        sa.PrimaryKeyConstraint("month", "kind", "unit_path", name=op.f("pk_monthly_evaluations")),
    )
