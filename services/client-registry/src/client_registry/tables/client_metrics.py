"""The maintained feature row: the metrics of each client's last decision months, so that a run need not add up figures.

A row holds for a cut-off when it is fresh, made for that month, and no figure is known after either cut-off. Triggers on
the figures' tables mark it stale with every row that comes or goes, whoever writes it; a run makes it anew.
"""

import sqlalchemy as sa

from client_registry.tables.figures import AMOUNT
from client_registry.tables.metadata import metadata

client_metrics = sa.Table(
    "client_metrics",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("fresh", sa.Boolean, nullable=False),
    # When the newest figure became known; figures of a later cut-off may be in the tables already.
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("month_end", sa.Date),
    sa.Column("came", sa.Date),
    sa.Column("computed_at", sa.DateTime(timezone=True)),
    sa.Column("deposit_avg_12m", AMOUNT),
    sa.Column("deposit_months", sa.SmallInteger),
    sa.Column("loan_outstanding", AMOUNT),
    sa.Column("loan_known", sa.Boolean),
    sa.Column("repayment", sa.Text),
    sa.Column("card_spend_12m", AMOUNT),
    sa.Column("card_months", sa.SmallInteger),
    sa.Column("assets", AMOUNT),
    sa.Column("assets_known", sa.Boolean),
    sa.Column("assets_lower_bound", sa.Boolean),
    # By which standards, and from which standing of the client, these metrics were decided over; null: not yet.
    sa.Column("decided_basis", sa.Text),
    sa.Column("decided_standing", sa.Text),
)
