"""Products held over time, and negative conditions of standards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"

# What is held now was held from its opening on, as far as is known today.
_HELD_NOW = """
INSERT INTO held_products (client_id, product_code, said_on, known_at, held, since_on)
SELECT c.client_id, h.value ->> 'product_code',
       least(c.as_of, coalesce(min(CAST(h.value ->> 'opened_on' AS date)), c.as_of)), now(), true,
       coalesce(min(CAST(h.value ->> 'opened_on' AS date)), c.as_of)
FROM client_holdings c CROSS JOIN LATERAL jsonb_array_elements(c.holdings) AS h(value)
GROUP BY c.client_id, c.as_of, h.value ->> 'product_code'
"""


def upgrade() -> None:
    op.add_column("tier_policies", sa.Column("vetoes", JSONB(), server_default="[]", nullable=False))
    op.create_table(
        "held_products",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.CheckConstraint("held OR since_on IS NULL", name=op.f("ck_held_products_since_on")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_held_products_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_products")),
    )
    op.create_index(
        "ix_held_products_client_id_product_code",
        "held_products",
        ["client_id", "product_code", "said_on", "known_at"],
    )
    op.execute(_HELD_NOW)
