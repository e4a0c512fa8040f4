"""A service's migrations: run under a lock, never waiting long for a table, and compared with its metadata."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.db import connect

T = TypeVar("T")

# Any number will do, as long as all processes of all services take the same one in their own database.
_LOCK = 7_041_953_001
_LOCK_TIMEOUT_MS = "3000"


async def migrate(database_url: str, *, migrations: Path, metadata: sa.MetaData) -> None:
    """Bring the database to the newest revision. One runs, others wait and find nothing left to do.

    A statement that cannot get its table within 3 s fails rather than stopping the traffic behind it; run it again.
    DatabaseAway when the database cannot be reached.
    """
    waiting = await connect(database_url, name="migrate", statement_timeout_ms=0)
    try:
        await waiting.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _on_connection(database_url, lambda connection: _upgrade(connection, migrations, metadata))
    finally:
        await waiting.close()


async def differences(database_url: str, *, metadata: sa.MetaData) -> list[str]:
    """What the migrated database and the metadata do not agree on; empty when they are equal."""
    return await _on_connection(
        database_url,
        lambda connection: [repr(found) for found in compare_metadata(_compared(connection), metadata)],
    )


def _compared(connection: sa.Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"compare_type": True})


def _upgrade(connection: sa.Connection, migrations: Path, metadata: sa.MetaData) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    command.upgrade(config, "head")


async def _on_connection(database_url: str, work: Callable[[sa.Connection], T]) -> T:
    engine = create_async_engine(
        sa.make_url(database_url).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        connect_args={
            "timeout": 3,
            "server_settings": {"application_name": "migrate", "lock_timeout": _LOCK_TIMEOUT_MS},
        },
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
