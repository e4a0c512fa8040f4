"""Companies' files in PostgreSQL: people and investors go in sealed."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.ids import new_id
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.corporate_files import CorporateFile
from client_registry.tables.corporate_files import corporate_files, corporate_persons

INVESTORS = "corporate_files.investors"
PERSON = ("name", "position", "phone")
_NEW = insert(corporate_files).values({column.name: sa.bindparam(column.name) for column in corporate_files.c})
_SAVE = prepare(
    _NEW.on_conflict_do_update(
        index_elements=[corporate_files.c.client_id],
        set_={column.name: _NEW.excluded[column.name] for column in corporate_files.c if column.name != "client_id"},
    )
)
_VERSION = prepare(sa.select(corporate_files.c.version).where(corporate_files.c.client_id == sa.bindparam("client_id")))
_DROP_PEOPLE = prepare(sa.delete(corporate_persons).where(corporate_persons.c.client_id == sa.bindparam("client_id")))
_ADD_PERSON = prepare(
    sa.insert(corporate_persons).values({column.name: sa.bindparam(column.name) for column in corporate_persons.c})
)


async def version_of(tx: Tx, client_id: UUID) -> int:
    """The file's version, 0 where nobody has written one; lock the client's file first."""
    return int(await tx.fetchval(_VERSION, client_id=client_id) or 0)


async def save(tx: Tx, client_id: UUID, file: CorporateFile, *, version: int, collector: str, now: datetime) -> None:
    """The whole file as it was entered, with the people in their order."""
    investors = None if file.investors is None else tx.cipher.seal(INVESTORS, client_id, file.investors)
    await tx.execute(
        _SAVE, client_id=client_id, investors_sealed=investors, business=file.business, industry=file.industry,
        region=file.region, characteristics=list(file.characteristics), needs=list(file.needs),
        source=file.source.value, collector=collector, collected_at=now, version=version,
    )  # fmt: skip
    await tx.execute(_DROP_PEOPLE, client_id=client_id)
    rows = []
    for place, person in enumerate(file.people, start=1):
        row_id = new_id()
        plain = {"name": person.name, "position": person.position, "phone": person.phone}
        sealed = {
            f"{field}_sealed": None if value is None else tx.cipher.seal(f"corporate_persons.{field}", row_id, value)
            for field, value in plain.items()
        }
        rows.append({"id": row_id, "client_id": client_id, "place": place, "role": person.role.value, **sealed})
    await tx.executemany(_ADD_PERSON, rows)
