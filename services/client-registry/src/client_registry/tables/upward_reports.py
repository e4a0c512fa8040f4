"""What managers report upward about their clients (CR-46). The words are sealed by the row's id: "upward_reports.text"."""

import sqlalchemy as sa
from chassis.rotating import sealed

from client_registry.tables.metadata import metadata

upward_reports = sa.Table(
    "upward_reports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text_sealed", sa.LargeBinary, nullable=False, info=sealed("upward_reports.text")),
    sa.Column("reported_by", sa.Text, nullable=False),
    sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    # To whom it went: the holders of a role at a place, by the work item that asks them.
    sa.Column("to_role", sa.Text, nullable=False),
    sa.Column("to_unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("acknowledged_by", sa.Text),
    sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint(
        "kind IN ('risk', 'dissatisfaction', 'leaving', 'major_need', 'life_event', 'large_movement', 'other')",
        name="kind",
    ),
    sa.CheckConstraint("(acknowledged_by IS NULL) = (acknowledged_at IS NULL)", name="acknowledged"),
    sa.CheckConstraint("acknowledged_by <> reported_by", name="another"),
    sa.Index("ix_upward_reports_client_id_id", "client_id", "id"),
)
