"""The one Alembic environment; a service's `migrations/env.py` only says `from chassis.migration_env import run` and
`run()`."""

import sqlalchemy as sa
from alembic import context


def run() -> None:
    """Run under `chassis.migrating`, which hands over the connection and the metadata; each revision commits alone.

    RuntimeError when Alembic is started in any other way: then nobody holds the lock.
    """
    attributes = context.config.attributes
    connection = attributes.get("connection")
    metadata = attributes.get("metadata")
    if not isinstance(connection, sa.Connection) or not isinstance(metadata, sa.MetaData):
        raise RuntimeError("migrations are run by the service's `migrate` command")
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
