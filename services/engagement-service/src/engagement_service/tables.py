"""All tables of the engagement service: its copies of what others told it, plans, contacts, mutes and return visits."""

import sqlalchemy as sa
from chassis.frame_tables import frame_tables
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData()
frame = frame_tables(metadata)

org_units = sa.Table(
    "org_units",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Index("org_units_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
)

# One row a client: the registry's facts that drive contact. ``version`` is our own, for the events we say about him.
relationships = sa.Table(
    "relationships",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("home_unit_id", sa.Uuid, nullable=True),
    sa.Column("serving_unit_ids", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("manager", sa.Text, nullable=True),
    sa.Column("service_tier", sa.Text, nullable=False, server_default="mass"),
    sa.Column("card_level", sa.Text, nullable=False, server_default="none"),
    sa.Column("asset_band", sa.Text, nullable=True),
    sa.Column("value_class", sa.Text, nullable=True),
    sa.Column("marketing", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("events", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("channels", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("wished_interval", sa.Text, nullable=True),
    sa.Column("known_since", sa.Date, nullable=False),
    sa.Column("last_contact_on", sa.Date, nullable=True),
    # Why nobody contacts this client any more; null for everybody else.
    sa.Column("closed_because", sa.Text, nullable=True),
    # One to be developed (潜力客户), and the number of the newest list of family occasions we keep.
    sa.Column("potential", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("family_version", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("closed_because IN ('merged', 'died', 'ended', 'erased')", name="relationships_closed_because"),
    sa.Index("relationships_home", "home_unit_id", "client_id"),
    sa.Index("relationships_manager", "manager", "client_id"),
)

# Days of the client's family that come back every year (CR-48): never the year, never whose name.
family_occasions = sa.Table(
    "family_occasions",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("relationships.client_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("occasion_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("relation", sa.Text, nullable=False),
    sa.Column("month_day", sa.Text, nullable=False),
    sa.Column("lunar", sa.Boolean, nullable=False),
    sa.Column("leap_month", sa.Boolean, nullable=False),
    sa.Index("family_occasions_day", "month_day", "lunar"),
)

cadence_policies = sa.Table(
    "cadence_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("floors", JSONB, nullable=False),
)

working_calendars = sa.Table(
    "working_calendars",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("off_days", ARRAY(sa.Date), nullable=False),
    sa.Column("work_days", ARRAY(sa.Date), nullable=False),
    sa.Column("noticed_years", ARRAY(sa.Integer), nullable=False),
)

contact_plans = sa.Table(
    "contact_plans",
    metadata,
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("relationships.client_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("counted_from", sa.Date, nullable=False),
    sa.Column("latest_on", sa.Date, nullable=False),
    sa.Column("plan_on", sa.Date, nullable=False),
    sa.Column("interval", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("decision", JSONB, nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("calendar_version", sa.Integer, nullable=False),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("missed_on", sa.Date, nullable=True),
    sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("contact_plans_due", "plan_on", "client_id"),
    sa.Index("contact_plans_open", "latest_on", postgresql_where=sa.text("missed_on IS NULL")),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, sa.ForeignKey("relationships.client_id", ondelete="CASCADE"), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("reached", sa.Boolean, nullable=False),
    sa.Column("memo", sa.LargeBinary, nullable=True, info=sealed("contacts.memo")),
    sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("contacts_of_client", "client_id", "happened_at", "id"),
)

mutes = sa.Table(
    "mutes",
    metadata,
    sa.Column("client_id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, primary_key=True),
    sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
)

return_visits = sa.Table(
    "return_visits",
    metadata,
    sa.Column("case_id", sa.Uuid, primary_key=True),
    sa.Column("client_id", sa.Uuid, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("counted_from", sa.Text, nullable=False),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("counted_from IN ('answer_limit', 'answer')", name="return_visits_counted_from"),
    sa.Index("return_visits_of_client", "client_id", "due_on"),
)

# A merger as we carried it out: the survivor's last contact before it, and the rows that came with the merged client.
client_mergers = sa.Table(
    "client_mergers",
    metadata,
    sa.Column("merger_id", sa.Uuid, primary_key=True),
    sa.Column("last_contact_on", sa.Date, nullable=True),
)

merger_moves = sa.Table(
    "merger_moves",
    metadata,
    sa.Column("merger_id", sa.Uuid, sa.ForeignKey("client_mergers.merger_id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("row_id", sa.Uuid, primary_key=True),
)
