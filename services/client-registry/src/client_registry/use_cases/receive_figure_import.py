"""Take month-end figures in as files: the profile is read at once, the files go into sealed chunks, the work comes later."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.operations import Operation

from client_registry.domain.imports.figure_profile_reading import read_figure_profile
from client_registry.domain.imports.joining import file_for
from client_registry.store import imports as store
from client_registry.use_cases.receive_client_import import ImportOrder, Upload, keep_file, profile_text

KIND = "figure-import"
# What a file of the template is recorded under.
TEMPLATE = "template"


async def receive_figure_import(
    tx: Tx,
    profile: Upload | None,
    files: Sequence[Upload],
    order: ImportOrder,
    *,
    source: str | None,
    by: Principal,
    now: datetime,
) -> tuple[UUID, Operation]:
    """The import and the operation that will work on it; without a profile the files are those of the template.

    `order.as_of` is the month of rows that name none. `source`: the system whose figures these are, by default the one
    that the profile names. Raises ProfileBroken with every fault, or FilesDoNotFit where a file is missing.
    """
    text = "" if profile is None else await profile_text(profile)
    name, default = TEMPLATE, "file"
    if profile is not None:
        parsed = read_figure_profile(text)
        names = [file.filename or "" for file in files]
        for spec in parsed.files:
            if not spec.optional:
                file_for(spec, names)
        name, default = parsed.name, parsed.source
    import_id = new_id()
    whole = hashlib.sha256(text.encode())
    await store.add_import(
        tx,
        id=import_id,
        started_by=by.subject,
        unit_path=order.unit_path,
        mode=order.mode,
        validate_only=order.validate_only,
        as_of=order.as_of,
        content="figures",
        source=source or default,
        profile_name=name,
        profile=text,
        digest=whole.digest(),
        now=now,
    )
    for file_no, file in enumerate(files):
        whole.update(await keep_file(tx, import_id, file_no, file))
    detail = {"import_id": str(import_id), "scope_paths": list(order.scope_paths)}
    operation = await operations.start(tx, kind=KIND, started_by=by.subject, detail=detail, now=now)
    await store.link_operation(tx, import_id, operation.id, whole.digest())
    await audit.record(
        tx,
        act="figure-import.received",
        by=by,
        object_type="figure_import",
        object_id=import_id,
        detail={"profile": name, "files": len(files), "validate_only": order.validate_only},
        at=now,
    )
    return import_id, operation
