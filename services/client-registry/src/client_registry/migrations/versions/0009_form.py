"""The registration form: option sets, answers with their sources, changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0009"
down_revision = "0008"

_SOURCES = "source IN ('business_handling', 'questionnaire', 'active_contact', 'third_party', 'client_self', 'import')"


def upgrade() -> None:
    _create_reference_data()
    _create_forms()


def _create_reference_data() -> None:
    op.create_table(
        "reference_sets",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_reference_sets")),
    )
    op.create_table(
        "reference_options",
        sa.Column("set_code", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("takes_text", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("retired_in_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["set_code"], ["reference_sets.code"], name=op.f("fk_reference_options_set_code")),
        sa.PrimaryKeyConstraint("set_code", "code", name=op.f("pk_reference_options")),
    )
    op.create_table(
        "information_policies",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_information_policies")),
    )


def _create_forms() -> None:
    op.create_table(
        "registration_forms",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("form_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_registration_forms_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_registration_forms")),
    )
    op.create_table(
        "client_fields",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column(
            "id",
            sa.Uuid(),
            sa.Computed("CAST(md5(CAST(client_id AS text) || ':' || field) AS uuid)", persisted=True),
            nullable=False,
        ),
        sa.Column("codes", ARRAY(sa.Text()), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_SOURCES, name=op.f("ck_client_fields_source")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_fields_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "field", name=op.f("pk_client_fields")),
    )
    op.create_index("uq_client_fields_id", "client_fields", ["id"], unique=True)
    op.create_table(
        "client_changes",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("information_group", sa.Text(), nullable=False),
        sa.Column("from_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("to_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_SOURCES, name=op.f("ck_client_changes_source")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_changes_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_client_changes")),
    )
    op.create_index("uq_client_changes_id", "client_changes", ["id"], unique=True)
