"""Imports: figures that were withdrawn, sums of merged files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"

# What standing mergers added to their survivors' figures.
_SUMS = """
UPDATE {} AS f SET of_family = true FROM client_mergers AS m
WHERE m.status = 'merged' AND f.client_id = m.surviving_client_id AND f.known_at = m.decided_at AND f.import_id IS NULL
"""


def upgrade() -> None:
    for table in ("monthly_figures", "loan_months", "repayment_histories"):
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("of_family", sa.Boolean(), server_default="false", nullable=False))
        op.execute(_SUMS.format(table))
    op.add_column("source_figures", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("client_imports", sa.Column("content", sa.Text(), server_default="clients", nullable=False))
    op.add_column("client_imports", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("client_imports", sa.Column("counts", JSONB(), server_default="{}", nullable=False))
    op.create_check_constraint(op.f("ck_client_imports_content"), "client_imports", "content IN ('clients', 'figures')")
    op.add_column("client_import_rows", sa.Column("customer_no", sa.Text(), nullable=True))
    _rows()
    op.create_table(
        "client_customer_numbers",
        sa.Column("customer_no", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_customer_numbers_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_no", name=op.f("pk_client_customer_numbers")),
    )
    op.create_index(op.f("ix_client_customer_numbers_client_id"), "client_customer_numbers", ["client_id"])


def _rows() -> None:
    op.create_table(
        "figure_import_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("own_key", sa.Text(), nullable=False),
        sa.Column("said", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["client_imports.id"], name=op.f("fk_figure_import_rows_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "import_id", "client_id", "month", "currency", "part", "own_key", name=op.f("pk_figure_import_rows")
        ),
    )
    op.create_table(
        "import_refused_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("cells_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["client_imports.id"], name=op.f("fk_import_refused_rows_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_refused_rows")),
    )
    op.create_index("ix_import_refused_rows_import_id", "import_refused_rows", ["import_id", "file", "row_no"])
