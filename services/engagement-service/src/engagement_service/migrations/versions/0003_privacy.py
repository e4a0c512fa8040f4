"""Relationships that ended and persons who were erased."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_constraint("relationships_closed_because", "relationships")
    op.create_check_constraint(
        "relationships_closed_because", "relationships", "closed_because IN ('merged', 'died', 'ended', 'erased')"
    )
