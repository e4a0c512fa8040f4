"""Recognition (CR-97, XC-12): what was asked, by whom, for what purpose, and how often a factor failed.

The value asked for stands here only as a keyed index.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

client_lookups = sa.Table(
    "client_lookups",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("value_index", sa.LargeBinary, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("client_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("confirmed_client_id", sa.Uuid),
    sa.CheckConstraint("way IN ('phone', 'name', 'card_number', 'identity_number')", name="way"),
)

# Five failed factors of one staff member on one value lock the pair (domain decisions, section 6).
lookup_failures = sa.Table(
    "lookup_failures",
    metadata,
    sa.Column("asked_by", sa.Text, primary_key=True),
    sa.Column("value_index", sa.LargeBinary, primary_key=True),
    sa.Column("failed", sa.SmallInteger, nullable=False),
    sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("locked_until", sa.DateTime(timezone=True)),
)
