"""A client's standing over time: the policy values it follows, falls foreseen, exceptional admissions."""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# Policy values of re-verification and downgrade as versioned data (A5); `domain.standing_policy` names them.
standing_policies = sa.Table(
    "standing_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("values", JSONB, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
)

# A fall is foreseen once for its cause and day.
downgrade_notices = sa.Table(
    "downgrade_notices",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("falls_on", sa.Date, primary_key=True),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("cause IN ('card_expiry', 'no_card', 'grace', 'override_end')", name="cause"),
)

# CR-11: below the numbers by individual approval, for a time. The justification is about a person and sealed.
exceptional_admissions = sa.Table(
    "exceptional_admissions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column(
        "justification_sealed",
        sa.LargeBinary,
        nullable=False,
        info=sealed("exceptional_admissions.justification"),
    ),
    sa.Column("expires_on", sa.Date, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("client_version", sa.BigInteger, nullable=False),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    sa.Column("refusal", sa.Text),
    sa.Column("ended_on", sa.Date),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("kind IN ('public_figure', 'enterprise_head', 'potential')", name="kind"),
    sa.CheckConstraint("status IN ('proposed', 'approved', 'refused', 'ended')", name="status"),
    sa.CheckConstraint("decided_by IS DISTINCT FROM proposed_by", name="two_people"),
    sa.CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name="decided"),
    sa.Index(
        "uq_exceptional_admissions_one_open",
        "client_id",
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'approved')"),
    ),
    sa.Index("ix_exceptional_admissions_client_id_id", "client_id", "id"),
)
