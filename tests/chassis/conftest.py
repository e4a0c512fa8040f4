"""A database with the frame's tables, and a small service that says and hears."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from chassis.db import Database
from chassis.events import Fact
from chassis.fields import FieldCipher
from chassis.frame_tables import frame_tables
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from vip.copies import Copies, Copy
from vip.databases import PostgresAdmin

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class BoxOpened(Fact):
    """A fact of no business: box `box_id` was opened, as its `version`-th move."""

    topic: ClassVar[str] = "test.boxes.v1"
    aggregate: ClassVar[str] = "box"
    aggregate_id_field: ClassVar[str] = "box_id"
    key_field: ClassVar[str] = "box_id"

    box_id: UUID
    weight: int = 0
    poisoned: bool = False


def a_box(box_id: UUID, version: int = 1, *, weight: int = 0, poisoned: bool = False) -> BoxOpened:
    return BoxOpened(at=NOON, version=version, box_id=box_id, weight=weight, poisoned=poisoned)


def ddl() -> str:
    """The frame's tables and two of the little service's own, as one script."""
    metadata = sa.MetaData()
    frame_tables(metadata)
    sa.Table(
        "seen",
        metadata,
        sa.Column("n", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("box_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    dialect = postgresql.dialect()
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    return ";\n".join(statements)


NewDatabase = Callable[[], Awaitable[Database]]


@pytest.fixture(scope="session")
async def frame_copies(postgres: PostgresAdmin) -> AsyncIterator[Copies]:
    template = await postgres.fresh_database("frame_template")
    connection = await asyncpg.connect(template)
    await connection.execute(ddl())
    await connection.close()
    copies = Copies(postgres, "frame", template=template)
    yield copies
    await copies.close()


@pytest.fixture
async def new_database(frame_copies: Copies, field_cipher: FieldCipher) -> AsyncIterator[NewDatabase]:
    """`await new_database()` opens one more database with the frame's tables."""
    opened: list[tuple[Copy, Database]] = []

    async def make() -> Database:
        copy = await frame_copies.take()
        opened.append((copy, await Database.open(copy.url, name="test", cipher=field_cipher)))
        return opened[-1][1]

    yield make
    for copy, database in opened:
        await database.close()
        frame_copies.give_back(copy)


@pytest.fixture
async def database(new_database: NewDatabase) -> Database:
    return await new_database()


async def until(holds: Callable[[], Awaitable[bool]], *, within_s: float = 15) -> None:
    """Wait for something to become true; fails the test when it does not."""
    async with asyncio.timeout(within_s):
        while not await holds():
            await asyncio.sleep(0.02)
