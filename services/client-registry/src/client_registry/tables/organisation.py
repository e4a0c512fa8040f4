"""The organisation: units in one tree, staff, their postings and delegations (XC-1, XC-2, XC-3, XC-8)."""

import sqlalchemy as sa
from chassis.rotating import sealed

from client_registry.tables.metadata import metadata

units = sa.Table(
    "units",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parent_id", sa.Uuid, sa.ForeignKey("units.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    # "/hq/bj/bj-01/": every scope is a prefix of it.
    sa.Column("path", sa.Text, nullable=False, unique=True),
    sa.Column("name_zh", sa.Text, nullable=False),
    sa.Column("name_en", sa.Text, nullable=False),
    sa.Column("branch_code", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    # Which of the three levels of service institutions it is (CR-27).
    sa.Column("service_institution", sa.Text),
    sa.Column("merged_into_id", sa.Uuid, sa.ForeignKey("units.id")),
    sa.CheckConstraint(
        "service_institution IN ('private_bank', 'wealth_centre', 'wealth_management_centre')",
        name="service_institution",
    ),
    sa.CheckConstraint(
        "kind IN ('head_office', 'first_level_branch', 'second_level_branch', 'sub_branch', 'wealth_centre', "
        "'outlet', 'department')",
        name="kind",
    ),
    sa.Index("ix_units_path_prefix", "path", postgresql_ops={"path": "text_pattern_ops"}),
    sa.Index("ix_units_parent_id", "parent_id"),
    # Codes differ by more than their case: a path writes them small.
    sa.Index("uq_units_code_small", sa.text("lower(code)"), unique=True),
    # Two letters stand for one first-level branch for ever: card numbers carry them (XC-1, CS-8).
    sa.Index(
        "uq_units_letters",
        "branch_code",
        unique=True,
        postgresql_where=sa.text("kind = 'first_level_branch' AND branch_code IS NOT NULL"),
    ),
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("staff_no", sa.Text, nullable=False, unique=True),
    sa.Column("subject", sa.Text, nullable=False, unique=True),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False, info=sealed("staff.name")),
    sa.Column("work_phone_sealed", sa.LargeBinary, info=sealed("staff.work_phone")),
    sa.Column("active", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
)

postings = sa.Table(
    "postings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("reach", sa.Text, nullable=False),
    sa.Column("from_on", sa.Date, nullable=False),
    # The last day that counts; a posting revoked today carries yesterday.
    sa.Column("until_on", sa.Date),
    # A full-time client manager is a post of its own (CR-43).
    sa.Column("full_time", sa.Boolean, nullable=False, server_default="true"),
    sa.CheckConstraint("reach IN ('own', 'unit')", name="reach"),
    sa.Index(
        "uq_postings_one_standing",
        "staff_id",
        "unit_id",
        "role",
        "reach",
        unique=True,
        postgresql_where=sa.text("until_on IS NULL"),
    ),
    sa.Index("ix_postings_staff_id", "staff_id"),
    sa.Index("ix_postings_unit_id_role", "unit_id", "role"),
)

delegations = sa.Table(
    "delegations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("from_staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("to_staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("unit_id", sa.Uuid, sa.ForeignKey("units.id"), nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("reach", sa.Text, nullable=False),
    sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default="absence"),
    sa.Column("given_by", sa.Text, nullable=False, server_default="system:client-registry"),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("ended_by", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("reach IN ('own', 'unit')", name="reach"),
    sa.CheckConstraint("from_staff_id <> to_staff_id", name="two_people"),
    sa.CheckConstraint("until_at >= from_at", name="order"),
    sa.Index("ix_delegations_to_staff_id", "to_staff_id"),
    sa.Index("ix_delegations_from_staff_id", "from_staff_id"),
)
