"""Published versions of the working calendar; a version is never changed, the next one replaces it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.tables.metadata import metadata

working_calendars = sa.Table(
    "working_calendars",
    metadata,
    sa.Column("calendar", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("off_days", ARRAY(sa.Date), nullable=False),
    sa.Column("work_days", ARRAY(sa.Date), nullable=False),
    sa.Column("noticed_years", ARRAY(sa.Integer), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
)
