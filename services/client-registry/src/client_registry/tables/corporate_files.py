"""What a company's file holds beside its registration (CR-49, CR-50), and who decides there.

Sealed: "corporate_files.investors" by the client's id; "corporate_persons.name", ".position", ".phone" by the row's id.
"""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata
from client_registry.tables.registration_forms import SOURCES

corporate_files = sa.Table(
    "corporate_files",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("investors_sealed", sa.LargeBinary, info=sealed("corporate_files.investors")),
    sa.Column("business", sa.Text),
    sa.Column("industry", sa.Text),
    sa.Column("region", sa.Text),
    sa.Column("characteristics", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("needs", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("collector", sa.Text, nullable=False),
    sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"source IN ({SOURCES})", name="source"),
    sa.CheckConstraint("region ~ '^[0-9]{6}$'", name="region"),
)

corporate_persons = sa.Table(
    "corporate_persons",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("corporate_files.client_id", ondelete="CASCADE"), nullable=False),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False, info=sealed("corporate_persons.name")),
    sa.Column("position_sealed", sa.LargeBinary, info=sealed("corporate_persons.position")),
    sa.Column("phone_sealed", sa.LargeBinary, info=sealed("corporate_persons.phone")),
    sa.CheckConstraint("role IN ('decision_maker', 'influencer')", name="role"),
    sa.UniqueConstraint("client_id", "place"),
)
