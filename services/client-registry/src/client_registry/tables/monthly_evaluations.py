"""Evaluations that began by themselves: one a month, kind and place (A5)."""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

monthly_evaluations = sa.Table(
    "monthly_evaluations",
    metadata,
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("unit_path", sa.Text, primary_key=True),
    # Null only inside the transaction that begins it.
    sa.Column("operation_id", sa.Uuid),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("because", sa.Text, nullable=False),
    # What share of the clients had figures of the month then; the months before it that nobody was there to evaluate.
    sa.Column("figures_percent", sa.SmallInteger, nullable=False),
    sa.Column("months_missed", sa.SmallInteger, nullable=False),
    sa.Column("stop_told_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("kind IN ('qualification', 'classification')", name="kind"),
    sa.CheckConstraint("because IN ('figures-delivered', 'latest-day', 'qualification-done')", name="because"),
    sa.CheckConstraint("EXTRACT(day FROM month) = 1", name="month"),
)
