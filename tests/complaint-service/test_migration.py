"""The database that migrations make is the one the code is written against, and holds the first policy."""

from chassis.db import Database
from chassis.migrating import differences
from complaint_service.app import SERVICE
from complaint_service.store import copies


async def test_migrations_equal_the_tables(complaint_url) -> None:
    assert await differences(complaint_url, metadata=SERVICE.metadata) == []


async def test_the_first_policy_is_in_force_after_migrating(database: Database, now) -> None:
    async with database.reading() as tx:
        policy = await copies.active_policy(tx, now)
    assert policy.version == 1
    assert policy.quiet_days == 30
