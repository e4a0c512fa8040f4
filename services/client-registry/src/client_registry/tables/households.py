"""Households (CR-48): who belongs to which family and since when, and the dates that come back every year.

A member is a client or a person who is none. `client_id` is the client in whose file the row stands: the member himself,
or the client through whom a person is recorded. Sealed by the row's id: "household_members.name",
"household_members.phone", "important_dates.year", "important_dates.words".
"""

import sqlalchemy as sa
from chassis.rotating import sealed

from client_registry.tables.metadata import metadata
from client_registry.tables.registration_forms import SOURCES

households = sa.Table(
    "households",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # Whom the relations are counted from, and whom one turns to. No foreign keys: the members name the household.
    sa.Column("head_id", sa.Uuid, nullable=False),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("opened_on", sa.Date, nullable=False),
    # Nobody in it is a client any more.
    sa.Column("closed_on", sa.Date),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
)

household_members = sa.Table(
    "household_members",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("household_id", sa.Uuid, sa.ForeignKey("households.id"), nullable=False),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # To the head; null for the head himself.
    sa.Column("relation", sa.Text),
    sa.Column("name_sealed", sa.LargeBinary, info=sealed("household_members.name")),
    sa.Column("phone_sealed", sa.LargeBinary, info=sealed("household_members.phone")),
    # On what ground a person who is no client is on file, and what for.
    sa.Column("consent", sa.Text),
    sa.Column("purpose", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("collector", sa.Text, nullable=False),
    sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("verified_at", sa.DateTime(timezone=True)),
    sa.Column("verified_by", sa.Text),
    sa.Column("from_on", sa.Date, nullable=False),
    sa.Column("until_on", sa.Date),
    sa.Column("left_because", sa.Text),
    # The household this member came from, and his relation there, when two files were made one: the reversal's way back.
    sa.Column("came_from", sa.Uuid),
    sa.Column("came_as", sa.Text),
    sa.CheckConstraint("kind IN ('client', 'person')", name="kind"),
    sa.CheckConstraint(f"source IN ({SOURCES})", name="source"),
    sa.CheckConstraint("consent IN ('person', 'client_for_family')", name="consent"),
    sa.CheckConstraint("purpose IN ('family_care', 'emergency_contact')", name="purpose"),
    sa.CheckConstraint(
        "kind = 'client' OR (name_sealed IS NOT NULL AND consent IS NOT NULL AND purpose IS NOT NULL)", name="person"
    ),
    sa.CheckConstraint(
        "left_because IN ('moved_out', 'divorced', 'died', 'correction', 'merged', 'closed')", name="left_because"
    ),
    sa.CheckConstraint("until_on >= from_on", name="period"),
    sa.CheckConstraint("(until_on IS NULL) = (left_because IS NULL)", name="left"),
    # A client is in one household at a time, and a household has one spouse of its head.
    sa.Index(
        "uq_household_members_client",
        "client_id",
        unique=True,
        postgresql_where=sa.text("kind = 'client' AND until_on IS NULL"),
    ),
    sa.Index(
        "uq_household_members_spouse",
        "household_id",
        unique=True,
        postgresql_where=sa.text("relation = 'spouse' AND until_on IS NULL"),
    ),
    sa.Index("ix_household_members_household_id", "household_id"),
    sa.Index("ix_household_members_client_id", "client_id"),
)

important_dates = sa.Table(
    "important_dates",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    # Of whom; null for the client's own.
    sa.Column("member_id", sa.Uuid, sa.ForeignKey("household_members.id", ondelete="CASCADE")),
    sa.Column("kind", sa.Text, nullable=False),
    # Month and day stay plain: they are swept; the year is not.
    sa.Column("lunar", sa.Boolean, nullable=False),
    sa.Column("leap_month", sa.Boolean, nullable=False),
    sa.Column("month", sa.SmallInteger, nullable=False),
    sa.Column("day", sa.SmallInteger, nullable=False),
    sa.Column("year_sealed", sa.LargeBinary, info=sealed("important_dates.year")),
    sa.Column("words_sealed", sa.LargeBinary, info=sealed("important_dates.words")),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("collector", sa.Text, nullable=False),
    sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("verified_at", sa.DateTime(timezone=True)),
    sa.Column("verified_by", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint(f"source IN ({SOURCES})", name="source"),
    sa.CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day"),
    sa.CheckConstraint("lunar OR NOT leap_month", name="leap_month"),
    sa.Index("ix_important_dates_client_id_id", "client_id", "id"),
    sa.Index("ix_important_dates_member_id", "member_id"),
    sa.Index("ix_important_dates_day", "month", "day", "lunar", "leap_month"),
)

# How often a client's family dates were told; listeners drop an older list.
family_tellings = sa.Table(
    "family_tellings",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
