"""The frame's tables as a migration makes them; each service's first revision calls `create_frame_tables`.

A change of `frame_tables` is a new function here, called by a new revision of each service.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB


def create_frame_tables() -> None:
    """All of the frame's tables, in their first form."""
    _create_outbox()
    _create_inbox()
    _create_heard_versions()
    _create_dead_letters()
    _create_relay_state()
    _create_due_work()
    _create_operations()
    _create_work_items()
    _create_approvals()
    _create_stand_ins()
    _create_idempotency_keys()
    _create_audit()
    _create_audit_seals()
    _create_attachments()
    _create_work_item_deliveries()


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Text(), nullable=False),
        sa.Column("aggregate_version", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_published_at", "outbox", ["published_at"], postgresql_using="brin")
    op.create_index("outbox_unpublished", "outbox", ["id"], postgresql_where=sa.text("published_at IS NULL"))


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("inbox_heard_at", "inbox", ["heard_at"], postgresql_using="brin")


def _create_heard_versions() -> None:
    op.create_table(
        "heard_versions",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", "aggregate_id"),
    )


def _create_dead_letters() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text()),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text()),
        sa.CheckConstraint("state IN ('dead', 'parked', 'replayed', 'skipped')", name="dead_letters_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(
        "dead_letters_open", "dead_letters", ["topic", "key"], postgresql_where=sa.text("state IN ('dead', 'parked')")
    )


def _create_relay_state() -> None:
    op.create_table(
        "relay_state",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text()),
        sa.Column("resend_after", sa.BigInteger()),
        sa.Column("resend_until", sa.BigInteger()),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("part"),
    )


def _create_due_work() -> None:
    op.create_table(
        "due_work",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("kind", "subject_id"),
    )
    op.create_index("due_work_try_at", "due_work", ["try_at"])
    op.create_index("due_work_failing", "due_work", ["due_at"], postgresql_where=sa.text("attempts > 0"))


def _create_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("detail", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger()),
        sa.Column("cursor", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("result", JSONB()),
        sa.Column("problem", JSONB()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lease", sa.Uuid()),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="operations_status"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "operations_open", "operations", ["try_at"], postgresql_where=sa.text("status IN ('queued', 'running')")
    )


def _create_work_items() -> None:
    op.create_table(
        "work_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid()),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("owner_role", sa.Text()),
        sa.Column("unit_id", sa.Uuid()),
        sa.Column("unit_path", sa.Text()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("handed_over_at", sa.DateTime(timezone=True)),
        sa.Column("handed_over_by", sa.Text()),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("completed_by", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("told_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'done')", name="work_items_status"),
        sa.CheckConstraint("owner IS NOT NULL OR owner_role IS NOT NULL", name="work_items_owned"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("work_items_owner", "work_items", ["owner", "id"], postgresql_where=sa.text("status != 'done'"))
    op.create_index(
        "work_items_role", "work_items", ["owner_role", "unit_path", "id"], postgresql_where=sa.text("status != 'done'")
    )
    op.create_index("work_items_subject", "work_items", ["subject_id", "kind"])
    op.create_index("work_items_overdue", "work_items", ["due_at"], postgresql_where=sa.text("status != 'done'"))
    op.create_index(
        "work_items_untold",
        "work_items",
        ["id"],
        postgresql_where=sa.text("told_version < version AND (status <> 'done' OR told_version > 0)"),
    )


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "status IN ('open', 'approved', 'refused', 'withdrawn', 'overtaken', 'expired')", name="approvals_status"
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'refused') OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="approvals_four_eyes",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "approvals_one_open",
        "approvals",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("approvals_subject", "approvals", ["subject_id", "kind", "id"])


def _create_stand_ins() -> None:
    op.create_table(
        "stand_ins",
        sa.Column("delegation_id", sa.Uuid(), nullable=False),
        sa.Column("absent", sa.Text(), nullable=False),
        sa.Column("stand_in", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reach IN ('own', 'unit')", name="stand_ins_reach"),
        sa.PrimaryKeyConstraint("delegation_id"),
    )
    op.create_index("stand_ins_of", "stand_ins", ["stand_in", "until_at"])


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("headers", JSONB()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "route", "key"),
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid()),
        sa.Column("purpose", sa.Text()),
        sa.Column("detail", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("trace_id", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_client", "audit", ["client_id", "at"])
    op.create_index("audit_object", "audit", ["object_type", "object_id", "at"])
    op.create_index("audit_subject", "audit", ["subject", "at"])
    op.create_index("audit_at", "audit", ["at", "id"])


def _create_audit_seals() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("signature", sa.LargeBinary()),
        sa.Column("key_id", sa.Text()),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("audit_id"),
    )


def _create_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attachments_subject", "attachments", ["subject_id", "id"])
    op.create_index(
        "attachments_client", "attachments", ["client_id"], postgresql_where=sa.text("client_id IS NOT NULL")
    )
    op.create_table(
        "attachment_chunks",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("chunk_no", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("attachment_id", "chunk_no"),
        sa.UniqueConstraint("id"),
    )


def _create_work_item_deliveries() -> None:
    op.create_table(
        "work_item_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("answer_status", sa.SmallInteger()),
        sa.Column("last_error", sa.Text()),
        sa.CheckConstraint("status IN ('pending', 'delivered')", name="work_item_deliveries_status"),
        sa.ForeignKeyConstraint(["item_id"], ["work_items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id", "item_version", "adapter", name="work_item_deliveries_once"),
    )
    op.create_index(
        "work_item_deliveries_pending",
        "work_item_deliveries",
        ["adapter", "try_at", "id"],
        postgresql_where=sa.text("status = 'pending'"),
    )
