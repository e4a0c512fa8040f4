"""Monthly figures, append-only (domain decisions, section 8): a correction is a later row, `known_at` says since when.

A row that was withdrawn counts until `withdrawn_at` for whoever asks as of then, and no more for whoever asks later.
Rows with `of_family` are sums of several files of one person, made where files were merged.

`month` is the first day of a closed calendar month in Asia/Shanghai; amounts are yuan, other currencies already
converted at that month-end's rate. A null figure was not delivered in that row; the newest delivered one counts.
"""

import sqlalchemy as sa

from client_registry.tables.metadata import metadata

AMOUNT = sa.Numeric(20, 2)


def _month_is_whole() -> sa.CheckConstraint:
    return sa.CheckConstraint("EXTRACT(day FROM month) = 1", name="month")


monthly_figures = sa.Table(
    "monthly_figures",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("known_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("deposit_average", AMOUNT),
    sa.Column("deposit_month_end", AMOUNT),
    # Purchases minus refunds, no cash advances, no fees (CR-9); may be negative in a month of refunds.
    sa.Column("card_spend", AMOUNT),
    # Assets under management at the month-end.
    sa.Column("assets", AMOUNT),
    sa.Column("import_id", sa.Uuid),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    sa.Column("of_family", sa.Boolean, nullable=False, server_default="false"),
    _month_is_whole(),
    sa.Index("ix_monthly_figures_import_id", "import_id", postgresql_where=sa.text("import_id IS NOT NULL")),
)

# Personal loans only, all of a client together: outstanding at the month-end, the longest overdue that ran in the
# month, and what is still overdue at its end (both in days; null: not delivered).
loan_months = sa.Table(
    "loan_months",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("known_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("outstanding", AMOUNT),
    sa.Column("overdue_days_max", sa.Integer),
    sa.Column("overdue_days_open", sa.Integer),
    sa.Column("import_id", sa.Uuid),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    sa.Column("of_family", sa.Boolean, nullable=False, server_default="false"),
    _month_is_whole(),
    sa.Index("ix_loan_months_import_id", "import_id", postgresql_where=sa.text("import_id IS NOT NULL")),
)

# A delivered summary of a repayment history: it covers `months_covered` months ending with `month`.
repayment_histories = sa.Table(
    "repayment_histories",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("known_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("months_covered", sa.SmallInteger, nullable=False),
    sa.Column("overdue_days_max", sa.Integer, nullable=False),
    sa.Column("overdue_days_open", sa.Integer, nullable=False),
    sa.Column("import_id", sa.Uuid),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    sa.Column("of_family", sa.Boolean, nullable=False, server_default="false"),
    _month_is_whole(),
    sa.CheckConstraint("months_covered > 0", name="months_covered"),
    sa.Index("ix_repayment_histories_import_id", "import_id", postgresql_where=sa.text("import_id IS NOT NULL")),
)
