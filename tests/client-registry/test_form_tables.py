"""The migrations make what the tables of the registration form say."""

from chassis.migrating import differences
from client_registry.tables import metadata

FORM_TABLES = (
    "reference_sets", "reference_options", "information_policies", "registration_forms", "client_fields", "client_changes",
)  # fmt: skip


async def test_the_migrations_make_what_the_tables_say(registry_url) -> None:
    assert set(FORM_TABLES) <= set(metadata.tables)
    assert await differences(registry_url, metadata=metadata) == []
