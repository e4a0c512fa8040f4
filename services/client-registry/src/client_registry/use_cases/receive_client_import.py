"""Take an upload in: the profile is read at once, the files go into sealed chunks, the work itself comes later."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from chassis import audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.operations import Operation
from chassis.refusals import FieldError, Invalid

from client_registry.domain.imports import findings
from client_registry.domain.imports.client_tables import template_profile
from client_registry.domain.imports.joining import file_for
from client_registry.domain.imports.profile_reading import PROFILE_MAX, ProfileBroken, read_profile
from client_registry.store import imports as store

KIND = "client-import"


class Upload(Protocol):
    """An uploaded file: read in pieces, never whole."""

    filename: str | None

    async def read(self, size: int = -1) -> bytes:
        """The next piece; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What the importer wants."""

    mode: str
    validate_only: bool
    as_of: date
    scope_paths: Sequence[str]
    unit_path: str


async def receive_client_import(
    tx: Tx, profile: Upload | None, files: Sequence[Upload], order: ImportOrder, *, by: Principal, now: datetime
) -> tuple[UUID, Operation]:
    """The import and the operation that will work on it; without a profile the one file is that of the template.

    Raises ProfileBroken with every fault of the profile, or FilesDoNotFit where a file it asks for is missing.
    """
    text = "" if profile is None else await profile_text(profile)
    parsed = read_profile(text) if profile is not None else template_profile()
    names = [file.filename or "" for file in files]
    for spec in parsed.files:
        file_for(spec, names)
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
        profile_name=parsed.name,
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
        act="client-import.received",
        by=by,
        object_type="client_import",
        object_id=import_id,
        detail={"profile": parsed.name, "files": len(files), "validate_only": order.validate_only},
        at=now,
    )
    return import_id, operation


async def profile_text(profile: Upload) -> str:
    """A profile as text. Raises ProfileBroken where it is none or too long."""
    content = await profile.read(PROFILE_MAX + 1)
    try:
        if len(content) <= PROFILE_MAX:
            return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise _not_toml("UTF-8") from broken
    raise _not_toml(f"> {PROFILE_MAX // 1024} KiB")


def _not_toml(what: str) -> Invalid:
    code = "profile.not-toml"
    return ProfileBroken([FieldError("/", code, findings.TEXTS[code], {"what": what})])


async def keep_file(tx: Tx, import_id: UUID, file_no: int, file: Upload) -> bytes:
    """A file in sealed chunks; its digest."""
    digest, size, number = hashlib.sha256(), 0, 0
    async for piece in _pieces(file):
        await store.add_chunk(tx, import_id, file_no=file_no, chunk_no=number, content=piece)
        digest.update(piece)
        size += len(piece)
        number += 1
    name = (file.filename or f"file-{file_no}").rsplit("/", 1)[-1].rsplit("\\", 1)[-1][:200]
    await store.add_file(tx, import_id, file_no=file_no, name=name, size=size, digest=digest.digest())
    return digest.digest()


async def _pieces(file: Upload) -> AsyncIterator[bytes]:
    while piece := await file.read(store.CHUNK):
        yield piece
