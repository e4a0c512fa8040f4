"""What is known of a company is put on its file (CR-49, CR-50)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound, Stale

from client_registry.domain.corporate_files import CorporateFile, NotCorporate, check_file
from client_registry.store import clients, reference_data
from client_registry.store import corporate_files as store


async def keep_corporate_file(
    tx: Tx, client_id: UUID, file: CorporateFile, *, expected_version: int, by: Principal, now: datetime
) -> int:
    """The file's version after it. Raises NotFound, ClientMerged, NotCorporate, Stale, Invalid."""
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    if await clients.kind_of(tx, client_id) != "corporate":
        raise NotCorporate()
    version = await store.version_of(tx, client_id)
    if version != expected_version:
        raise Stale()
    check_file(file, await reference_data.sets_by_code(tx))
    await store.save(tx, client_id, file, version=version + 1, collector=by.subject, now=now)
    await audit.record(
        tx, act="corporate-file.kept", by=by, object_type="corporate-file", object_id=client_id, client_id=client_id,
        detail={"version": version + 1}, at=now,
    )  # fmt: skip
    return version + 1
