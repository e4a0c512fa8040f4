"""Simulations of standards: the two sets compared, how many move from where to where, and who."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

policy_simulations = sa.Table(
    "policy_simulations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("operation_id", sa.Uuid, nullable=False),
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
    # Both sets as they stood at the start, each policy with its side: a draft changed later changes no result.
    sa.Column("policies", JSONB, nullable=False),
    sa.Column("assumptions", JSONB, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)


def _levels() -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in ("card_from", "card_to", "tier_from", "tier_to")]


policy_simulation_counts = sa.Table(
    "policy_simulation_counts",
    metadata,
    sa.Column("simulation_id", sa.Uuid, sa.ForeignKey("policy_simulations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    *_levels(),
    sa.Column("asset_band", sa.Text, nullable=False),
    sa.Column("clients", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("simulation_id", "unit_id", "card_from", "card_to", "tier_from", "tier_to", "asset_band"),
)

# reasons: {"before": [{"policy", "level", "criteria"}], "after": […]}, what was met on each side.
policy_simulation_moves = sa.Table(
    "policy_simulation_moves",
    metadata,
    sa.Column("simulation_id", sa.Uuid, sa.ForeignKey("policy_simulations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    *_levels(),
    sa.Column("reasons", JSONB, nullable=False),
)

# One row a manager of clients below the unit, under the unit where most of them live; before, after:
# {"tiers": {tier: clients}, "values": {value class: served clients}}. Contacts are those of a year.
policy_simulation_managers = sa.Table(
    "policy_simulation_managers",
    metadata,
    sa.Column("simulation_id", sa.Uuid, sa.ForeignKey("policy_simulations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("manager", sa.Text, primary_key=True),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    *(
        sa.Column(name, sa.BigInteger, nullable=False)
        for name in ("clients_before", "clients_after", "contacts_before", "contacts_after")
    ),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB, nullable=False),
)
