"""Tier policies with a life of their own: drafts, approvals, days in force, moves; simulations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = "status IN ('draft', 'submitted', 'approved', 'active', 'ended', 'superseded')"
_MOVES = "move IN ('drafted', 'changed', 'submitted', 'approved', 'refused', 'activated', 'ended', 'superseded')"


def upgrade() -> None:
    """New columns, the states of a policy, its moves, and what a simulation found."""
    _policies()
    _moves()
    _simulations()


def _policies() -> None:
    op.add_column(
        "tier_policies", sa.Column("minimum_tenure_months", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("tier_policies", sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False))
    op.add_column("tier_policies", sa.Column("activated_at", sa.DateTime(timezone=True)))
    op.add_column("tier_policies", sa.Column("in_force_from", sa.Date()))
    op.add_column("tier_policies", sa.Column("in_force_until", sa.Date()))
    op.add_column("tier_policies", sa.Column("ceased_at", sa.DateTime(timezone=True)))
    op.add_column("qualification_decisions", sa.Column("tenure_months", sa.Integer()))
    op.drop_constraint(op.f("ck_tier_policies_status"), "tier_policies", type_="check")
    op.execute("UPDATE tier_policies SET status = 'superseded' WHERE status = 'retired'")
    op.create_check_constraint(op.f("ck_tier_policies_status"), "tier_policies", _STATES)
    op.create_check_constraint(
        op.f("ck_tier_policies_valid_dates"), "tier_policies", "valid_until IS NULL OR valid_until >= valid_from"
    )
    op.create_check_constraint(
        op.f("ck_tier_policies_campaign_ends"), "tier_policies", "NOT campaign OR valid_until IS NOT NULL"
    )


def _moves() -> None:
    op.create_table(
        "tier_policy_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.CheckConstraint(_MOVES, name=op.f("ck_tier_policy_moves_move")),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["tier_policies.id"], name=op.f("fk_tier_policy_moves_policy_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_policy_moves")),
    )
    op.create_index("ix_tier_policy_moves_policy_id_id", "tier_policy_moves", ["policy_id", "id"])


def _simulations() -> None:
    op.create_table(
        "policy_simulations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policies", JSONB(), nullable=False),
        sa.Column("assumptions", JSONB(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_simulations")),
    )
    op.create_table(
        "policy_simulation_counts",
        sa.Column("simulation_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("card_from", "card_to", "tier_from", "tier_to")),
        sa.Column("asset_band", sa.Text(), nullable=False),
        sa.Column("clients", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["simulation_id"],
            ["policy_simulations.id"],
            name=op.f("fk_policy_simulation_counts_simulation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_policy_simulation_counts_unit_id")),
        sa.PrimaryKeyConstraint(
            "simulation_id", "unit_id", "card_from", "card_to", "tier_from", "tier_to", "asset_band",
            name=op.f("pk_policy_simulation_counts"),
        ),
    )  # fmt: skip
    op.create_table(
        "policy_simulation_moves",
        sa.Column("simulation_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("card_from", "card_to", "tier_from", "tier_to")),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_policy_simulation_moves_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["simulation_id"],
            ["policy_simulations.id"],
            name=op.f("fk_policy_simulation_moves_simulation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("simulation_id", "client_id", name=op.f("pk_policy_simulation_moves")),
    )
