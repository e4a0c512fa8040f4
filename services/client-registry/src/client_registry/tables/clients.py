"""Client files (CR-38): who the client is, sealed; where the file lives and what the client is, plain.

Sealed fields are bound to the client's id and column: column "clients.name", "clients.identity_number", "clients.birth_date",
"client_contacts.value" (by the row's own id). Blind indexes: "clients.name" (one per search token), "clients.identity_number"
("<type>:<number>"), "clients.identity_last_four", "client_contacts.phone", "client_contacts.email".
"""

import sqlalchemy as sa
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.metadata import metadata

# Business numbers of clients registered one by one: KH and ten digits.
client_numbers = sa.Sequence("client_numbers", metadata=metadata)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_no", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False, info=sealed("clients.name")),
    sa.Column("name_tokens", ARRAY(sa.LargeBinary), nullable=False),
    sa.Column("identity_type", sa.Text),
    sa.Column("identity_sealed", sa.LargeBinary, info=sealed("clients.identity_number")),
    # Unique over type and number together; null only where a delivered client came without a document.
    sa.Column("identity_index", sa.LargeBinary, unique=True),
    sa.Column("identity_last_four_index", sa.LargeBinary),
    sa.Column("birth_sealed", sa.LargeBinary, info=sealed("clients.birth_date")),
    # "MM-DD": birthdays are swept by it, the year stays sealed.
    sa.Column("birth_month_day", sa.Text),
    sa.Column("sex", sa.Text),
    sa.Column("home_unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("serving_unit_ids", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("manager", sa.Text),
    sa.Column("manager_from_on", sa.Date),
    sa.Column("service_tier", sa.Text, nullable=False, server_default="mass"),
    # Since when the figures bear only a lower tier; the tier itself falls after the policy's grace.
    sa.Column("tier_short_since_on", sa.Date),
    sa.Column("card_level", sa.Text, nullable=False, server_default="none"),
    sa.Column("asset_band", sa.Text),
    sa.Column("asset_lower_bound", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("card_number", sa.Text),
    sa.Column("synthetic", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("registered_on", sa.Date, nullable=False),
    # Since when the client is with the bank, where known: a month before it counts 0 and is not missing.
    sa.Column("client_since_on", sa.Date),
    sa.Column("import_id", sa.Uuid),
    # The file that this one was merged into: it stays as a pointer and nothing is done on it any more.
    sa.Column("merged_into", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE")),
    sa.Column("died_on", sa.Date),
    # One to be developed (潜力客户, CR-24), by referral or by rule.
    sa.Column("potential", sa.Boolean, nullable=False, server_default="false"),
    # The last day of the relationship: from then on the file is only read, but for named acts.
    sa.Column("ended_on", sa.Date),
    # The person is gone from here; what is left proves what was decided.
    sa.Column("erased_on", sa.Date),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("kind IN ('personal', 'corporate')", name="kind"),
    sa.CheckConstraint(
        "service_tier IN ('mass', 'wealth_management', 'wealth', 'private_banking', 'corporate_vip')",
        name="service_tier",
    ),
    sa.CheckConstraint("card_level IN ('none', 'branch', 'head_office')", name="card_level"),
    sa.CheckConstraint("asset_band IN ('ge_8m', '2m_8m', 'below')", name="asset_band"),
    sa.CheckConstraint("sex IN ('female', 'male')", name="sex"),
    sa.CheckConstraint(
        "identity_type IN ('resident_id', 'household_book', 'passport', 'military_officer', 'hmt_permit', "
        "'foreign_permanent_resident', 'unified_social_credit')",
        name="identity_type",
    ),
    sa.CheckConstraint("erased_on IS NULL OR ended_on IS NOT NULL", name="erased"),
    sa.Index("ix_clients_ended_on", "ended_on", postgresql_where=sa.text("ended_on IS NOT NULL AND erased_on IS NULL")),
    sa.Index("ix_clients_home_unit_id_id", "home_unit_id", "id"),
    sa.Index("ix_clients_manager_id", "manager", "id"),
    sa.Index("ix_clients_name_tokens", "name_tokens", postgresql_using="gin"),
    sa.Index("ix_clients_serving_unit_ids", "serving_unit_ids", postgresql_using="gin"),
    sa.Index("ix_clients_card_number", "card_number", postgresql_where=sa.text("card_number IS NOT NULL")),
    sa.Index("ix_clients_merged_into", "merged_into", postgresql_where=sa.text("merged_into IS NOT NULL")),
    sa.Index("ix_clients_birth_month_day", "birth_month_day", postgresql_where=sa.text("birth_month_day IS NOT NULL")),
    sa.Index("ix_clients_potential", "id", postgresql_where=sa.text("potential")),
    sa.Index("ix_clients_import_id", "import_id", postgresql_where=sa.text("import_id IS NOT NULL")),
)

# CR-57, CR-58: at most one of each of the five ways, in the order the client states (1 first).
client_contacts = sa.Table(
    "client_contacts",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("way", sa.Text, primary_key=True),
    # What the sealed value is bound to; `domain.contact_ways.contact_id` computes the same before the row exists.
    sa.Column(
        "id",
        sa.Uuid,
        sa.Computed("CAST(md5(CAST(client_id AS text) || ':' || way) AS uuid)", persisted=True),
        nullable=False,
    ),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("value_sealed", sa.LargeBinary, nullable=False, info=sealed("client_contacts.value")),
    sa.Column("value_index", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("way IN ('home_phone', 'office_phone', 'mobile', 'fax', 'email')", name="way"),
    sa.CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
    sa.UniqueConstraint("client_id", "priority", deferrable=True, initially="DEFERRED"),
    sa.Index("ix_client_contacts_value_index", "value_index"),
    sa.Index("uq_client_contacts_id", "id", unique=True),
)

# CR-66 to CR-68, CR-74: what the client allowed, when, and under which privacy notice.
client_consents = sa.Table(
    "client_consents",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("marketing", sa.Boolean, nullable=False),
    sa.Column("events", sa.Boolean, nullable=False),
    sa.Column("wished_interval", sa.Text),
    sa.Column("notice_version", sa.Text),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint(
        "wished_interval IN ('monthly', 'quarterly', 'half_yearly', 'yearly', 'any_time')", name="wished_interval"
    ),
)

# Cards that the card service told us of (CR-73, CS-24). The number is a business number, it is not sealed.
client_cards = sa.Table(
    "client_cards",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("card_id", sa.Uuid, primary_key=True),
    sa.Column("card_number", sa.Text, nullable=False, unique=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("face", sa.Text, nullable=False),
    sa.Column("issued_on", sa.Date, nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),
)

# What other services and staff did for the client; codes and ids only.
service_records = sa.Table(
    "service_records",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("object_id", sa.Uuid, nullable=False),
    sa.Column("detail", JSONB, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_service_records_client_id_occurred_at", "client_id", "occurred_at"),
)
