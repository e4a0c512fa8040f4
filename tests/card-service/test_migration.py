"""The migrated database is the one the tables describe."""

from card_service.app import SERVICE
from chassis.migrating import differences


async def test_the_migrations_make_what_the_tables_say(card_url) -> None:
    assert await differences(card_url, metadata=SERVICE.metadata) == []
