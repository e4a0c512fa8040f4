"""Who looks after a client: hand-overs, the records between posts, reassignments of a whole book (CR-43, CR-44, XC-23)."""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.metadata import metadata

# What the documents leave open about managers, as data: the newest version that is in force counts.
relationship_policies = sa.Table(
    "relationship_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("document", JSONB, nullable=False),
)

manager_hand_overs = sa.Table(
    "manager_hand_overs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("from_manager", sa.Text, nullable=False),
    sa.Column("to_manager", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("answered_by", sa.Text),
    sa.Column("answered_at", sa.DateTime(timezone=True)),
    sa.Column("refusal", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("status IN ('proposed', 'accepted', 'refused', 'withdrawn', 'overtaken')", name="status"),
    sa.CheckConstraint("from_manager <> to_manager", name="two_managers"),
    sa.CheckConstraint("status <> 'accepted' OR answered_by <> proposed_by", name="two_people"),
    sa.Index("uq_manager_hand_overs_open", "client_id", unique=True, postgresql_where=sa.text("status = 'proposed'")),
    sa.Index("ix_manager_hand_overs_client_id", "client_id"),
    sa.Index("ix_manager_hand_overs_to_manager", "to_manager", "id"),
    sa.Index("ix_manager_hand_overs_from_manager", "from_manager", "id"),
)

# XC-23: a trigger refuses every change of these three; what was signed stays as it was signed.
post_hand_overs = sa.Table(
    "post_hand_overs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    # The hand-over or the reassignment that it records.
    sa.Column("source_id", sa.Uuid, nullable=False),
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("from_subject", sa.Text, nullable=False),
    sa.Column("to_subject", sa.Text, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('client', 'reassignment')", name="kind"),
    sa.UniqueConstraint("source_id", "from_subject", "to_subject"),
    sa.Index("ix_post_hand_overs_from_subject", "from_subject", "id"),
    sa.Index("ix_post_hand_overs_to_subject", "to_subject", "id"),
    sa.Index("ix_post_hand_overs_unit_path", "unit_path", postgresql_ops={"unit_path": "text_pattern_ops"}),
)

post_hand_over_items = sa.Table(
    "post_hand_over_items",
    metadata,
    sa.Column("record_id", sa.Uuid, sa.ForeignKey("post_hand_overs.id"), primary_key=True),
    sa.Column("object_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("client_id", sa.Uuid, nullable=False),
    sa.CheckConstraint("kind IN ('client', 'work_item')", name="kind"),
)

post_hand_over_signatures = sa.Table(
    "post_hand_over_signatures",
    metadata,
    sa.Column("record_id", sa.Uuid, sa.ForeignKey("post_hand_overs.id"), primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("part IN ('gives', 'receives')", name="part"),
    sa.UniqueConstraint("record_id", "subject"),
)

# Words about clients go with the person and are sealed; so they stand beside the record and not in it.
hand_over_remarks = sa.Table(
    "hand_over_remarks",
    metadata,
    # The hand-over's or the reassignment's id.
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE")),
    sa.Column("remarks_sealed", sa.LargeBinary, nullable=False, info=sealed("hand_over_remarks.remarks")),
    sa.Column("written_by", sa.Text, nullable=False),
    sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
)

manager_reassignments = sa.Table(
    "manager_reassignments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("from_manager", sa.Text, nullable=False),
    sa.Column("receivers", ARRAY(sa.Text), nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    # Below these places the clients are taken: the places of whoever asked, as the scope writes them.
    sa.Column("places", ARRAY(sa.Text), nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("preview", JSONB, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_at", sa.DateTime(timezone=True)),
    sa.Column("operation_id", sa.Uuid),
    sa.CheckConstraint("status IN ('previewed', 'confirmed')", name="status"),
    sa.CheckConstraint("rule IN ('by_number', 'by_weight', 'by_serving_unit')", name="rule"),
)

manager_reassignment_clients = sa.Table(
    "manager_reassignment_clients",
    metadata,
    sa.Column(
        "reassignment_id", sa.Uuid, sa.ForeignKey("manager_reassignments.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    # Nobody may get this client: he stays.
    sa.Column("to_manager", sa.Text),
    # What the preview saw of the client; when it differs at confirmation, the preview is overtaken.
    sa.Column("seen_as", sa.Text, nullable=False),
    # Null until its range has run; false for a client who had left this manager before.
    sa.Column("moved", sa.Boolean),
)
