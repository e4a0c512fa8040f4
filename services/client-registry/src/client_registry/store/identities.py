"""A client's name and document, and those he had before; all sealed, all found by."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.clients import ClientKnown
from client_registry.domain.identity_documents import IdentityType, index_form, last_four
from client_registry.domain.names import search_tokens
from client_registry.store.clients import BIRTH, IDENTITY, LAST_FOUR, NAME

_FORMER_NAME, _FORMER_NUMBER, _REASON = (
    f"former_identities.{field}" for field in ("name", "identity_number", "reason")
)
_READ = prepare(
    sa.text(
        "SELECT name_sealed, name_tokens, identity_type, identity_sealed, identity_index FROM clients WHERE id = :id"
    )
)
_KEEP = prepare(
    sa.text(
        """
        INSERT INTO former_identities (client_id, id, name_sealed, name_tokens, identity_type, identity_sealed,
                                       identity_index, cause, reason_sealed, until_on, changed_by, changed_at)
        VALUES (:client_id, :id, :name_sealed, CAST(:name_tokens AS bytea[]), :identity_type, :identity_sealed,
                :identity_index, :cause, :reason_sealed, :until_on, :changed_by, :changed_at)
        """
    )
)
_RENAME = prepare(
    sa.text("UPDATE clients SET name_sealed = :sealed, name_tokens = CAST(:tokens AS bytea[]) WHERE id = :id")
)
_REPLACE = prepare(
    sa.text(
        """
        UPDATE clients SET identity_type = :kind, identity_sealed = :sealed, identity_index = :index,
               identity_last_four_index = :last_four, birth_sealed = coalesce(:birth_sealed, birth_sealed),
               birth_month_day = coalesce(CAST(:month_day AS text), birth_month_day)
        WHERE id = :id AND NOT EXISTS (SELECT FROM clients AS o WHERE o.identity_index = :index AND o.id <> :id)
        """
    )
)
_MOVED = prepare(sa.text("UPDATE clients SET version = version + 1 WHERE id = :id RETURNING version"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A name and a document, opened."""

    name: str
    kind: IdentityType | None
    number: str | None


async def read(tx: Tx, client_id: UUID) -> Identity:
    """What stands on the file; lock it first."""
    row: Any = await tx.fetchrow(_READ, id=client_id)
    sealed = row["identity_sealed"]
    return Identity(
        name=tx.cipher.open(NAME, client_id, row["name_sealed"]),
        kind=None if row["identity_type"] is None else IdentityType(row["identity_type"]),
        number=None if sealed is None else tx.cipher.open(IDENTITY, client_id, sealed),
    )


async def keep_former(
    tx: Tx, client_id: UUID, change_id: UUID, former: Identity, *, renamed: bool, replaced: bool, cause: str, reason: str,
    until_on: date, by: str, now: datetime,
) -> None:  # fmt: skip
    """What the client was called and bore until today; only the part that changes."""
    kind, number = (former.kind, former.number) if replaced else (None, None)
    known = kind is not None and number is not None
    await tx.execute(
        _KEEP,
        client_id=client_id,
        id=change_id,
        name_sealed=tx.cipher.seal(_FORMER_NAME, change_id, former.name) if renamed else None,
        name_tokens=[tx.cipher.index(NAME, token) for token in search_tokens(former.name)] if renamed else [],
        identity_type=None if kind is None else kind.value,
        identity_sealed=tx.cipher.seal(_FORMER_NUMBER, change_id, number) if number is not None else None,
        identity_index=tx.cipher.index(IDENTITY, index_form(kind, number)) if known and kind and number else None,
        cause=cause,
        reason_sealed=tx.cipher.seal(_REASON, change_id, reason),
        until_on=until_on,
        changed_by=by,
        changed_at=now,
    )


async def rename(tx: Tx, client_id: UUID, name: str) -> None:
    """The new name."""
    tokens = [tx.cipher.index(NAME, token) for token in search_tokens(name)]
    await tx.execute(_RENAME, id=client_id, sealed=tx.cipher.seal(NAME, client_id, name), tokens=tokens)


async def replace_document(tx: Tx, client_id: UUID, kind: IdentityType, number: str, *, born_on: date | None) -> None:
    """The new document. Raises ClientKnown where another file bears it."""
    changed = await tx.execute(
        _REPLACE,
        id=client_id,
        kind=kind.value,
        sealed=tx.cipher.seal(IDENTITY, client_id, number),
        index=tx.cipher.index(IDENTITY, index_form(kind, number)),
        last_four=tx.cipher.index(LAST_FOUR, last_four(number)),
        birth_sealed=None if born_on is None else tx.cipher.seal(BIRTH, client_id, born_on.isoformat()),
        month_day=None if born_on is None else f"{born_on:%m-%d}",
    )
    if not changed:
        raise ClientKnown()


async def moved(tx: Tx, client_id: UUID) -> int:
    """The file's next version."""
    return int(await tx.fetchval(_MOVED, id=client_id))
