"""Sharing of client data: who may see what of whom, for which purpose and how long; and every use of it.

Column "sharing_grants.agreement" and "sharing_grants.authorisation" (by the row's id) hold what was signed.
"""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

sharing_grants = sa.Table(
    "sharing_grants",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    # Internal: holders of a role at a unit and below. External and legal: an organisation by name.
    sa.Column("recipient_role", sa.Text),
    sa.Column("recipient_unit_id", sa.Uuid, sa.ForeignKey("units.id")),
    sa.Column("recipient_name", sa.Text),
    # The client's own authorisation (external), the confidentiality agreement (external), or the legal basis (legal).
    sa.Column("authorisation_sealed", sa.LargeBinary, info=sealed("sharing_grants.authorisation")),
    sa.Column("authorised_on", sa.Date),
    sa.Column("agreement_sealed", sa.LargeBinary, info=sealed("sharing_grants.agreement")),
    sa.Column("agreement_until_on", sa.Date),
    sa.Column("from_on", sa.Date, nullable=False),
    sa.Column("until_on", sa.Date, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False),
    sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revoked_by", sa.Text),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("kind IN ('internal', 'external', 'legal')", name="kind"),
    sa.CheckConstraint("until_on >= from_on", name="period"),
    sa.CheckConstraint(
        "kind <> 'internal' OR (recipient_role IS NOT NULL AND recipient_unit_id IS NOT NULL)", name="internal"
    ),
    sa.CheckConstraint(
        "kind <> 'external' OR (recipient_name IS NOT NULL AND authorisation_sealed IS NOT NULL"
        " AND authorised_on IS NOT NULL AND agreement_sealed IS NOT NULL AND agreement_until_on IS NOT NULL)",
        name="external",
    ),
    sa.CheckConstraint(
        "kind <> 'legal' OR (recipient_name IS NOT NULL AND agreement_sealed IS NOT NULL)", name="legal"
    ),
    sa.Index("ix_sharing_grants_client_id_id", "client_id", "id"),
)

sharing_uses = sa.Table(
    "sharing_uses",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("grant_id", sa.Uuid, sa.ForeignKey("sharing_grants.id", ondelete="CASCADE"), nullable=False),
    sa.Column("used_by", sa.Text, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_sharing_uses_grant_id_id", "grant_id", "id"),
)
