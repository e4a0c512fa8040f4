"""All tables of the card service: copies of the organisation and of clients, numbers, stock, custody, cards, papers."""

import sqlalchemy as sa
from chassis.frame_tables import frame_tables
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint

metadata = sa.MetaData()
frame = frame_tables(metadata)

_AT = sa.DateTime(timezone=True)
_LEVELS = "level IN ('branch', 'head_office')"


def _runs(table: str) -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "first_sequence BETWEEN 1 AND last_sequence AND last_sequence <= 99999", name=f"{table}_run"
        ),
        sa.CheckConstraint(_LEVELS, name=f"{table}_level"),
    ]


def _signatures(table: str) -> list[sa.Column[object] | sa.CheckConstraint]:
    """Two signatures by two people, held by the database itself (CS-14)."""
    return [
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", _AT, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("countersigned_by", sa.Text),
        sa.Column("countersigned_at", _AT),
        sa.CheckConstraint("status IN ('pending', 'confirmed', 'expired', 'withdrawn')", name=f"{table}_status"),
        sa.CheckConstraint("countersigned_by <> proposed_by", name=f"{table}_two_people"),
        sa.CheckConstraint(
            "(status = 'confirmed') = (countersigned_by IS NOT NULL)"
            " AND (status = 'confirmed') = (countersigned_at IS NOT NULL)",
            name=f"{table}_signed_when_confirmed",
        ),
    ]


org_units = sa.Table(
    "org_units",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("branch_code", sa.Text),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Index("org_units_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
)

# Who holds a card role where (CS-13): from it the work items find a keeper who exists.
staff_postings = sa.Table(
    "staff_postings",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("unit_id", sa.Uuid, primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("reach", sa.Text, nullable=False),
    sa.Column("from_on", sa.Date, nullable=False),
    sa.Column("until_on", sa.Date),
    sa.Index("staff_postings_at_unit", "unit_id", "role"),
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("home_unit_id", sa.Uuid, nullable=False),
    sa.Column("serving_unit_ids", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("manager", sa.Text),
    sa.Column("card_level", sa.Text, nullable=False, server_default="none"),
    # The person is gone everywhere; the custody of his cards stays.
    sa.Column("erased_on", sa.Date),
    sa.CheckConstraint("card_level IN ('none', 'branch', 'head_office')", name="clients_card_level"),
    sa.Index("clients_home", "home_unit_id", "client_id"),
    sa.Index("clients_manager", "manager", "client_id"),
)

number_segments = sa.Table(
    "number_segments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("branch_code", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("first_sequence", sa.Integer, nullable=False),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("org_units.id"), nullable=False),
    sa.Column("allotted_by", sa.Text, nullable=False),
    sa.Column("allotted_at", _AT, nullable=False),
    *_runs("number_segments"),
    # No number is allotted twice, whoever asks at the same moment (CS-16).
    ExcludeConstraint(
        ("branch_code", "="),
        ("level", "="),
        (sa.text("int4range(first_sequence, last_sequence, '[]')"), "&&"),
        name="number_segments_apart",
        using="gist",
    ),
    sa.Index("number_segments_of_unit", "unit_id", "id"),
)

stock_receipts = sa.Table(
    "stock_receipts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("org_units.id"), nullable=False),
    sa.Column("segment_id", sa.Uuid, sa.ForeignKey("number_segments.id"), nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("first_sequence", sa.Integer, nullable=False),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    *_runs("stock_receipts"),
    *_signatures("stock_receipts"),
    # A number comes in once: no second receipt while one is pending or confirmed (CS-12, CS-14).
    ExcludeConstraint(
        ("segment_id", "="),
        (sa.text("int4range(first_sequence, last_sequence, '[]')"), "&&"),
        name="stock_receipts_once",
        using="gist",
        where=sa.text("status IN ('pending', 'confirmed')"),
    ),
    sa.Index("stock_receipts_of_unit", "unit_id", "id"),
)

shelves = sa.Table(
    "shelves",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("org_units.id"), nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("in_stock", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reorder_point", sa.Integer, nullable=False),
    sa.Column("low_since", _AT),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("unit_id", "level", name="shelves_of_unit"),
    sa.CheckConstraint("in_stock >= 0 AND reorder_point >= 0", name="shelves_counts"),
    sa.CheckConstraint(_LEVELS, name="shelves_level"),
)

cards = sa.Table(
    "cards",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("org_units.id"), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("custody_step", sa.Integer, nullable=False),
    sa.Column("client_id", sa.Uuid),
    sa.Column("issued_on", sa.Date),
    sa.Column("expires_on", sa.Date),
    sa.Column("decision_id", sa.Uuid),
    sa.Column("replaced_by", sa.Uuid, sa.ForeignKey("cards.id")),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint("number ~ '^[A-Z]{2}[01][0-9]{5}$' AND right(number, 5) <> '00000'", name="cards_number"),
    sa.CheckConstraint(
        "level = CASE substr(number, 3, 1) WHEN '0' THEN 'head_office' ELSE 'branch' END", name="cards_level"
    ),
    sa.CheckConstraint(
        "status IN ('in_stock', 'reserved', 'issued', 'stopped', 'lost', 'expired', 'replaced', 'spoiled',"
        " 'destroyed')",
        name="cards_status",
    ),
    sa.CheckConstraint("status <> 'in_stock' OR client_id IS NULL", name="cards_free_in_stock"),
    sa.CheckConstraint(
        "status NOT IN ('issued', 'stopped', 'expired', 'replaced')"
        " OR num_nonnulls(client_id, issued_on, expires_on, decision_id) = 4",
        name="cards_issued_whole",
    ),
    # The lowest free number of a shelf is the first entry here.
    sa.Index("cards_free", "unit_id", "level", "number", postgresql_where=sa.text("status = 'in_stock'")),
    sa.Index("cards_of_client", "client_id", "id"),
    # The card lies where its last ledger entry put it; checked when the transaction ends.
    sa.ForeignKeyConstraint(
        ["id", "custody_step", "place"],
        ["custody_entries.card_id", "custody_entries.step", "custody_entries.to_place"],
        name="cards_where_the_ledger_says",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
    # One good card a client: a newer one first ends the older (CS-28, A16).
    sa.Index("cards_one_issued", "client_id", unique=True, postgresql_where=sa.text("status = 'issued'")),
)

# Double entry: a row takes a card from one place into another, and begins where the row before it ended.
custody_entries = sa.Table(
    "custody_entries",
    metadata,
    sa.Column("card_id", sa.Uuid, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("earlier", sa.Integer, sa.Computed("NULLIF(step - 1, 0)", persisted=True)),
    sa.Column("from_place", sa.Text, nullable=False),
    sa.Column("to_place", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("act_id", sa.Uuid, nullable=False),
    sa.Column("at", _AT, nullable=False),
    sa.UniqueConstraint("card_id", "step", "to_place", name="custody_entries_ends"),
    sa.CheckConstraint("step > 0 AND from_place <> to_place", name="custody_entries_moves"),
    sa.CheckConstraint("step > 1 OR from_place = 'factory'", name="custody_entries_first"),
    sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="custody_entries_card"),
    sa.ForeignKeyConstraint(
        ["card_id", "earlier", "from_place"],
        ["custody_entries.card_id", "custody_entries.step", "custody_entries.to_place"],
        name="custody_entries_chain",
    ),
)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.client_id"), nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("home_unit_id", sa.Uuid, nullable=False),
    sa.Column("decision_id", sa.Uuid, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("card_id", sa.Uuid, sa.ForeignKey("cards.id")),
    sa.Column("found_at", sa.Text),
    sa.Column("asked_at", _AT, nullable=False),
    sa.Column("reserved_at", _AT),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint(_LEVELS, name="reservations_level"),
    sa.CheckConstraint("status IN ('waiting', 'reserved', 'issued', 'cancelled')", name="reservations_status"),
    sa.CheckConstraint(
        "CASE status WHEN 'waiting' THEN card_id IS NULL WHEN 'cancelled' THEN true ELSE card_id IS NOT NULL END",
        name="reservations_card",
    ),
    # One client waits for one card, and one card waits for one client.
    sa.Index(
        "reservations_one_open", "client_id", unique=True, postgresql_where=sa.text("status IN ('waiting', 'reserved')")
    ),
    sa.Index(
        "reservations_one_card", "card_id", unique=True, postgresql_where=sa.text("status IN ('reserved', 'issued')")
    ),
    sa.Index("reservations_waiting", "level", "asked_at", "id", postgresql_where=sa.text("status = 'waiting'")),
)

stock_issues = sa.Table(
    "stock_issues",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("org_units.id"), nullable=False),
    *_signatures("stock_issues"),
    sa.Index("stock_issues_of_unit", "unit_id", "id"),
)

stock_issue_lines = sa.Table(
    "stock_issue_lines",
    metadata,
    sa.Column("issue_id", sa.Uuid, sa.ForeignKey("stock_issues.id"), primary_key=True),
    sa.Column("reservation_id", sa.Uuid, sa.ForeignKey("reservations.id"), primary_key=True),
    # False once the paper has run out or was withdrawn: then another may take the reservation up.
    sa.Column("stands", sa.Boolean, nullable=False, server_default=sa.true()),
    # The registry's answer just before the issue (CS-22).
    sa.Column("decision_id", sa.Uuid),
    sa.Index("stock_issue_lines_once", "reservation_id", unique=True, postgresql_where=sa.text("stands")),
)

presentations = sa.Table(
    "presentations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("card_id", sa.Uuid, sa.ForeignKey("cards.id")),
    sa.Column("client_id", sa.Uuid),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("org_units.id"), nullable=False),
    sa.Column("shown_to", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("shown_at", _AT, nullable=False),
    sa.Index("presentations_of_card", "card_id", "shown_at"),
)

# Rows that came with a merged file: by them a reversal finds them again.
merger_moves = sa.Table(
    "merger_moves",
    metadata,
    sa.Column("merger_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("row_id", sa.Uuid, primary_key=True),
)
