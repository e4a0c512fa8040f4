"""The frame's own tables, which every service has beside its business tables."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis.sealed_columns import sealed

_NOW = sa.func.now()
_EMPTY = sa.text("'{}'::jsonb")


def _at(name: str, *, required: bool = False, default: bool = False) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        nullable=not (required or default),
        server_default=_NOW if default else None,
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame's tables inside one service's metadata."""

    outbox: sa.Table
    inbox: sa.Table
    heard_versions: sa.Table
    dead_letters: sa.Table
    relay_state: sa.Table
    due_work: sa.Table
    operations: sa.Table
    work_items: sa.Table
    approvals: sa.Table
    stand_ins: sa.Table
    idempotency_keys: sa.Table
    audit: sa.Table
    audit_seals: sa.Table
    attachments: sa.Table
    attachment_chunks: sa.Table
    work_item_deliveries: sa.Table


def frame_tables(metadata: sa.MetaData) -> Frame:
    """Adds the frame's tables to the service's own metadata, so that one migration history covers both."""
    return Frame(
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        heard_versions=_heard_versions(metadata),
        dead_letters=_dead_letters(metadata),
        relay_state=_relay_state(metadata),
        due_work=_due_work(metadata),
        operations=_operations(metadata),
        work_items=_work_items(metadata),
        approvals=_approvals(metadata),
        stand_ins=_stand_ins(metadata),
        idempotency_keys=_idempotency_keys(metadata),
        audit=_audit(metadata),
        audit_seals=_audit_seals(metadata),
        attachments=_attachments(metadata),
        attachment_chunks=_attachment_chunks(metadata),
        work_item_deliveries=_work_item_deliveries(metadata),
    )


def _outbox(metadata: sa.MetaData) -> sa.Table:
    """Facts to be sent. Set-based SQL may insert straight into it: type, topic, key, aggregate, aggregate_id,
    aggregate_version, occurred_at and data; the rest has defaults."""
    table = sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()")),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("aggregate", sa.Text, nullable=False),
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("aggregate_version", sa.BigInteger, nullable=False),
        _at("occurred_at", required=True),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("traceparent", sa.Text),
        _at("created_at", default=True),
        _at("published_at"),
    )
    sa.Index("outbox_unpublished", table.c.id, postgresql_where=table.c.published_at.is_(None))
    sa.Index("outbox_published_at", table.c.published_at, postgresql_using="brin")
    return table


def _inbox(metadata: sa.MetaData) -> sa.Table:
    """Events whose handling has ended here, one way or another."""
    table = sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", sa.Uuid, primary_key=True),
        _at("heard_at", default=True),
    )
    sa.Index("inbox_heard_at", table.c.heard_at, postgresql_using="brin")
    return table


def _heard_versions(metadata: sa.MetaData) -> sa.Table:
    """The newest aggregate version applied, per guarded state."""
    return sa.Table(
        "heard_versions",
        metadata,
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("aggregate_id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _dead_letters(metadata: sa.MetaData) -> sa.Table:
    """Events that could not be handled (dead) and later ones of the same key (parked), until replayed or skipped."""
    table = sa.Table(
        "dead_letters",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        # Null when the message could not be read at all: nothing is parked behind such a one.
        sa.Column("key", sa.Text),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("type", sa.Text),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _at("recorded_at", default=True),
        _at("ended_at"),
        sa.Column("ended_by", sa.Text),
        sa.CheckConstraint("state IN ('dead', 'parked', 'replayed', 'skipped')", name="dead_letters_state"),
    )
    sa.Index("dead_letters_open", table.c.topic, table.c.key, postgresql_where=table.c.state.in_(("dead", "parked")))
    return table


def _relay_state(metadata: sa.MetaData) -> sa.Table:
    """Which broker the relay and the listener last spoke to, and which kept rows the relay still sends again."""
    return sa.Table(
        "relay_state",
        metadata,
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("cluster_id", sa.Text),
        sa.Column("resend_after", sa.BigInteger),
        sa.Column("resend_until", sa.BigInteger),
        _at("changed_at", default=True),
    )


def _due_work(metadata: sa.MetaData) -> sa.Table:
    """What falls due, one row per kind and subject; the row goes when its work is done."""
    table = sa.Table(
        "due_work",
        metadata,
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject_id", sa.Uuid, primary_key=True),
        _at("due_at", required=True),
        _at("try_at", required=True),
        sa.Column("detail", JSONB, nullable=False, server_default=_EMPTY),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("last_error", sa.Text),
    )
    sa.Index("due_work_try_at", table.c.try_at)
    sa.Index("due_work_failing", table.c.due_at, postgresql_where=table.c.attempts > 0)
    return table


def _operations(metadata: sa.MetaData) -> sa.Table:
    """Long work in resumable steps."""
    table = sa.Table(
        "operations",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'queued'")),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("detail", JSONB, nullable=False, server_default=_EMPTY),
        sa.Column("done", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("total", sa.BigInteger),
        sa.Column("cursor", JSONB, nullable=False, server_default=_EMPTY),
        sa.Column("result", JSONB),
        sa.Column("problem", JSONB),
        _at("created_at", required=True),
        _at("started_at"),
        _at("finished_at"),
        _at("try_at", required=True),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("lease", sa.Uuid),
        _at("leased_until"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("last_error", sa.Text),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="operations_status"
        ),
    )
    sa.Index("operations_open", table.c.try_at, postgresql_where=table.c.status.in_(("queued", "running")))
    return table


def _work_items(metadata: sa.MetaData) -> sa.Table:
    """What a rule asks a person to do."""
    table = sa.Table(
        "work_items",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("owner_role", sa.Text),
        sa.Column("unit_id", sa.Uuid),
        sa.Column("unit_path", sa.Text),
        _at("due_at"),
        sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'open'")),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        _at("created_at", required=True),
        _at("acknowledged_at"),
        sa.Column("acknowledged_by", sa.Text),
        _at("handed_over_at"),
        sa.Column("handed_over_by", sa.Text),
        _at("completed_at"),
        sa.Column("completed_by", sa.Text),
        sa.Column("result", sa.Text),
        # The version that was last given to those outside; see `deliveries`.
        sa.Column("told_version", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'done')", name="work_items_status"),
        sa.CheckConstraint("owner IS NOT NULL OR owner_role IS NOT NULL", name="work_items_owned"),
    )
    unfinished = table.c.status != "done"
    sa.Index("work_items_owner", table.c.owner, table.c.id, postgresql_where=unfinished)
    sa.Index("work_items_role", table.c.owner_role, table.c.unit_path, table.c.id, postgresql_where=unfinished)
    sa.Index("work_items_subject", table.c.subject_id, table.c.kind)
    sa.Index("work_items_overdue", table.c.due_at, postgresql_where=unfinished)
    sa.Index(
        "work_items_untold",
        table.c.id,
        postgresql_where=sa.text("told_version < version AND (status <> 'done' OR told_version > 0)"),
    )
    return table


def _approvals(metadata: sa.MetaData) -> sa.Table:
    """What two different people decide; the proposer and the decider differ in the database too."""
    table = sa.Table(
        "approvals",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("subject_version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'open'")),
        sa.Column("proposed_by", sa.Text, nullable=False),
        _at("proposed_at", required=True),
        _at("expires_at"),
        sa.Column("decided_by", sa.Text),
        _at("decided_at"),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint(
            "status IN ('open', 'approved', 'refused', 'withdrawn', 'overtaken', 'expired')", name="approvals_status"
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'refused') OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="approvals_four_eyes",
        ),
    )
    sa.Index(
        "approvals_one_open",
        table.c.kind,
        table.c.subject_id,
        unique=True,
        postgresql_where=table.c.status == "open",
    )
    sa.Index("approvals_subject", table.c.subject_id, table.c.kind, table.c.id)
    return table


def _stand_ins(metadata: sa.MetaData) -> sa.Table:
    """Who stands in for whom, in which role, from when until when."""
    table = sa.Table(
        "stand_ins",
        metadata,
        sa.Column("delegation_id", sa.Uuid, primary_key=True),
        sa.Column("absent", sa.Text, nullable=False),
        sa.Column("stand_in", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reach", sa.Text, nullable=False),
        _at("from_at", required=True),
        _at("until_at", required=True),
        sa.CheckConstraint("reach IN ('own', 'unit')", name="stand_ins_reach"),
    )
    sa.Index("stand_ins_of", table.c.stand_in, table.c.until_at)
    return table


def _idempotency_keys(metadata: sa.MetaData) -> sa.Table:
    """Answers to committed effects, sealed, scoped to caller and route."""
    table = sa.Table(
        "idempotency_keys",
        metadata,
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("route", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        # Names the stored answer to the cipher: a sealed value cannot be moved to another row.
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("headers", JSONB),
        sa.Column("answer", sa.LargeBinary),
        # Whom the request's path names: with the client the answer goes, whatever stands in it.
        sa.Column("client_id", sa.Uuid),
        _at("created_at", default=True),
    )
    sa.Index("idempotency_keys_created_at", table.c.created_at)
    return table


def _audit(metadata: sa.MetaData) -> sa.Table:
    """Who did or saw what, and why. Append-only; ids, figures, classes and codes only."""
    table = sa.Table(
        "audit",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _at("at", required=True),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("purpose", sa.Text),
        sa.Column("detail", JSONB, nullable=False, server_default=_EMPTY),
        sa.Column("trace_id", sa.Text),
    )
    sa.Index("audit_client", table.c.client_id, table.c.at)
    sa.Index("audit_object", table.c.object_type, table.c.object_id, table.c.at)
    sa.Index("audit_subject", table.c.subject, table.c.at)
    sa.Index("audit_at", table.c.at, table.c.id)
    return table


def _audit_seals(metadata: sa.MetaData) -> sa.Table:
    """The hash chain over committed audit rows; some links carry a signature."""
    return sa.Table(
        "audit_seals",
        metadata,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("audit_id", sa.BigInteger, nullable=False, unique=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        _at("sealed_at", default=True),
        sa.Column("signature", sa.LargeBinary),
        sa.Column("key_id", sa.Text),
    )


def _attachments(metadata: sa.MetaData) -> sa.Table:
    """Papers that belong to something: evidence, scanned forms. The name may name a person, so it is sealed."""
    table = sa.Table(
        "attachments",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False, info=sealed("attachments.name")),
        # What the content is, whatever its name says.
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        _at("added_at", required=True),
    )
    sa.Index("attachments_subject", table.c.subject_id, table.c.id)
    sa.Index("attachments_client", table.c.client_id, postgresql_where=table.c.client_id.is_not(None))
    return table


def _attachment_chunks(metadata: sa.MetaData) -> sa.Table:
    """The content of attachments, sealed piece by piece; a piece has an id of its own, to which it is bound."""
    return sa.Table(
        "attachment_chunks",
        metadata,
        sa.Column("attachment_id", sa.Uuid, sa.ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("chunk_no", sa.Integer, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("content_sealed", sa.LargeBinary, nullable=False, info=sealed("attachment_chunks.content")),
    )


def _work_item_deliveries(metadata: sa.MetaData) -> sa.Table:
    """What was told of work items to those outside, with proof: when, and what was answered."""
    table = sa.Table(
        "work_item_deliveries",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("item_id", sa.Uuid, sa.ForeignKey("work_items.id", ondelete="CASCADE"), nullable=False),
        sa.Column("item_version", sa.Integer, nullable=False),
        sa.Column("adapter", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'pending'")),
        _at("created_at", required=True),
        _at("try_at", required=True),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _at("delivered_at"),
        sa.Column("answer_status", sa.SmallInteger),
        sa.Column("last_error", sa.Text),
        sa.CheckConstraint("status IN ('pending', 'delivered')", name="work_item_deliveries_status"),
        sa.UniqueConstraint("item_id", "item_version", "adapter", name="work_item_deliveries_once"),
    )
    sa.Index(
        "work_item_deliveries_pending",
        table.c.adapter,
        table.c.try_at,
        table.c.id,
        postgresql_where=sa.text("status = 'pending'"),
    )
    return table


# The frame's own statements are compiled against these; services call `frame_tables` with their own metadata.
FRAME = frame_tables(sa.MetaData())
