"""The migrated registry is the one the tables describe."""

from chassis.migrating import differences
from client_registry.app import SERVICE


async def test_the_migrations_make_what_the_tables_say(registry_url) -> None:
    assert await differences(registry_url, metadata=SERVICE.metadata) == []
