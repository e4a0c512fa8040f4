"""Figures by delivery, exchange rates, holdings, reviews of filings, reports of other systems, the feature row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

FIGURES = ("monthly_figures", "loan_months", "repayment_histories")
# Statement triggers: one pass a statement, in id order, however many rows it wrote.
MARK_STALE = """
CREATE FUNCTION mark_client_metrics_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO client_metrics AS m (client_id, fresh, changed_at)
    SELECT client_id, false, max(known_at) FROM moved GROUP BY client_id ORDER BY client_id
    ON CONFLICT (client_id) DO UPDATE
    SET fresh = false, changed_at = greatest(m.changed_at, excluded.changed_at);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _create_deliveries()
    _create_reviews()
    _create_metrics()


def _create_deliveries() -> None:
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_exchange_rates_month")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_exchange_rates_rate")),
        sa.PrimaryKeyConstraint("currency", "month", "known_at", name=op.f("pk_exchange_rates")),
    )
    op.create_table(
        "figure_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery_no", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_new", sa.Integer(), nullable=False),
        sa.Column("rows_corrected", sa.Integer(), nullable=False),
        sa.Column("clients_changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_deliveries")),
        sa.UniqueConstraint("source", "delivery_no", name=op.f("uq_figure_deliveries_source_delivery_no")),
    )
    op.create_table(
        "source_figures",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("deposit_average", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("deposit_month_end", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("card_purchases", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("card_refunds", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("card_cash_advances", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("card_fees", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("assets", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("loans", JSONB(), nullable=True),
        sa.Column("holdings", JSONB(), nullable=True),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_source_figures_month")),
        sa.PrimaryKeyConstraint("client_id", "month", "source", "currency", "known_at", name=op.f("pk_source_figures")),
    )
    op.create_index(
        "ix_source_figures_currency_month_client_id", "source_figures", ["currency", "month", "client_id"], unique=False
    )
    op.create_index("ix_source_figures_delivery_id", "source_figures", ["delivery_id"], unique=False)
    op.create_table(
        "client_holdings",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("holdings", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_holdings_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_holdings")),
    )


def _create_reviews() -> None:
    op.create_table(
        "qualification_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("filed_decision_id", sa.Uuid(), nullable=False),
        sa.Column("review_decision_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (result IS NOT NULL)", name=op.f("ck_qualification_reviews_closed_with_result")
        ),
        sa.CheckConstraint("outcome IN ('not_met', 'undecided')", name=op.f("ck_qualification_reviews_outcome")),
        sa.CheckConstraint(
            "result IN ('stands', 'to_be_revoked', 'figures_wrong')", name=op.f("ck_qualification_reviews_result")
        ),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_qualification_reviews_status")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_qualification_reviews_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_reviews")),
    )
    op.create_index("ix_qualification_reviews_unit_id_id", "qualification_reviews", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_qualification_reviews_one_open",
        "qualification_reviews",
        ["client_id", "level"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "bank_reports",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("report_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=True),
        sa.Column("days_overdue", sa.Integer(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("topic IN ('account', 'risk')", name=op.f("ck_bank_reports_topic")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_bank_reports_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_bank_reports")),
        sa.UniqueConstraint("source", "report_no", name=op.f("uq_bank_reports_source_report_no")),
    )


def _create_metrics() -> None:
    op.create_table(
        "client_metrics",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month_end", sa.Date(), nullable=True),
        sa.Column("came", sa.Date(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deposit_avg_12m", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("deposit_months", sa.SmallInteger(), nullable=True),
        sa.Column("loan_outstanding", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("loan_known", sa.Boolean(), nullable=True),
        sa.Column("repayment", sa.Text(), nullable=True),
        sa.Column("card_spend_12m", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("card_months", sa.SmallInteger(), nullable=True),
        sa.Column("assets", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("assets_known", sa.Boolean(), nullable=True),
        sa.Column("assets_lower_bound", sa.Boolean(), nullable=True),
        sa.Column("decided_basis", sa.Text(), nullable=True),
        sa.Column("decided_standing", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_metrics")),
    )

    op.execute(MARK_STALE)
    for table in FIGURES:
        op.execute(
            f"CREATE TRIGGER {table}_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS moved "
            "FOR EACH STATEMENT EXECUTE FUNCTION mark_client_metrics_stale()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_went AFTER DELETE ON {table} REFERENCING OLD TABLE AS moved "
            "FOR EACH STATEMENT EXECUTE FUNCTION mark_client_metrics_stale()"
        )
