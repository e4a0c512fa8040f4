"""All tables of the complaint service: cases with their rounds, clocks and texts; copies of what others told it."""

import sqlalchemy as sa
from chassis.frame_tables import frame_tables
from chassis.rotating import sealed
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData()
frame = frame_tables(metadata)

case_number_seq = sa.Sequence("case_number_seq", metadata=metadata)


def _at(name: str, *, required: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not required)


# The day's first case notes where the one running sequence stood: later openers of that day wait for nobody.
case_days = sa.Table(
    "case_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("counted_from", sa.BigInteger, nullable=False),
)

handling_policies = sa.Table(
    "handling_policies",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    _at("active_from", required=True),
    sa.Column("document", JSONB, nullable=False),
)

working_calendars = sa.Table(
    "working_calendars",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("off_days", ARRAY(sa.Date), nullable=False),
    sa.Column("work_days", ARRAY(sa.Date), nullable=False),
    sa.Column("noticed_years", ARRAY(sa.Integer), nullable=False),
)

units = sa.Table(
    "units",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parent_id", sa.Uuid),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Index("units_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    sa.Index("units_parent", "parent_id"),
)

postings = sa.Table(
    "postings",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("unit_id", sa.Uuid, primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("from_on", sa.Date, nullable=False),
    sa.Column("until_on", sa.Date),
    sa.Index("postings_role", "role", "unit_id"),
)

# Our copy of the client: ids and tiers only.
clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("service_tier", sa.Text, nullable=False),
    sa.Column("card_level", sa.Text, nullable=False),
    sa.Column("home_unit_id", sa.Uuid, nullable=False),
    sa.Column("serving_unit_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("manager", sa.Text),
    sa.Column("qualification_revoked_on", sa.Date),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_no", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("complaint_type", sa.Text),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("client_id", sa.Uuid),
    sa.Column("tier_snapshot", sa.Text),
    sa.Column("about_unit_id", sa.Uuid),
    _at("opened_at", required=True),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("opened_at_unit_id", sa.Uuid),
    sa.Column("first_receiver", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    # The present round's handler and unit and the strictest running clock, kept here so that lists read one row a case.
    sa.Column("handler", sa.Text),
    sa.Column("unit_id", sa.Uuid),
    _at("answer_due_at"),
    _at("closing_proposed_at"),
    _at("closed_at"),
    sa.Column("closed_because", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint("(kind = 'complaint') = (complaint_type IS NOT NULL)", name="cases_type_fits_kind"),
    sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="cases_closed"),
    sa.Index("cases_client", "client_id", "id", postgresql_where=sa.text("client_id IS NOT NULL")),
    sa.Index("cases_unit", "unit_id", "id"),
    sa.Index("cases_handler_open", "handler", "id", postgresql_where=sa.text("status <> 'closed'")),
    sa.Index("cases_opener", "opened_by", "id"),
)

rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    _at("opened_at", required=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Uuid),
    sa.Column("handler", sa.Text),
    sa.Column("duty_holder", sa.Text),
    _at("acknowledged_at"),
    sa.Column("outcome", sa.Text),
    sa.Column("delivery_way", sa.Text),
    _at("answered_at"),
    _at("opinion_delivered_at"),
    _at("quiet_until"),
    # A new round needs another handler (CM-27, BOC-S Art. 34(4)): nobody has two rounds of one case.
    sa.UniqueConstraint("case_id", "handler", name="rounds_other_handler"),
)

clocks = sa.Table(
    "clocks",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    _at("started_at", required=True),
    _at("due_at"),
    sa.Column("ends", JSONB, nullable=False),
    # True while a working-day end was counted in a year without notice, or waits for a calendar.
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("calendar_version", sa.Integer),
    _at("met_at"),
    _at("stopped_at"),
    _at("breached_at"),
    sa.UniqueConstraint("case_id", "round", "code", "sequence", name="clocks_named"),
    sa.Index(
        "clocks_by_calendar",
        "id",
        postgresql_where=sa.text(
            "met_at IS NULL AND stopped_at IS NULL AND breached_at IS NULL "
            "AND (provisional OR calendar_version IS NOT NULL)"
        ),
    ),
)

# Each decision about who handles a case, with what it looked at; the tier at intake stays whatever comes later.
routings = sa.Table(
    "routings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    _at("decided_at", required=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("cause_id", sa.Uuid),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("situation", JSONB, nullable=False),
    sa.Column("winner", sa.Text, nullable=False),
    sa.Column("losers", ARRAY(sa.Text), nullable=False),
    sa.Column("served_by", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Uuid),
    sa.Column("handler", sa.Text),
    sa.Column("climbed", ARRAY(sa.Uuid), nullable=False),
    sa.Column("excluded", ARRAY(sa.Text), nullable=False),
    sa.Index("routings_case", "case_id", "id"),
)

# What was done with a case, in order: codes and ids only.
steps = sa.Table(
    "steps",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("case_version", sa.BigInteger, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    _at("at", required=True),
    sa.Column("detail", JSONB, nullable=False),
    sa.Index("steps_case", "case_id", "id"),
)

# Words of and about people, sealed; rows of their own, so that they can go with the person.
texts = sa.Table(
    "texts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False, info=dict(sealed("texts.sealed"))),
    sa.Column("written_by", sa.Text, nullable=False),
    _at("written_at", required=True),
    sa.Index("texts_case", "case_id", "id"),
)

# Cases that came with a merged client: by them a reversal finds them again.
merger_moves = sa.Table(
    "merger_moves",
    metadata,
    sa.Column("merger_id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.id"), primary_key=True),
)
