"""What became of the clients of an import that is undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "client_import_outcomes",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("brought", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reasons", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("brought IN ('file', 'figures')", name=op.f("ck_client_import_outcomes_brought")),
        sa.CheckConstraint(
            "outcome IN ('taken_back', 'kept', 'figures_withdrawn')", name=op.f("ck_client_import_outcomes_outcome")
        ),
        sa.CheckConstraint(
            "(outcome = 'kept') = (reasons <> '{}')", name=op.f("ck_client_import_outcomes_kept_with_reason")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["client_imports.id"],
            name=op.f("fk_client_import_outcomes_import_id_client_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "client_id", name=op.f("pk_client_import_outcomes")),
    )
    op.drop_constraint(op.f("ck_client_erasures_cause"), "client_erasures", type_="check")
    op.create_check_constraint(
        op.f("ck_client_erasures_cause"),
        "client_erasures",
        "cause IN ('retention', 'request', 'restore', 'import_undone')",
    )
