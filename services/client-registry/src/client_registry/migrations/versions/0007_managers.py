"""Managers: hand-overs, records between posts, reassignments, and the bank's choices about them."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0007"
down_revision = "0006"

# The documents name no numbers here (CR-43, CR-44, XC-23): these are the bank's defaults. The weekly contacts are the
# floors of EN-1 and EN-2 (BOC-S Art. 31(2)).
POLICY = {
    "hand_over_answer_working_days": 3,
    "manager_due_working_days": 5,
    "managed_tiers": ["wealth_management", "wealth", "private_banking", "corporate_vip"],
    "tier_weights": {"mass": 1, "wealth_management": 2, "wealth": 4, "private_banking": 8, "corporate_vip": 4},
    "weekly_contacts": {"ge_8m": "1", "2m_8m": "0.5", "below": "0"},
}
_IMMUTABLE = ("post_hand_overs", "post_hand_over_items", "post_hand_over_signatures")


def upgrade() -> None:
    _create_policies()
    _create_hand_overs()
    _create_records()
    _create_reassignments()


def _create_policies() -> None:
    policies = op.create_table(
        "relationship_policies",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_relationship_policies")),
    )
    op.bulk_insert(
        policies,
        [{"version": 1, "valid_from": date(2020, 1, 1), "article": "WMC 客户服务机制; CCB Art. 9", "document": POLICY}],
    )


def _create_hand_overs() -> None:
    op.create_table(
        "manager_hand_overs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("from_manager", sa.Text(), nullable=False),
        sa.Column("to_manager", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'accepted', 'refused', 'withdrawn', 'overtaken')",
            name=op.f("ck_manager_hand_overs_status"),
        ),
        sa.CheckConstraint("from_manager <> to_manager", name=op.f("ck_manager_hand_overs_two_managers")),
        sa.CheckConstraint(
            "status <> 'accepted' OR answered_by <> proposed_by", name=op.f("ck_manager_hand_overs_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_manager_hand_overs_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_manager_hand_overs_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manager_hand_overs")),
    )
    op.create_index(
        "uq_manager_hand_overs_open", "manager_hand_overs", ["client_id"], unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )  # fmt: skip
    op.create_index("ix_manager_hand_overs_client_id", "manager_hand_overs", ["client_id"])
    op.create_index("ix_manager_hand_overs_to_manager", "manager_hand_overs", ["to_manager", "id"])
    op.create_index("ix_manager_hand_overs_from_manager", "manager_hand_overs", ["from_manager", "id"])
    op.create_table(
        "hand_over_remarks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("remarks_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_hand_over_remarks_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_remarks")),
    )


def _create_records() -> None:
    op.create_table(
        "post_hand_overs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("from_subject", sa.Text(), nullable=False),
        sa.Column("to_subject", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('client', 'reassignment')", name=op.f("ck_post_hand_overs_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_hand_overs")),
        sa.UniqueConstraint(
            "source_id", "from_subject", "to_subject", name=op.f("uq_post_hand_overs_source_id_from_subject_to_subject")
        ),
    )
    op.create_index("ix_post_hand_overs_from_subject", "post_hand_overs", ["from_subject", "id"])
    op.create_index("ix_post_hand_overs_to_subject", "post_hand_overs", ["to_subject", "id"])
    op.create_index(
        "ix_post_hand_overs_unit_path", "post_hand_overs", ["unit_path"],
        postgresql_ops={"unit_path": "text_pattern_ops"},
    )  # fmt: skip
    op.create_table(
        "post_hand_over_items",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('client', 'work_item')", name=op.f("ck_post_hand_over_items_kind")),
        sa.ForeignKeyConstraint(["record_id"], ["post_hand_overs.id"], name=op.f("fk_post_hand_over_items_record_id")),
        sa.PrimaryKeyConstraint("record_id", "object_id", name=op.f("pk_post_hand_over_items")),
    )
    op.create_table(
        "post_hand_over_signatures",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('gives', 'receives')", name=op.f("ck_post_hand_over_signatures_part")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["post_hand_overs.id"], name=op.f("fk_post_hand_over_signatures_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", "part", name=op.f("pk_post_hand_over_signatures")),
        sa.UniqueConstraint("record_id", "subject", name=op.f("uq_post_hand_over_signatures_record_id_subject")),
    )
    op.execute(
        "CREATE FUNCTION refuse_change_of_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a hand-over record is never changed' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in _IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_hand_over()"
        )


def _create_reassignments() -> None:
    op.create_table(
        "manager_reassignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_manager", sa.Text(), nullable=False),
        sa.Column("receivers", ARRAY(sa.Text()), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("places", ARRAY(sa.Text()), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("preview", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status IN ('previewed', 'confirmed')", name=op.f("ck_manager_reassignments_status")),
        sa.CheckConstraint(
            "rule IN ('by_number', 'by_weight', 'by_serving_unit')", name=op.f("ck_manager_reassignments_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manager_reassignments")),
    )
    op.create_table(
        "manager_reassignment_clients",
        sa.Column("reassignment_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("to_manager", sa.Text(), nullable=True),
        sa.Column("seen_as", sa.Text(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reassignment_id"],
            ["manager_reassignments.id"],
            name=op.f("fk_manager_reassignment_clients_reassignment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reassignment_id", "client_id", name=op.f("pk_manager_reassignment_clients")),
    )
