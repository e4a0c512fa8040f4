"""A cancelled import leaves no uploaded bytes behind."""

from datetime import UTC, datetime
from typing import Any

from chassis import operations
from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LEFT = "SELECT (SELECT count(*) FROM client_import_chunks), (SELECT count(*) FROM client_import_rows)"


async def test_the_upload_of_a_cancelled_import_is_forgotten_and_that_of_a_waiting_one_stays(
    registry: Any, small_book: Any
) -> None:
    cancelled = (await registry.upload(small_book.csv())).json()
    await registry.upload(small_book.csv(small_book.with_value(0, "dep", "1")))
    assert await registry.rows(LEFT) == [(2, 0)]
    async with registry.database.transaction() as tx:
        await operations.cancel(tx, cancelled["operation_id"], now=NOW)
        await forget_stopped_imports(tx, now=NOW)
    assert await registry.rows(LEFT) == [(1, 0)]
    assert await registry.rows("SELECT count(*) FROM client_imports WHERE finished_at IS NOT NULL") == [(1,)]
