"""Papers kept with what they belong to: sealed piece by piece in the database, known by their content, read on record.

A piece and a name are sealed like any field, so the rotation of keys covers them (XC-14); each read leaves an audit row
(XC-15). The caller decides who may add and read; here is only what holds for every paper.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from chassis import audit
from chassis.db import Record, Tx
from chassis.frame_tables import FRAME
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.media_types import media_type_of
from chassis.query import prepare
from chassis.refusals import FieldError, Invalid, NotFound, TooLarge
from chassis.texts import Text

SIZE_MAX = 10 * 1024 * 1024
_PIECE = 64 * 1024
_NAME_MAX = 200
_NAME = "attachments.name"
_CONTENT = "attachment_chunks.content"
_UNKNOWN_TYPES = ("", "application/octet-stream", "binary/octet-stream")

_NOT_TAKEN = Text(
    en="Only PDF, JPEG, PNG, DOCX and XLSX are taken, without macros; the content decides, not the name.",
    zh="仅接受 PDF、JPEG、PNG、DOCX、XLSX 文件（不含宏），以文件内容而非文件名为准。",
)
_DIFFERS = Text(en="The content is not of the stated type.", zh="文件内容与声明的类型不符。")
_NO_NAME = Text(en="A file needs a name of at most 200 characters.", zh="文件须有名称，且不超过 200 个字符。")

_table, _chunks = FRAME.attachments, FRAME.attachment_chunks
_ADD = prepare(sa.insert(_table).values({column.name: sa.bindparam(column.name) for column in _table.c}))
_GET = prepare(sa.select(_table).where(_table.c.id == sa.bindparam("attachment_id")))
_LIST = prepare(
    sa.select(_table)
    .where(_table.c.subject_id == sa.any_(sa.bindparam("subject_ids", type_=ARRAY(sa.Uuid))))
    .order_by(_table.c.id)
)
_PIECES = prepare(
    sa.select(_chunks.c.id, _chunks.c.content_sealed)
    .where(_chunks.c.attachment_id == sa.bindparam("attachment_id"))
    .order_by(_chunks.c.chunk_no)
)
_REMOVE = prepare(
    sa.delete(_table).where(_table.c.subject_id == sa.any_(sa.bindparam("subject_ids", type_=ARRAY(sa.Uuid))))
)
_MOVE = prepare(
    sa.update(_table)
    .where(_table.c.subject_id == sa.bindparam("from_subject"))
    .values(subject_id=sa.bindparam("to_subject"), client_id=sa.bindparam("of_client"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One paper, without its content. `sha256` is that of the content, in hexadecimal; `size` in bytes."""

    id: UUID
    subject_id: UUID
    client_id: UUID | None
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime


async def add(
    tx: Tx,
    *,
    subject_id: UUID,
    kind: str,
    name: str,
    media_type: str | None,
    content: bytes,
    by: Principal,
    now: datetime,
    client_id: UUID | None = None,
) -> Attachment:
    """Keeps a paper with its subject; `client_id` says whose audit trail it belongs to.

    Raises TooLarge above 10 MiB (413), and Invalid at `/file` for what is none of the known types, differs from the
    stated `media_type`, or has no proper name.
    """
    if len(content) > SIZE_MAX:
        raise TooLarge(limit_kib=SIZE_MAX // 1024)
    paper = Attachment(
        id=new_id(),
        subject_id=subject_id,
        client_id=client_id,
        kind=kind,
        name=_checked_name(name),
        media_type=_checked_type(media_type, content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        added_by=by.subject,
        added_at=now,
    )
    await tx.execute(
        _ADD,
        id=paper.id,
        subject_id=subject_id,
        client_id=client_id,
        kind=kind,
        name_sealed=tx.cipher.seal(_NAME, paper.id, paper.name),
        media_type=paper.media_type,
        size=paper.size,
        sha256=paper.sha256,
        added_by=by.subject,
        added_at=now,
    )
    pieces = [(new_id(), content[start : start + _PIECE]) for start in range(0, len(content), _PIECE)]
    await tx.copy(
        "attachment_chunks",
        ["attachment_id", "chunk_no", "id", "content_sealed"],
        [
            (paper.id, number, piece_id, tx.cipher.seal_bytes(_CONTENT, piece_id, piece))
            for number, (piece_id, piece) in enumerate(pieces)
        ],
    )
    await _note(tx, "attachment.added", paper, by, now)
    return paper


async def find(tx: Tx, attachment_id: UUID) -> Attachment:
    """One paper without its content. Raises NotFound."""
    row = await tx.fetchrow(_GET, attachment_id=attachment_id)
    if row is None:
        raise NotFound()
    return _attachment(tx, row)


async def read(
    tx: Tx, attachment_id: UUID, *, by: Principal, now: datetime, purpose: str | None = None
) -> tuple[Attachment, bytes]:
    """A paper and its content; the audit row is written before anything is opened. Raises NotFound.

    RuntimeError where what was kept is no longer what was given.
    """
    paper = await find(tx, attachment_id)
    await _note(tx, "attachment.read", paper, by, now, purpose)
    rows = await tx.fetch(_PIECES, attachment_id=attachment_id)
    content = b"".join(tx.cipher.open_bytes(_CONTENT, row["id"], row["content_sealed"]) for row in rows)
    if hashlib.sha256(content).hexdigest() != paper.sha256:
        raise RuntimeError(f"attachment {attachment_id} is not what was kept")
    return paper, content


async def list_of(tx: Tx, subject_id: UUID) -> list[Attachment]:
    """The papers of one subject, the oldest first."""
    return (await list_of_all(tx, [subject_id])).get(subject_id, [])


async def list_of_all(tx: Tx, subject_ids: Sequence[UUID]) -> dict[UUID, list[Attachment]]:
    """The papers of several subjects, in one question."""
    found: dict[UUID, list[Attachment]] = {}
    for row in await tx.fetch(_LIST, subject_ids=list(subject_ids)):
        found.setdefault(row["subject_id"], []).append(_attachment(tx, row))
    return found


async def move(tx: Tx, *, from_subject: UUID, to_subject: UUID, client_id: UUID | None) -> int:
    """The papers of one subject belong to another one from now on; how many there were. The caller audits why."""
    return await tx.execute(_MOVE, from_subject=from_subject, to_subject=to_subject, of_client=client_id)


async def remove_of(tx: Tx, subject_ids: Sequence[UUID]) -> int:
    """Removes every paper of these subjects; how many there were. The caller audits why."""
    return await tx.execute(_REMOVE, subject_ids=list(subject_ids))


def _checked_name(name: str) -> str:
    """The last part of what a browser calls a path, without control characters."""
    plain = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    if not plain or len(plain) > _NAME_MAX:
        raise Invalid([FieldError("/file", "attachment.name", _NO_NAME)])
    return plain


def _checked_type(stated: str | None, content: bytes) -> str:
    found = media_type_of(content)
    if found is None:
        raise Invalid([FieldError("/file", "attachment.type", _NOT_TAKEN)])
    wanted = (stated or "").partition(";")[0].strip().lower()
    if wanted not in (*_UNKNOWN_TYPES, found):
        raise Invalid([FieldError("/file", "attachment.type-differs", _DIFFERS)])
    return found


async def _note(tx: Tx, act: str, paper: Attachment, by: Principal, now: datetime, purpose: str | None = None) -> None:
    detail = {"kind": paper.kind, "subject_id": str(paper.subject_id), "sha256": paper.sha256}
    await audit.record(
        tx, act=act, by=by, object_type="attachment", object_id=paper.id, client_id=paper.client_id, purpose=purpose,
        detail=detail, at=now,
    )  # fmt: skip


def _attachment(tx: Tx, row: Record) -> Attachment:
    return Attachment(
        id=row["id"],
        subject_id=row["subject_id"],
        client_id=row["client_id"],
        kind=row["kind"],
        name=tx.cipher.open(_NAME, row["id"], row["name_sealed"]),
        media_type=row["media_type"],
        size=row["size"],
        sha256=row["sha256"],
        added_by=row["added_by"],
        added_at=row["added_at"],
    )
