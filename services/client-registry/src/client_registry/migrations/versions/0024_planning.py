"""Planning values as dated data, and what a simulation finds of each manager."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"

_VALUES = """
INSERT INTO planning_policies (version, valid_from, values, article, changed_by, changed_at) VALUES (1, '2020-01-01',
    '{"contacts_a_year": {"ge_8m": 52, "2m_8m": 26, "below": 4, "unknown": 4},
      "contacts_a_year_by_value": {"high": 52, "mid": 12, "low": 4},
      "card_unit_prices": {"branch": "1.15", "head_office": "1.15"},
      "clients_a_manager": null, "contacts_a_week_a_manager": null}',
    'BOC-S Art. 31(2), BOC-C, CCB notice 4', 'system:client-registry', '2026-01-01T00:00:00Z')
"""
# Simulations of before keep the values they were made with.
_KEPT = """
UPDATE policy_simulations SET assumptions = assumptions - 'card_unit_price' || jsonb_build_object(
    'contacts_a_year_by_value', '{}'::jsonb,
    'card_unit_prices', jsonb_build_object('branch', assumptions -> 'card_unit_price',
                                           'head_office', assumptions -> 'card_unit_price'),
    'clients_a_manager', NULL, 'contacts_a_week_a_manager', NULL)
WHERE assumptions ? 'card_unit_price'
"""


def upgrade() -> None:
    op.create_table(
        "planning_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_planning_policies")),
    )
    # Not through the statement's own bind syntax: the text holds colons.
    op.get_bind().exec_driver_sql(_VALUES)
    op.get_bind().exec_driver_sql(_KEPT)
    op.create_table(
        "policy_simulation_managers",
        sa.Column("simulation_id", sa.Uuid(), nullable=False),
        sa.Column("manager", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("clients_before", "clients_after", "contacts_before", "contacts_after")
        ),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["simulation_id"],
            ["policy_simulations.id"],
            name=op.f("fk_policy_simulation_managers_simulation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_policy_simulation_managers_unit_id")),
        sa.PrimaryKeyConstraint("simulation_id", "manager", name=op.f("pk_policy_simulation_managers")),
    )
