"""Key corporate-finance clients (CR-22, CR-24): who stands on the list, from when to when, on whose word."""

import sqlalchemy as sa
from chassis.rotating import sealed

from client_registry.tables.metadata import metadata

# The grounds are about a client and sealed; `evidence_no` is the number of a paper of the corporate line.
corporate_vips = sa.Table(
    "corporate_vips",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("grounds_sealed", sa.LargeBinary, nullable=False, info=sealed("corporate_vips.grounds")),
    sa.Column("evidence_no", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    # Where the client stood before; nothing lower follows at the end while figures are missing.
    sa.Column("tier_before", sa.Text),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    sa.Column("refusal", sa.Text),
    sa.Column("ended_on", sa.Date),
    sa.Column("ended_by", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("status IN ('proposed', 'approved', 'refused', 'ended')", name="status"),
    sa.CheckConstraint("valid_until >= valid_from", name="valid_dates"),
    sa.CheckConstraint("decided_by IS DISTINCT FROM proposed_by", name="two_people"),
    sa.CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name="decided"),
    sa.Index("ix_corporate_vips_client_id_id", "client_id", "id"),
)
