"""Files that may be one person's, and files that were made one; what a merger moved, so that it can be taken back."""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.metadata import metadata

# A pair stands once, the lower id first; a dismissed pair is not found again.
duplicate_candidates = sa.Table(
    "duplicate_candidates",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("other_client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("agreeing", ARRAY(sa.Text), nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="open"),
    sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    sa.Column("reason_sealed", sa.LargeBinary, info=sealed("duplicate_candidates.reason")),
    sa.CheckConstraint("status IN ('open', 'dismissed', 'merged')", name="status"),
    sa.CheckConstraint("client_id < other_client_id", name="pair"),
    sa.UniqueConstraint("client_id", "other_client_id"),
    sa.Index("ix_duplicate_candidates_open", "id", postgresql_where=sa.text("status = 'open'")),
    sa.Index("ix_duplicate_candidates_other_client_id", "other_client_id"),
)

merger_policies = sa.Table(
    "merger_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    # How long a merger can be taken back, and how long a proposal waits for its second signature.
    sa.Column("reversal_days", sa.Integer, nullable=False),
    sa.Column("proposal_days", sa.Integer, nullable=False),
)

client_mergers = sa.Table(
    "client_mergers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("surviving_client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("merged_client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    # [{"way": "mobile", "of": "surviving"}] in the order the client wishes.
    sa.Column("contacts", JSONB, nullable=False),
    sa.Column("surviving_version", sa.BigInteger, nullable=False),
    sa.Column("merged_version", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False, info=sealed("client_mergers.reason")),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    sa.Column("reversible_until", sa.Date),
    # What both files were before, as the reversal needs it: contact ways and consents among it, so it is sealed.
    sa.Column("before_sealed", sa.LargeBinary, info=sealed("client_mergers.before")),
    sa.Column("reversed_by", sa.Text),
    sa.Column("reversed_at", sa.DateTime(timezone=True)),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("status IN ('proposed', 'refused', 'merged', 'reversed')", name="status"),
    sa.CheckConstraint("surviving_client_id <> merged_client_id", name="two_files"),
    sa.CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
    sa.Index(
        "uq_client_mergers_one_open",
        "merged_client_id",
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'merged')"),
    ),
    sa.Index("ix_client_mergers_surviving_client_id", "surviving_client_id"),
)

# Which rows came from the merged file: by them a reversal finds them again.
client_merger_moves = sa.Table(
    "client_merger_moves",
    metadata,
    sa.Column("merger_id", sa.Uuid, sa.ForeignKey("client_mergers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("row_id", sa.Uuid, primary_key=True),
)
