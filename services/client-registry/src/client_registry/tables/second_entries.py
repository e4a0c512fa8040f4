"""First entries that wait for a second person (XC-21). What was entered lies sealed until it is applied or over.

Sealed column, bound to the row's id: "pending_entries.entered".
"""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

pending_entries = sa.Table(
    "pending_entries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    # Null until a registration is applied.
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE")),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("entered_sealed", sa.LargeBinary, info=sealed("pending_entries.entered")),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("differing", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("first_by", sa.Text, nullable=False),
    sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("second_by", sa.Text),
    sa.Column("second_at", sa.DateTime(timezone=True)),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("kind IN ('registration', 'form', 'identity')", name="kind"),
    sa.CheckConstraint(
        "status IN ('waiting', 'differs', 'applied', 'refused', 'withdrawn', 'expired', 'overtaken')", name="status"
    ),
    sa.CheckConstraint("second_by <> first_by", name="two_people"),
    sa.CheckConstraint("(status IN ('waiting', 'differs')) = (entered_sealed IS NOT NULL)", name="kept_while_open"),
    sa.Index("ix_pending_entries_unit_id_id", "unit_id", "id"),
    sa.Index("ix_pending_entries_client_id", "client_id", postgresql_where=sa.text("client_id IS NOT NULL")),
)
