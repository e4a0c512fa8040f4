"""What happens in a client's life: earlier names and documents, death."""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

# A name or document that was the client's until that day; he is still found by it. Both are sealed by the row's id.
former_identities = sa.Table(
    "former_identities",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name_sealed", sa.LargeBinary, info=sealed("former_identities.name")),
    sa.Column("name_tokens", ARRAY(sa.LargeBinary), nullable=False, server_default="{}"),
    sa.Column("identity_type", sa.Text),
    sa.Column("identity_sealed", sa.LargeBinary, info=sealed("former_identities.identity_number")),
    sa.Column("identity_index", sa.LargeBinary),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False, info=sealed("former_identities.reason")),
    sa.Column("until_on", sa.Date, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("cause IN ('name_changed', 'document_replaced', 'correction')", name="cause"),
    sa.Index("ix_former_identities_name_tokens", "name_tokens", postgresql_using="gin"),
    sa.Index("ix_former_identities_identity_index", "identity_index"),
)

client_deaths = sa.Table(
    "client_deaths",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("died_on", sa.Date, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("reported_by", sa.Text, nullable=False),
    sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("status IN ('reported', 'confirmed', 'refused')", name="status"),
    sa.CheckConstraint("source IN ('certificate', 'police', 'relative', 'court')", name="source"),
    sa.CheckConstraint("confirmed_by <> reported_by", name="two_people"),
    sa.Index(
        "uq_client_deaths_one",
        "client_id",
        unique=True,
        postgresql_where=sa.text("status IN ('reported', 'confirmed')"),
    ),
)
