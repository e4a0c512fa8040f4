"""Uploads of imports that were cancelled or broke off: their bytes end too, as those of finished ones do."""

from datetime import datetime, timedelta

from chassis.db import Tx

from client_registry.store import figure_import_rows
from client_registry.store import imports as store

# Long enough to put refused rows right; they hold what a person's file holds.
REFUSED_ROWS_KEPT = timedelta(days=30)


async def forget_stopped_imports(tx: Tx, *, now: datetime) -> None:
    """Forget the uploads whose operation has ended without the import ending; ranges already applied stay applied.
    So end refused rows thirty days after their import.
    """
    await figure_import_rows.forget_refused(tx, before=now - REFUSED_ROWS_KEPT)
    for import_id in await store.stopped_imports(tx, now=now):
        await store.forget_upload(tx, import_id)
