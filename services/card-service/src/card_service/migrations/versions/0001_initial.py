"""The card service's first tables.

btree_gist is a trusted extension: the owner of the database may create it. It lets one constraint hold that two runs of
numbers of the same branch and level never overlap.
"""

import sqlalchemy as sa
from alembic import op
from chassis.frame_migration import create_frame_tables
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    create_frame_tables()
    _copies()
    _numbers()
    _cards()
    _reservations()
    _papers()


def _copies() -> None:
    """What others tell: units, postings, clients."""
    op.create_table(
        "org_units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("branch_code", sa.Text(), nullable=True),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("org_units_path", "org_units", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"})
    op.create_table(
        "staff_postings",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("subject", "unit_id", "role"),
    )
    op.create_index("staff_postings_at_unit", "staff_postings", ["unit_id", "role"], unique=False)
    op.create_table(
        "clients",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("home_unit_id", sa.Uuid(), nullable=False),
        sa.Column("serving_unit_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("card_level", sa.Text(), server_default="none", nullable=False),
        sa.CheckConstraint("card_level IN ('none', 'branch', 'head_office')", name="clients_card_level"),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_index("clients_home", "clients", ["home_unit_id", "client_id"], unique=False)
    op.create_index("clients_manager", "clients", ["manager", "client_id"], unique=False)


def _numbers() -> None:
    """Segments, receipts and the count of each shelf."""
    op.create_table(
        "number_segments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch_code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("first_sequence", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("allotted_by", sa.Text(), nullable=False),
        sa.Column("allotted_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("branch_code"), "="),
            (sa.column("level"), "="),
            (sa.text("int4range(first_sequence, last_sequence, '[]')"), "&&"),
            using="gist",
            name="number_segments_apart",
        ),
        sa.CheckConstraint("level IN ('branch', 'head_office')", name="number_segments_level"),
        sa.CheckConstraint(
            "first_sequence BETWEEN 1 AND last_sequence AND last_sequence <= 99999", name="number_segments_run"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["org_units.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("number_segments_of_unit", "number_segments", ["unit_id", "id"], unique=False)
    op.create_table(
        "stock_receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("first_sequence", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("countersigned_by", sa.Text(), nullable=True),
        sa.Column("countersigned_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("segment_id"), "="),
            (sa.text("int4range(first_sequence, last_sequence, '[]')"), "&&"),
            where=sa.text("status IN ('pending', 'confirmed')"),
            using="gist",
            name="stock_receipts_once",
        ),
        sa.CheckConstraint(
            "(status = 'confirmed') = (countersigned_by IS NOT NULL)"
            " AND (status = 'confirmed') = (countersigned_at IS NOT NULL)",
            name="stock_receipts_signed_when_confirmed",
        ),
        sa.CheckConstraint("level IN ('branch', 'head_office')", name="stock_receipts_level"),
        sa.CheckConstraint("status IN ('pending', 'confirmed', 'expired', 'withdrawn')", name="stock_receipts_status"),
        sa.CheckConstraint("countersigned_by <> proposed_by", name="stock_receipts_two_people"),
        sa.CheckConstraint(
            "first_sequence BETWEEN 1 AND last_sequence AND last_sequence <= 99999", name="stock_receipts_run"
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"],
            ["number_segments.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["org_units.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("stock_receipts_of_unit", "stock_receipts", ["unit_id", "id"], unique=False)
    op.create_table(
        "shelves",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("in_stock", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=False),
        sa.Column("low_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("level IN ('branch', 'head_office')", name="shelves_level"),
        sa.CheckConstraint("in_stock >= 0 AND reorder_point >= 0", name="shelves_counts"),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["org_units.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unit_id", "level", name="shelves_of_unit"),
    )


def _cards() -> None:
    """Cards and the ledger that says where each one is."""
    op.create_table(
        "cards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("custody_step", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "level = CASE substr(number, 3, 1) WHEN '0' THEN 'head_office' ELSE 'branch' END", name="cards_level"
        ),
        sa.CheckConstraint("number ~ '^[A-Z]{2}[01][0-9]{5}$' AND right(number, 5) <> '00000'", name="cards_number"),
        sa.CheckConstraint("status <> 'in_stock' OR client_id IS NULL", name="cards_free_in_stock"),
        sa.CheckConstraint(
            "status IN ('in_stock', 'reserved', 'issued', 'stopped', 'lost', 'expired', 'replaced', 'spoiled', 'destroyed')",
            name="cards_status",
        ),
        sa.CheckConstraint(
            "status NOT IN ('issued', 'stopped', 'expired', 'replaced') "
            "OR num_nonnulls(client_id, issued_on, expires_on, decision_id) = 4",
            name="cards_issued_whole",
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"],
            ["cards.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["org_units.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "cards_free",
        "cards",
        ["unit_id", "level", "number"],
        unique=False,
        postgresql_where=sa.text("status = 'in_stock'"),
    )
    op.create_index("cards_of_client", "cards", ["client_id", "id"], unique=False)
    op.create_index(
        "cards_one_issued", "cards", ["client_id"], unique=True, postgresql_where=sa.text("status = 'issued'")
    )
    op.create_table(
        "custody_entries",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("earlier", sa.Integer(), sa.Computed("NULLIF(step - 1, 0)", persisted=True), nullable=True),
        sa.Column("from_place", sa.Text(), nullable=False),
        sa.Column("to_place", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step > 1 OR from_place = 'factory'", name="custody_entries_first"),
        sa.CheckConstraint("step > 0 AND from_place <> to_place", name="custody_entries_moves"),
        sa.ForeignKeyConstraint(
            ["card_id", "earlier", "from_place"],
            ["custody_entries.card_id", "custody_entries.step", "custody_entries.to_place"],
            name="custody_entries_chain",
        ),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="custody_entries_card"),
        sa.PrimaryKeyConstraint("card_id", "step"),
        sa.UniqueConstraint("card_id", "step", "to_place", name="custody_entries_ends"),
    )
    # The two tables name each other, so this one comes last; it is checked when a transaction ends.
    op.create_foreign_key(
        "cards_where_the_ledger_says",
        "cards",
        "custody_entries",
        ["id", "custody_step", "place"],
        ["card_id", "step", "to_place"],
        deferrable=True,
        initially="DEFERRED",
    )


def _reservations() -> None:
    """Which card is set aside for whom."""
    op.create_table(
        "reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("home_unit_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("found_at", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CASE status WHEN 'waiting' THEN card_id IS NULL WHEN 'cancelled' THEN true ELSE card_id IS NOT NULL END",
            name="reservations_card",
        ),
        sa.CheckConstraint("level IN ('branch', 'head_office')", name="reservations_level"),
        sa.CheckConstraint("status IN ('waiting', 'reserved', 'issued', 'cancelled')", name="reservations_status"),
        sa.ForeignKeyConstraint(
            ["card_id"],
            ["cards.id"],
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "reservations_one_card",
        "reservations",
        ["card_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('reserved', 'issued')"),
    )
    op.create_index(
        "reservations_one_open",
        "reservations",
        ["client_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'reserved')"),
    )
    op.create_index(
        "reservations_waiting",
        "reservations",
        ["level", "asked_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def _papers() -> None:
    """Stock-out with two signatures, and cards shown at a counter."""
    op.create_table(
        "stock_issues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("countersigned_by", sa.Text(), nullable=True),
        sa.Column("countersigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'confirmed') = (countersigned_by IS NOT NULL)"
            " AND (status = 'confirmed') = (countersigned_at IS NOT NULL)",
            name="stock_issues_signed_when_confirmed",
        ),
        sa.CheckConstraint("status IN ('pending', 'confirmed', 'expired', 'withdrawn')", name="stock_issues_status"),
        sa.CheckConstraint("countersigned_by <> proposed_by", name="stock_issues_two_people"),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["org_units.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("stock_issues_of_unit", "stock_issues", ["unit_id", "id"], unique=False)
    op.create_table(
        "stock_issue_lines",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("stands", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["stock_issues.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
        ),
        sa.PrimaryKeyConstraint("issue_id", "reservation_id"),
    )
    op.create_index(
        "stock_issue_lines_once",
        "stock_issue_lines",
        ["reservation_id"],
        unique=True,
        postgresql_where=sa.text("stands"),
    )
    op.create_table(
        "presentations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("shown_to", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"],
            ["cards.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["org_units.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("presentations_of_card", "presentations", ["card_id", "shown_at"], unique=False)
