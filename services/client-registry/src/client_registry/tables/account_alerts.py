"""Changes of a client's accounts that were put before somebody: one a client, month and rule (CR-51)."""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

account_alerts = sa.Table(
    "account_alerts",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("EXTRACT(day FROM month) = 1", name="month"),
)
