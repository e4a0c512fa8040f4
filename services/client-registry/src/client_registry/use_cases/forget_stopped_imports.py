"""Uploads of imports that were cancelled or broke off: their bytes end too, as those of finished ones do."""

from datetime import datetime

from chassis.db import Tx

from client_registry.store import imports as store


async def forget_stopped_imports(tx: Tx, *, now: datetime) -> None:
    """Forget the uploads whose operation has ended without the import ending; ranges already applied stay applied."""
    for import_id in await store.stopped_imports(tx, now=now):
        await store.forget_upload(tx, import_id)
