"""The registry's first tables."""

import sqlalchemy as sa
from alembic import op
from chassis.frame_migration import create_frame_tables
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_frame_tables()
    op.execute("CREATE SEQUENCE client_numbers")
    _create_organisation()
    _create_clients()
    _create_figures()
    _create_tiers()
    _create_imports()


def _create_organisation() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_no", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("work_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("staff_no", name=op.f("uq_staff_staff_no")),
        sa.UniqueConstraint("subject", name=op.f("uq_staff_subject")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("branch_code", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind IN ('head_office', 'first_level_branch', 'second_level_branch', 'sub_branch', "
            "'wealth_centre', 'outlet', 'department')",
            name=op.f("ck_units_kind"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
        sa.UniqueConstraint("path", name=op.f("uq_units_path")),
    )
    op.create_index("ix_units_parent_id", "units", ["parent_id"], unique=False)
    op.create_index(
        "ix_units_path_prefix", "units", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"}
    )
    op.create_table(
        "working_calendars",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("off_days", ARRAY(sa.Date()), nullable=False),
        sa.Column("work_days", ARRAY(sa.Date()), nullable=False),
        sa.Column("noticed_years", ARRAY(sa.Integer()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "version", name=op.f("pk_working_calendars")),
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_staff_id", sa.Uuid(), nullable=False),
        sa.Column("to_staff_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reach IN ('own', 'unit')", name=op.f("ck_delegations_reach")),
        sa.CheckConstraint("from_staff_id <> to_staff_id", name=op.f("ck_delegations_two_people")),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_delegations_order")),
        sa.ForeignKeyConstraint(["from_staff_id"], ["staff.id"], name=op.f("fk_delegations_from_staff_id")),
        sa.ForeignKeyConstraint(["to_staff_id"], ["staff.id"], name=op.f("fk_delegations_to_staff_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_delegations_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index("ix_delegations_to_staff_id", "delegations", ["to_staff_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("reach IN ('own', 'unit')", name=op.f("ck_postings_reach")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_postings_staff_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_postings_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
    )
    op.create_index("ix_postings_staff_id", "postings", ["staff_id"], unique=False)
    op.create_index("ix_postings_unit_id_role", "postings", ["unit_id", "role"], unique=False)
    op.create_index(
        "uq_postings_one_standing",
        "postings",
        ["staff_id", "unit_id", "role", "reach"],
        unique=True,
        postgresql_where=sa.text("until_on IS NULL"),
    )


def _create_clients() -> None:
    op.create_table(
        "client_lookups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("value_index", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("client_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_client_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "way IN ('phone', 'name', 'card_number', 'identity_number')", name=op.f("ck_client_lookups_way")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_lookups")),
    )
    op.create_table(
        "lookup_failures",
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("value_index", sa.LargeBinary(), nullable=False),
        sa.Column("failed", sa.SmallInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("asked_by", "value_index", name=op.f("pk_lookup_failures")),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_tokens", ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("identity_type", sa.Text(), nullable=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("identity_last_four_index", sa.LargeBinary(), nullable=True),
        sa.Column("birth_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_month_day", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("home_unit_id", sa.Uuid(), nullable=False),
        sa.Column("serving_unit_ids", ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("manager_from_on", sa.Date(), nullable=True),
        sa.Column("service_tier", sa.Text(), server_default="mass", nullable=False),
        sa.Column("tier_short_since_on", sa.Date(), nullable=True),
        sa.Column("card_level", sa.Text(), server_default="none", nullable=False),
        sa.Column("asset_band", sa.Text(), nullable=True),
        sa.Column("asset_lower_bound", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("card_number", sa.Text(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("client_since_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("asset_band IN ('ge_8m', '2m_8m', 'below')", name=op.f("ck_clients_asset_band")),
        sa.CheckConstraint("card_level IN ('none', 'branch', 'head_office')", name=op.f("ck_clients_card_level")),
        sa.CheckConstraint(
            "identity_type IN ('resident_id', 'household_book', 'passport', 'military_officer', "
            "'hmt_permit', 'foreign_permanent_resident', 'unified_social_credit')",
            name=op.f("ck_clients_identity_type"),
        ),
        sa.CheckConstraint("kind IN ('personal', 'corporate')", name=op.f("ck_clients_kind")),
        sa.CheckConstraint(
            "service_tier IN ('mass', 'wealth_management', 'wealth', 'private_banking', 'corporate_vip')",
            name=op.f("ck_clients_service_tier"),
        ),
        sa.CheckConstraint("sex IN ('female', 'male')", name=op.f("ck_clients_sex")),
        sa.ForeignKeyConstraint(["home_unit_id"], ["units.id"], name=op.f("fk_clients_home_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("client_no", name=op.f("uq_clients_client_no")),
        sa.UniqueConstraint("identity_index", name=op.f("uq_clients_identity_index")),
    )
    op.create_index(
        "ix_clients_card_number",
        "clients",
        ["card_number"],
        unique=False,
        postgresql_where=sa.text("card_number IS NOT NULL"),
    )
    op.create_index("ix_clients_home_unit_id_id", "clients", ["home_unit_id", "id"], unique=False)
    op.create_index(
        "ix_clients_import_id",
        "clients",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index("ix_clients_manager_id", "clients", ["manager", "id"], unique=False)
    op.create_index("ix_clients_name_tokens", "clients", ["name_tokens"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_clients_serving_unit_ids", "clients", ["serving_unit_ids"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "client_cards",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("card_number", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_cards_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "card_id", name=op.f("pk_client_cards")),
        sa.UniqueConstraint("card_number", name=op.f("uq_client_cards_card_number")),
    )
    op.create_table(
        "client_consents",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("marketing", sa.Boolean(), nullable=False),
        sa.Column("events", sa.Boolean(), nullable=False),
        sa.Column("wished_interval", sa.Text(), nullable=True),
        sa.Column("notice_version", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "wished_interval IN ('monthly', 'quarterly', 'half_yearly', 'yearly', 'any_time')",
            name=op.f("ck_client_consents_wished_interval"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_consents_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_consents")),
    )
    op.create_table(
        "client_contacts",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column(
            "id",
            sa.Uuid(),
            sa.Computed("CAST(md5(CAST(client_id AS text) || ':' || way) AS uuid)", persisted=True),
            nullable=False,
        ),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("value_index", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "way IN ('home_phone', 'office_phone', 'mobile', 'fax', 'email')", name=op.f("ck_client_contacts_way")
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_client_contacts_priority")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_contacts_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "way", name=op.f("pk_client_contacts")),
        sa.UniqueConstraint(
            "client_id",
            "priority",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_client_contacts_client_id_priority"),
        ),
    )
    op.create_index("ix_client_contacts_value_index", "client_contacts", ["value_index"], unique=False)
    op.create_index("uq_client_contacts_id", "client_contacts", ["id"], unique=True)
    op.create_table(
        "service_records",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("detail", JSONB(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_service_records_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_service_records")),
    )
    op.create_index(
        "ix_service_records_client_id_occurred_at", "service_records", ["client_id", "occurred_at"], unique=False
    )


def _create_figures() -> None:
    op.create_table(
        "loan_months",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outstanding", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("overdue_days_max", sa.Integer(), nullable=True),
        sa.Column("overdue_days_open", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_loan_months_month")),
        sa.PrimaryKeyConstraint("client_id", "month", "known_at", name=op.f("pk_loan_months")),
    )
    op.create_index(
        "ix_loan_months_import_id",
        "loan_months",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_table(
        "monthly_figures",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deposit_average", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("deposit_month_end", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("card_spend", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("assets", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_monthly_figures_month")),
        sa.PrimaryKeyConstraint("client_id", "month", "known_at", name=op.f("pk_monthly_figures")),
    )
    op.create_index(
        "ix_monthly_figures_import_id",
        "monthly_figures",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_table(
        "repayment_histories",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("months_covered", sa.SmallInteger(), nullable=False),
        sa.Column("overdue_days_max", sa.Integer(), nullable=False),
        sa.Column("overdue_days_open", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_repayment_histories_month")),
        sa.CheckConstraint("months_covered > 0", name=op.f("ck_repayment_histories_months_covered")),
        sa.PrimaryKeyConstraint("client_id", "month", "known_at", name=op.f("pk_repayment_histories")),
    )
    op.create_index(
        "ix_repayment_histories_import_id",
        "repayment_histories",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )


def _create_tiers() -> None:
    op.create_table(
        "qualification_decisions",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deposit_avg_12m", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("deposit_months", sa.SmallInteger(), nullable=False),
        sa.Column("loan_outstanding", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("loan_known", sa.Boolean(), nullable=False),
        sa.Column("repayment", sa.Text(), nullable=False),
        sa.Column("card_spend_12m", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("card_months", sa.SmallInteger(), nullable=False),
        sa.Column("assets", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("assets_known", sa.Boolean(), nullable=False),
        sa.Column("assets_lower_bound", sa.Boolean(), nullable=False),
        sa.Column("outcomes", JSONB(), nullable=False),
        sa.Column("level_met", sa.Text(), nullable=False),
        sa.Column("card_undecided", sa.Boolean(), nullable=False),
        sa.Column("tier_met", sa.Text(), nullable=False),
        sa.Column("tier_undecided", sa.Boolean(), nullable=False),
        sa.Column("asset_band", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "repayment IN ('none', 'clean', 'not_clean', 'unknown')", name=op.f("ck_qualification_decisions_repayment")
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_qualification_decisions")),
        sa.UniqueConstraint("client_id", "run_id", name=op.f("uq_qualification_decisions_client_id_run_id")),
    )
    op.create_index(
        "ix_qualification_decisions_client_id_as_of", "qualification_decisions", ["client_id", "as_of"], unique=False
    )
    op.create_table(
        "qualification_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_runs")),
    )
    op.create_table(
        "qualification_filings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_qualification_filings_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_filings")),
    )
    op.create_table(
        "tier_policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("scope_unit_id", sa.Uuid(), nullable=True),
        sa.Column("campaign", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("combinator", sa.Text(), nullable=False),
        sa.Column("criteria", JSONB(), nullable=False),
        sa.Column("needs_filing", sa.Boolean(), nullable=False),
        sa.Column("grace_months", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("combinator IN ('ANY', 'ALL')", name=op.f("ck_tier_policies_combinator")),
        sa.CheckConstraint("ladder IN ('card_level', 'service_tier')", name=op.f("ck_tier_policies_ladder")),
        sa.CheckConstraint("status IN ('draft', 'active', 'retired')", name=op.f("ck_tier_policies_status")),
        sa.ForeignKeyConstraint(["scope_unit_id"], ["units.id"], name=op.f("fk_tier_policies_scope_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_policies")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_tier_policies_code_version")),
    )
    op.create_index(
        "uq_tier_policies_one_active",
        "tier_policies",
        ["code"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "memberships",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("level IN ('branch', 'head_office')", name=op.f("ck_memberships_level")),
        sa.CheckConstraint("status IN ('member', 'left', 'ended')", name=op.f("ck_memberships_status")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_memberships_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_memberships")),
    )
    op.create_index(
        "uq_memberships_one_standing",
        "memberships",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("status = 'member'"),
    )
    op.create_table(
        "qualifications",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("criteria", ARRAY(sa.Text()), nullable=False),
        sa.Column("needs_filing", sa.Boolean(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("filing_id", sa.Uuid(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("level IN ('branch', 'head_office')", name=op.f("ck_qualifications_level")),
        sa.CheckConstraint(
            "status IN ('candidate', 'filed', 'lapsed', 'revoked')", name=op.f("ck_qualifications_status")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_qualifications_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "level", name=op.f("pk_qualifications")),
    )
    op.create_index("ix_qualifications_status_level", "qualifications", ["status", "level"], unique=False)
    op.create_table(
        "revocations",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cause IN ('malicious_overdraft', 'loan_arrears', 'harm_to_bank')", name=op.f("ck_revocations_cause")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_revocations_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_revocations")),
    )


def _create_imports() -> None:
    op.create_table(
        "client_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("validate_only", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rows_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_invalid", sa.Integer(), server_default="0", nullable=False),
        sa.Column("clients_created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("clients_known", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('whole', 'good_rows')", name=op.f("ck_client_imports_mode")),
        sa.CheckConstraint(
            "status IN ('received', 'checking', 'refused', 'checked', 'applying', 'applied', 'unchanged', 'undone')",
            name=op.f("ck_client_imports_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_imports")),
    )
    op.create_index("ix_client_imports_digest", "client_imports", ["digest"], unique=False)
    op.create_table(
        "client_import_chunks",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("file_no", sa.SmallInteger(), nullable=False),
        sa.Column("chunk_no", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["client_imports.id"], name=op.f("fk_client_import_chunks_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "file_no", "chunk_no", name=op.f("pk_client_import_chunks")),
    )
    op.create_table(
        "client_import_files",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("file_no", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["client_imports.id"], name=op.f("fk_client_import_files_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "file_no", name=op.f("pk_client_import_files")),
    )
    op.create_table(
        "client_import_findings",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("finding_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["client_imports.id"], name=op.f("fk_client_import_findings_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "finding_no", name=op.f("pk_client_import_findings")),
    )
    op.create_table(
        "client_import_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("client_no", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("home_unit_id", sa.Uuid(), nullable=False),
        sa.Column("serving_unit_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("client_since_on", sa.Date(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_tokens", ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("identity_type", sa.Text(), nullable=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("identity_last_four_index", sa.LargeBinary(), nullable=True),
        sa.Column("birth_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_month_day", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("contact_ways", ARRAY(sa.Text()), nullable=False),
        sa.Column("contact_sealed", ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("contact_indexes", ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("marketing", sa.Boolean(), nullable=True),
        sa.Column("events", sa.Boolean(), nullable=True),
        sa.Column("wished_interval", sa.Text(), nullable=True),
        sa.Column("deposit_averages", ARRAY(sa.Numeric(precision=20, scale=2)), nullable=True),
        sa.Column("asset_amounts", ARRAY(sa.Numeric(precision=20, scale=2)), nullable=True),
        sa.Column("card_spends", ARRAY(sa.Numeric(precision=20, scale=2)), nullable=True),
        sa.Column("loan_outstanding", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("repayment_months", sa.SmallInteger(), nullable=True),
        sa.Column("overdue_days_max", sa.Integer(), nullable=True),
        sa.Column("overdue_days_open", sa.Integer(), nullable=True),
        sa.Column("service_tier", sa.Text(), nullable=False),
        sa.Column("asset_band", sa.Text(), nullable=True),
        sa.Column("asset_lower_bound", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["client_imports.id"], name=op.f("fk_client_import_rows_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "row_no", name=op.f("pk_client_import_rows")),
    )
    op.create_index("ix_client_import_rows_client_no", "client_import_rows", ["import_id", "client_no"], unique=False)
