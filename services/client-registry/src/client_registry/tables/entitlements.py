"""Entitlements (CR-86 to CR-93): versions of the head office's catalogue, and what each branch adds or sets."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# document: the whole version as delivered, entitlements and the numbers beside them (`reference/entitlements.json`).
entitlement_catalogues = sa.Table(
    "entitlement_catalogues",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("document", JSONB, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
)

branch_entitlements = sa.Table(
    "branch_entitlements",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("family", sa.Text, nullable=False),
    sa.Column("title_zh", sa.Text, nullable=False),
    sa.Column("title_en", sa.Text, nullable=False),
    sa.Column("text_zh", sa.Text, nullable=False),
    sa.Column("text_en", sa.Text, nullable=False),
    sa.Column("limits", JSONB, nullable=False),
    sa.Column("conditions", JSONB, nullable=False),
    sa.Column("not_away", sa.Boolean, nullable=False),
    sa.Column("plan", sa.Text),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("effective_until", sa.Date),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("kind IN ('addition', 'override', 'rollout')", name="kind"),
    sa.CheckConstraint("status IN ('proposed', 'active', 'refused')", name="status"),
    sa.CheckConstraint("decided_by <> proposed_by", name="two_people"),
    sa.CheckConstraint("effective_until >= effective_on", name="order"),
    # Of the approved rows the one with the latest start holds; at most one waits for its second person.
    sa.Index(
        "uq_branch_entitlements_one_start",
        "unit_id",
        "kind",
        "code",
        "effective_on",
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    ),
    sa.Index(
        "uq_branch_entitlements_one_proposed",
        "unit_id",
        "kind",
        "code",
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    ),
    sa.Index("ix_branch_entitlements_unit_id_id", "unit_id", "id"),
)
