"""Membership (CR-3): the client chose to join; qualification alone is not membership."""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("level IN ('branch', 'head_office')", name="level"),
    sa.CheckConstraint("status IN ('member', 'left', 'ended')", name="status"),
    # One standing membership a client: joining the higher level ends the lower one.
    sa.Index("uq_memberships_one_standing", "client_id", unique=True, postgresql_where=sa.text("status = 'member'")),
)
