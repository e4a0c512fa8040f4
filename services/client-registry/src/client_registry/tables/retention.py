"""The end of a relationship, how long what is kept, what stops an erasure, and what was erased (PIPL Art. 19, 47)."""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.metadata import metadata

# From when to when somebody was a client; a client who comes back within retention reopens the file.
relationship_endings = sa.Table(
    "relationship_endings",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("ended_on", sa.Date, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, info=sealed("relationship_endings.reason")),
    sa.Column("reported_by", sa.Text, nullable=False),
    sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reopened_on", sa.Date),
    sa.Column("reopened_by", sa.Text),
    sa.Column("reopened_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("cause IN ('client_left', 'bank_ended', 'accounts_closed')", name="cause"),
    sa.CheckConstraint("reopened_on >= ended_on", name="order"),
    sa.Index(
        "uq_relationship_endings_standing", "client_id", unique=True, postgresql_where=sa.text("reopened_on IS NULL")
    ),
)

# years: {"file": 10, …}; a version is never changed, the newest one in force counts.
retention_policies = sa.Table(
    "retention_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("years", JSONB, nullable=False),
    sa.Column("answer_working_days", sa.Integer, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text),
    sa.Column("approved_by", sa.Text),
    sa.CheckConstraint("status IN ('proposed', 'active')", name="status"),
    sa.CheckConstraint("approved_by <> proposed_by", name="two_people"),
)

# A hold stops an erasure from the moment it is placed; to let go of it takes a second person.
legal_holds = sa.Table(
    "legal_holds",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False, info=sealed("legal_holds.reason")),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_at", sa.DateTime(timezone=True)),
    sa.Column("release_asked_by", sa.Text),
    sa.Column("release_asked_at", sa.DateTime(timezone=True)),
    sa.Column("released_by", sa.Text),
    sa.Column("released_at", sa.DateTime(timezone=True)),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("cause IN ('dispute', 'legal_case', 'regulator', 'investigation')", name="cause"),
    sa.CheckConstraint("status IN ('placed', 'confirmed', 'release_asked', 'released')", name="status"),
    sa.CheckConstraint("confirmed_by <> placed_by", name="two_people"),
    sa.CheckConstraint("released_by <> release_asked_by", name="two_people_release"),
    sa.CheckConstraint("(status = 'released') = (released_by IS NOT NULL)", name="released"),
    sa.Index("ix_legal_holds_client_id", "client_id", postgresql_where=sa.text("status <> 'released'")),
)

erasure_lists = sa.Table(
    "erasure_lists",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # The first-level branch whose clients stand on it.
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("prepared_on", sa.Date, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text),
    sa.Column("proposed_at", sa.DateTime(timezone=True)),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_at", sa.DateTime(timezone=True)),
    sa.Column("operation_id", sa.Uuid),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("source IN ('retention', 'request')", name="source"),
    sa.CheckConstraint("status IN ('prepared', 'proposed', 'confirmed', 'finished')", name="status"),
    sa.CheckConstraint("confirmed_by <> proposed_by", name="two_people"),
)

erasure_list_clients = sa.Table(
    "erasure_list_clients",
    metadata,
    sa.Column("list_id", sa.Uuid, sa.ForeignKey("erasure_lists.id"), primary_key=True),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("kinds", ARRAY(sa.Text), nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    # Null until its range has run.
    sa.Column("outcome", sa.Text),
    sa.CheckConstraint("outcome IN ('erased', 'held', 'reopened')", name="outcome"),
    sa.Index("ix_erasure_list_clients_client_id", "client_id", postgresql_where=sa.text("outcome IS NULL")),
)

# The client's own right (PIPL Art. 47): asked, answered, with the reason where it is refused.
erasure_requests = sa.Table(
    "erasure_requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("words_sealed", sa.LargeBinary, info=sealed("erasure_requests.words")),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("received_by", sa.Text, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("answer_due_on", sa.Date, nullable=False),
    sa.Column("refusal", sa.Text),
    sa.Column("answered_by", sa.Text),
    sa.Column("answered_at", sa.DateTime(timezone=True)),
    sa.Column("list_id", sa.Uuid, sa.ForeignKey("erasure_lists.id")),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("way IN ('outlet', 'phone', 'letter', 'app', 'web')", name="way"),
    sa.CheckConstraint("status IN ('open', 'granted', 'refused')", name="status"),
    sa.CheckConstraint(
        "refusal IN ('relationship_stands', 'retention_by_law', 'legal_hold', 'open_complaint')", name="refusal"
    ),
    sa.CheckConstraint("(status = 'refused') = (refusal IS NOT NULL)", name="refused_with_reason"),
    sa.CheckConstraint("(status = 'open') = (answered_by IS NULL)", name="answered"),
    sa.Index("uq_erasure_requests_one_open", "client_id", unique=True, postgresql_where=sa.text("status = 'open'")),
)

# The proof that and when something was erased; ids and codes only, and nothing is ever taken from here.
client_erasures = sa.Table(
    "client_erasures",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("erased_on", sa.Date, nullable=False),
    sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("list_id", sa.Uuid),
    sa.CheckConstraint("cause IN ('retention', 'request', 'restore', 'import_undone')", name="cause"),
)
