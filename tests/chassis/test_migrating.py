"""Migrations: run under a lock, never waiting long for a table, equal to the metadata."""

import asyncio
import time
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from chassis.frame_tables import frame_tables
from chassis.migrating import differences, migrate
from vip.databases import PostgresAdmin

ENV = "from chassis.migration_env import run\n\nrun()\n"
FIRST = """
from chassis.frame_migration import create_frame_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_frame_tables()
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("extra", sa.Text()))
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "0001_initial.py").write_text(FIRST)
    return tmp_path


@pytest.fixture
def metadata() -> sa.MetaData:
    made = sa.MetaData()
    frame_tables(made)
    return made


async def test_the_first_migration_makes_exactly_the_frame_tables(
    postgres: PostgresAdmin, migrations: Path, metadata: sa.MetaData
) -> None:
    url = await postgres.fresh_database("frame")
    assert await differences(url, metadata=metadata) != []
    await migrate(url, migrations=migrations, metadata=metadata)
    assert await differences(url, metadata=metadata) == []


async def test_a_table_that_no_migration_makes_is_named(
    postgres: PostgresAdmin, migrations: Path, metadata: sa.MetaData
) -> None:
    url = await postgres.fresh_database("frame")
    await migrate(url, migrations=migrations, metadata=metadata)
    sa.Table("forgotten", metadata, sa.Column("id", sa.Uuid, primary_key=True))
    found = await differences(url, metadata=metadata)
    assert len(found) == 1 and "forgotten" in found[0]


async def test_twins_migrate_once(postgres: PostgresAdmin, migrations: Path, metadata: sa.MetaData) -> None:
    url = await postgres.fresh_database("frame")
    await asyncio.gather(*(migrate(url, migrations=migrations, metadata=metadata) for _ in range(3)))
    assert await differences(url, metadata=metadata) == []


async def test_a_migration_does_not_wait_long_for_a_locked_table(
    postgres: PostgresAdmin, migrations: Path, metadata: sa.MetaData
) -> None:
    url = await postgres.fresh_database("frame")
    await migrate(url, migrations=migrations, metadata=metadata)
    (migrations / "versions" / "0002_more.py").write_text(SECOND)
    busy = await asyncpg.connect(url)
    try:
        async with busy.transaction():
            await busy.execute("LOCK TABLE outbox IN ACCESS SHARE MODE")
            begun = time.monotonic()
            with pytest.raises(sa.exc.DBAPIError, match="lock timeout"):
                await migrate(url, migrations=migrations, metadata=metadata)
            assert time.monotonic() - begun < 6
        await migrate(url, migrations=migrations, metadata=metadata)
        assert await busy.fetchval("SELECT count(*) FROM information_schema.columns WHERE column_name = 'extra'") == 1
    finally:
        await busy.close()
