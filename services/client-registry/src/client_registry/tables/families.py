"""The people around a client and the days that matter to them (CR-48, CCB Art. 24): month and day in clear, names never."""

import sqlalchemy as sa
from chassis.rotating import sealed

from client_registry.tables.metadata import metadata


def _day_columns() -> list[sa.Column[object]]:
    """A day that comes back each year, in the solar or the lunar calendar; a leap month is told apart."""
    return [
        sa.Column("month", sa.SmallInteger),
        sa.Column("day", sa.SmallInteger),
        sa.Column("lunar", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("leap_month", sa.Boolean, nullable=False, server_default="false"),
    ]


def _day_rules() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("(month IS NULL) = (day IS NULL)", name="whole_day"),
        sa.CheckConstraint(
            "month BETWEEN 1 AND 12 AND day BETWEEN 1 AND CASE WHEN lunar THEN 30 ELSE 31 END", name="day"
        ),
        sa.CheckConstraint("lunar OR NOT leap_month", name="leap_month"),
    ]


family_members = sa.Table(
    "family_members",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("relation", sa.Text, nullable=False),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False, info=sealed("family_members.name")),
    *_day_columns(),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint(
        "relation IN ('spouse', 'child', 'father', 'mother', 'sibling', 'grandparent', 'grandchild', 'other')",
        name="relation",
    ),
    *_day_rules(),
)

family_occasions = sa.Table(
    "family_occasions",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("note_sealed", sa.LargeBinary, info=sealed("family_occasions.note")),
    *_day_columns(),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint(
        "kind IN ('wedding_anniversary', 'client_anniversary', 'business_anniversary', 'memorial_day', 'other')",
        name="kind",
    ),
    sa.CheckConstraint("month IS NOT NULL", name="has_a_day"),
    *_day_rules(),
)

# Clients who live as one family; a client belongs to one household at most.
household_members = sa.Table(
    "household_members",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("household_id", sa.Uuid, nullable=False),
    sa.Column("joined_by", sa.Text, nullable=False),
    sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_household_members_household_id", "household_id"),
)
