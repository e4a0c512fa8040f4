"""Privacy notices and the ledger of consents in PostgreSQL; both are only ever added to."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.ids import new_id
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.notices import PrivacyNotice, Statement
from client_registry.tables.notices import consent_records, privacy_notices

_PUBLISH = prepare(
    insert(privacy_notices)
    .values({column.name: sa.bindparam(column.name) for column in privacy_notices.c})
    .on_conflict_do_nothing()
)
_IS_PUBLISHED = prepare(
    sa.select(
        sa.exists().where(
            privacy_notices.c.version == sa.bindparam("version"), privacy_notices.c.valid_from <= sa.bindparam("today")
        )
    )
)
_LIST = prepare(
    sa.text(
        "SELECT * FROM privacy_notices WHERE (CAST(:before AS text) IS NULL OR version < :before) "
        "ORDER BY version DESC LIMIT :size"
    )
)
_ADD = prepare(
    sa.insert(consent_records).values({column.name: sa.bindparam(column.name) for column in consent_records.c})
)
_HISTORY = prepare(
    sa.text(
        """
        SELECT id, purpose, given, wished_interval, notice_version, way, recorded_by, recorded_at FROM consent_records
        WHERE client_id = :client_id AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :size
        """
    )
)


async def publish(tx: Tx, notice: PrivacyNotice) -> bool:
    """Keeps a version; False where it is there already."""
    return bool(
        await tx.execute(_PUBLISH, **{column.name: getattr(notice, column.name) for column in privacy_notices.c})
    )


async def is_published(tx: Tx, version: str, *, today: date) -> bool:
    """Whether clients may be shown this version today."""
    return bool(await tx.fetchval(_IS_PUBLISHED, version=version, today=today))


async def notices(tx: Tx, *, before: str | None, size: int) -> list[PrivacyNotice]:
    """Published versions, the newest first."""
    return [PrivacyNotice(**dict(row)) for row in await tx.fetch(_LIST, before=before, size=size)]


async def record(
    tx: Tx,
    client_id: UUID,
    said: Sequence[Statement],
    *,
    notice_version: str | None,
    way: str,
    by: str,
    now: datetime,
) -> None:
    """What the client said, one row each."""
    await tx.executemany(
        _ADD,
        [
            {
                "client_id": client_id,
                "id": new_id(),
                "purpose": each.purpose.value,
                "given": each.given,
                "wished_interval": each.wished_interval,
                "notice_version": notice_version,
                "way": way,
                "recorded_by": by,
                "recorded_at": now,
            }
            for each in said
        ],
    )


async def history(tx: Tx, client_id: UUID, *, before: UUID | None, size: int) -> list[Record]:
    """What the client said, the newest first."""
    return await tx.fetch(_HISTORY, client_id=client_id, before=before, size=size)
