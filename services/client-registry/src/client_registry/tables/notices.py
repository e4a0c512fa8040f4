"""Privacy notices in their versions (CR-74), and every word a client gave about what the bank may do, append-only."""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

# A published version never changes: who said yes under it can always be shown what he read.
privacy_notices = sa.Table(
    "privacy_notices",
    metadata,
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("title_zh", sa.Text, nullable=False),
    sa.Column("title_en", sa.Text, nullable=False),
    sa.Column("text_zh", sa.Text, nullable=False),
    sa.Column("text_en", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("published_by", sa.Text, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
)

# `client_consents` is what stands; here is how it came to stand. A row says one thing: yes, no, or which interval.
consent_records = sa.Table(
    "consent_records",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("given", sa.Boolean, nullable=False),
    sa.Column("wished_interval", sa.Text),
    sa.Column("notice_version", sa.Text),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("purpose IN ('marketing', 'events', 'contact_interval')", name="purpose"),
    sa.CheckConstraint("way IN ('form', 'outlet', 'phone', 'app', 'web', 'visit', 'import', 'merger')", name="way"),
)
