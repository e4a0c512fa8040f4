"""Meetings with clients and which fields of the form were obtained there (CR-47); what they say stands in the form."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

client_meetings = sa.Table(
    "client_meetings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("met_on", sa.Date, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("collector", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("cardinality(fields) > 0", name="fields"),
    sa.Index("ix_client_meetings_client_id_id", "client_id", "id"),
)
