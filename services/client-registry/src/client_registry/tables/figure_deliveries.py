"""Figures as other systems deliver them, and the rates that bring them into yuan. Append-only, like what is made of them.

`source_figures` keeps the original amounts in their own currency; `monthly_figures` and `loan_months` are computed from
its newest rows at each month-end's rate (domain decisions, section 2).
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from client_registry.tables.metadata import metadata

# Four decimals: some currencies have three.
ORIGINAL = sa.Numeric(20, 4)

# Yuan for one unit of the currency at the end of the month; a correction is a later row.
exchange_rates = sa.Table(
    "exchange_rates",
    metadata,
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("known_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("rate", sa.Numeric(18, 8), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.CheckConstraint("rate > 0", name="rate"),
    sa.CheckConstraint("EXTRACT(day FROM month) = 1", name="month"),
)

figure_deliveries = sa.Table(
    "figure_deliveries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("delivery_no", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("received_by", sa.Text, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("rows_total", sa.Integer, nullable=False),
    sa.Column("rows_new", sa.Integer, nullable=False),
    sa.Column("rows_corrected", sa.Integer, nullable=False),
    sa.Column("clients_changed", sa.Integer, nullable=False),
    sa.UniqueConstraint("source", "delivery_no"),
)

# One statement of one source about one client's month in one currency. A null was not delivered: the earlier one stands.
# loans: [{"loan_no", "product", "personal", "outstanding", "overdue_days_max", "overdue_days_open"}], all of the month.
# holdings: [{"product_code", "kind", "opened_on", "matures_on", "yield_percent"}], all of the month-end.
source_figures = sa.Table(
    "source_figures",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("known_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("delivery_id", sa.Uuid, nullable=False),
    sa.Column("deposit_average", ORIGINAL),
    sa.Column("deposit_month_end", ORIGINAL),
    sa.Column("card_purchases", ORIGINAL),
    sa.Column("card_refunds", ORIGINAL),
    sa.Column("card_cash_advances", ORIGINAL),
    sa.Column("card_fees", ORIGINAL),
    sa.Column("assets", ORIGINAL),
    sa.Column("loans", JSONB),
    sa.Column("holdings", JSONB),
    # Since when the statement counts no more: its import was undone.
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("EXTRACT(day FROM month) = 1", name="month"),
    sa.Index("ix_source_figures_currency_month_client_id", "currency", "month", "client_id"),
    sa.Index("ix_source_figures_delivery_id", "delivery_id"),
)

# What a client holds now: the newest statement of each source, and what was opened or closed since.
client_holdings = sa.Table(
    "client_holdings",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("holdings", JSONB, nullable=False),
)

# What each client was known to hold, product by product: at the end of `said_on` it was held or not. Append-only; of
# what was known at a moment the newest day counts, and of one day what was known last.
held_products = sa.Table(
    "held_products",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    sa.Column("product_code", sa.Text, nullable=False),
    sa.Column("said_on", sa.Date, nullable=False),
    sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("since_on", sa.Date),
    sa.CheckConstraint("held OR since_on IS NULL", name="since_on"),
    sa.Index("ix_held_products_client_id_product_code", "client_id", "product_code", "said_on", "known_at"),
)
