"""Client imports: the uploaded bytes in sealed chunks, every row checked before any is applied, and the report.

Nothing here is plain personal data: uploaded bytes are sealed chunk by chunk, checked rows hold the same sealed
fields and keyed indexes that the client tables will hold. Chunks and checked rows end with the import.
"""

import sqlalchemy as sa
from chassis.rotating import sealed, sealed_briefly
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from client_registry.tables.figures import AMOUNT
from client_registry.tables.metadata import metadata

client_imports = sa.Table(
    "client_imports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("operation_id", sa.Uuid),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("validate_only", sa.Boolean, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("profile_name", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("rows_total", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rows_invalid", sa.Integer, nullable=False, server_default="0"),
    sa.Column("clients_created", sa.Integer, nullable=False, server_default="0"),
    sa.Column("clients_known", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    # What the files bring: whole client files, or figures of clients on file.
    sa.Column("content", sa.Text, nullable=False, server_default="clients"),
    # Figures: the system they come from, and what they changed.
    sa.Column("source", sa.Text),
    sa.Column("counts", JSONB, nullable=False, server_default="{}"),
    sa.CheckConstraint("content IN ('clients', 'figures')", name="content"),
    sa.CheckConstraint("mode IN ('whole', 'good_rows')", name="mode"),
    sa.CheckConstraint(
        "status IN ('received', 'checking', 'refused', 'checked', 'applying', 'applied', 'unchanged', "
        "'undoing', 'undone')",
        name="status",
    ),
    sa.Index("ix_client_imports_digest", "digest"),
)

client_import_files = sa.Table(
    "client_import_files",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("file_no", sa.SmallInteger, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)

client_import_chunks = sa.Table(
    "client_import_chunks",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("file_no", sa.SmallInteger, primary_key=True),
    sa.Column("chunk_no", sa.Integer, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False, info=sealed_briefly()),
)

# One checked row = one client as it will be written. `client_id` is known here already: the fields are sealed for it.
client_import_rows = sa.Table(
    "client_import_rows",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("row_no", sa.Integer, primary_key=True),
    # The row a person sees in the file; `row_no` counts only the rows that the profile takes.
    sa.Column("source_row", sa.Integer, nullable=False),
    sa.Column("client_id", sa.Uuid, nullable=False),
    sa.Column("client_no", sa.Text, nullable=False),
    sa.Column("customer_no", sa.Text),
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("home_unit_id", sa.Uuid, nullable=False),
    sa.Column("serving_unit_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("manager", sa.Text),
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("client_since_on", sa.Date),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False, info=sealed_briefly()),
    sa.Column("name_tokens", ARRAY(sa.LargeBinary), nullable=False),
    sa.Column("identity_type", sa.Text),
    sa.Column("identity_sealed", sa.LargeBinary, info=sealed_briefly()),
    sa.Column("identity_index", sa.LargeBinary),
    sa.Column("identity_last_four_index", sa.LargeBinary),
    sa.Column("birth_sealed", sa.LargeBinary, info=sealed_briefly()),
    sa.Column("birth_month_day", sa.Text),
    sa.Column("sex", sa.Text),
    # The ways in the client's order, each with its sealed value and keyed index at the same place.
    sa.Column("contact_ways", ARRAY(sa.Text), nullable=False),
    sa.Column("contact_sealed", ARRAY(sa.LargeBinary), nullable=False, info=sealed_briefly()),
    sa.Column("contact_indexes", ARRAY(sa.LargeBinary), nullable=False),
    sa.Column("marketing", sa.Boolean),
    sa.Column("events", sa.Boolean),
    sa.Column("wished_interval", sa.Text),
    # Twelve months, the oldest first; null: not delivered.
    sa.Column("deposit_averages", ARRAY(AMOUNT)),
    sa.Column("asset_amounts", ARRAY(AMOUNT)),
    sa.Column("card_spends", ARRAY(AMOUNT)),
    sa.Column("loan_outstanding", AMOUNT),
    sa.Column("repayment_months", sa.SmallInteger),
    sa.Column("overdue_days_max", sa.Integer),
    sa.Column("overdue_days_open", sa.Integer),
    sa.Column("service_tier", sa.Text, nullable=False),
    sa.Column("asset_band", sa.Text),
    sa.Column("asset_lower_bound", sa.Boolean, nullable=False),
    sa.Index("ix_client_import_rows_client_no", "import_id", "client_no"),
)

client_import_findings = sa.Table(
    "client_import_findings",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("finding_no", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sheet", sa.Text),
    sa.Column("row_no", sa.Integer, nullable=False),
    sa.Column("column_name", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("params", JSONB, nullable=False),
)

# One checked row of figures: the client is known, the amounts stay in their own currency.
figure_import_rows = sa.Table(
    "figure_import_rows",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    # A loan's number; a running number for products, of which one may be held twice; empty for amounts.
    sa.Column("own_key", sa.Text, primary_key=True),
    sa.Column("said", JSONB, nullable=False),
)

# Rows that were refused, as they came, so that they can be put right and sent again; gone after thirty days.
import_refused_rows = sa.Table(
    "import_refused_rows",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("client_imports.id", ondelete="CASCADE"), nullable=False),
    sa.Column("id", sa.Uuid, primary_key=True),
    # The header is row 1.
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sheet", sa.Text),
    sa.Column("row_no", sa.Integer, nullable=False),
    sa.Column("cells_sealed", sa.LargeBinary, nullable=False, info=sealed("import_refused_rows.cells")),
    sa.Index("ix_import_refused_rows_import_id", "import_id", "file", "row_no"),
)

# The bank's own number of a customer, where it is another one than the client's number here. One client may have several.
client_customer_numbers = sa.Table(
    "client_customer_numbers",
    metadata,
    sa.Column("customer_no", sa.Text, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("import_id", sa.Uuid),
    sa.Index("ix_client_customer_numbers_client_id", "client_id"),
)
