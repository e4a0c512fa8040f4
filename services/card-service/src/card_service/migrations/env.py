"""Alembic's way in; the chassis does the rest."""

from chassis.migration_env import run

run()
