"""Potential clients (潜力客户; CR-24, CR-52): people who may become clients, and clients who may become more.

Sealed by the row's id: "potential_clients.name", ".phone", ".identity_number", ".needs", ".referred_by", ".next_step". Blind
indexes are those of client files, so that one question finds both.
"""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata
from client_registry.tables.registration_forms import SOURCES

# How long somebody who is no client stays on file untouched, and whose assets make a client one to be developed.
potential_policies = sa.Table(
    "potential_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("retention_months", sa.Integer, nullable=False),
    sa.Column("assets_from", sa.Numeric(20, 2), nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.CheckConstraint("retention_months BETWEEN 1 AND 120", name="retention_months"),
)

potential_clients = sa.Table(
    "potential_clients",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    # The client whom a referral makes one to be developed, or the one this person has become.
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE")),
    sa.Column("status", sa.Text, nullable=False, server_default="open"),
    sa.Column("name_sealed", sa.LargeBinary, info=sealed("potential_clients.name")),
    sa.Column("phone_sealed", sa.LargeBinary, info=sealed("potential_clients.phone")),
    sa.Column("phone_index", sa.LargeBinary),
    sa.Column("identity_type", sa.Text),
    sa.Column("identity_sealed", sa.LargeBinary, info=sealed("potential_clients.identity_number")),
    sa.Column("identity_index", sa.LargeBinary),
    sa.Column("hobbies", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("needs_sealed", sa.LargeBinary, info=sealed("potential_clients.needs")),
    sa.Column("referral_source", sa.Text, nullable=False),
    sa.Column("referred_by_sealed", sa.LargeBinary, info=sealed("potential_clients.referred_by")),
    sa.Column("next_step_sealed", sa.LargeBinary, info=sealed("potential_clients.next_step")),
    sa.Column("next_on", sa.Date),
    # When the person allowed to be on file; a client's own consents stand in his file.
    sa.Column("consented_on", sa.Date),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("collector", sa.Text, nullable=False),
    sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("forget_on", sa.Date, nullable=False),
    sa.Column("ended_because", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("status IN ('open', 'converted', 'closed', 'expired')", name="status"),
    sa.CheckConstraint(f"source IN ({SOURCES})", name="source"),
    sa.CheckConstraint("status <> 'converted' OR client_id IS NOT NULL", name="converted"),
    sa.CheckConstraint(
        "status <> 'open' OR client_id IS NOT NULL OR (name_sealed IS NOT NULL AND consented_on IS NOT NULL)",
        name="person",
    ),
    # Nothing about a person stays when the record has ended.
    sa.CheckConstraint(
        "status = 'open' OR num_nonnulls(name_sealed, phone_sealed, phone_index, identity_sealed, identity_index, "
        "needs_sealed, referred_by_sealed, next_step_sealed) = 0",
        name="forgotten",
    ),
    sa.Index(
        "uq_potential_clients_client",
        "client_id",
        unique=True,
        postgresql_where=sa.text("status = 'open' AND client_id IS NOT NULL"),
    ),
    sa.Index(
        "uq_potential_clients_identity",
        "identity_index",
        unique=True,
        postgresql_where=sa.text("identity_index IS NOT NULL"),
    ),
    sa.Index("ix_potential_clients_phone", "phone_index", postgresql_where=sa.text("phone_index IS NOT NULL")),
    sa.Index("ix_potential_clients_unit_id_id", "unit_id", "id"),
    sa.Index("ix_potential_clients_forget_on", "forget_on", postgresql_where=sa.text("status = 'open'")),
)
