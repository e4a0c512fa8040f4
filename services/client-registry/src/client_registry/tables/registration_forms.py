"""The registration form (CCB Annex 2): its answers, where each comes from, what changed, and what may be chosen.

Sealed columns are bound to their row's id: "client_fields.text", "client_changes.from", "client_changes.to".
"""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.metadata import metadata

SOURCES = "'business_handling', 'questionnaire', 'active_contact', 'third_party', 'client_self', 'import'"

# CR-55, CR-59 to CR-66, CR-69, CR-70: what may be chosen, as versioned data.
reference_sets = sa.Table(
    "reference_sets",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
)

# A code that a later version leaves out stays readable with the version that retired it.
reference_options = sa.Table(
    "reference_options",
    metadata,
    sa.Column("set_code", sa.Text, sa.ForeignKey("reference_sets.code"), primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Column("text_zh", sa.Text, nullable=False),
    sa.Column("text_en", sa.Text, nullable=False),
    sa.Column("takes_text", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("since_version", sa.Integer, nullable=False),
    sa.Column("retired_in_version", sa.Integer),
)

# CR-77, CR-79, XC-21: what weighs how much, when it is stale, what is entered twice.
information_policies = sa.Table(
    "information_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("content", JSONB, nullable=False),
)

# CR-53: the form's own date and version; a file without a row has version 0.
registration_forms = sa.Table(
    "registration_forms",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("form_on", sa.Date),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)

# One row for each field: chosen codes in plain, text about a person sealed, and the source (CR-75). Fields that the
# client file itself keeps (name, document, contact ways) have a row for their source only.
client_fields = sa.Table(
    "client_fields",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    # What the sealed text is bound to; `domain.registration_form.field_id` computes the same before the row exists.
    sa.Column(
        "id",
        sa.Uuid,
        sa.Computed("CAST(md5(CAST(client_id AS text) || ':' || field) AS uuid)", persisted=True),
        nullable=False,
    ),
    sa.Column("codes", ARRAY(sa.Text)),
    sa.Column("text_sealed", sa.LargeBinary, info=sealed("client_fields.text")),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("collector", sa.Text, nullable=False),
    sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("verified_at", sa.DateTime(timezone=True)),
    sa.Column("verified_by", sa.Text),
    # The client said that it is no longer so; ends with the correction.
    sa.Column("doubted_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint(f"source IN ({SOURCES})", name="source"),
    sa.Index("uq_client_fields_id", "id", unique=True),
)

# CR-79: which field changed, when, by whom, from where; what it said before and after, sealed.
client_changes = sa.Table(
    "client_changes",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("information_group", sa.Text, nullable=False),
    sa.Column("from_sealed", sa.LargeBinary, info=sealed("client_changes.from")),
    sa.Column("to_sealed", sa.LargeBinary, info=sealed("client_changes.to")),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint(f"source IN ({SOURCES})", name="source"),
    sa.Index("uq_client_changes_id", "id", unique=True),
)
