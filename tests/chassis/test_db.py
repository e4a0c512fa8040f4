"""Statements and transactions: what commits, what does not, and what a lost database looks like."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from chassis.db import Database, DatabaseAway, StatementTooSlow
from chassis.fields import FieldCipher
from chassis.query import Query, prepare
from sqlalchemy.dialects.postgresql import ARRAY
from vip.databases import PostgresAdmin
from vip.processes import free_port

BOXES = sa.Table(
    "boxes",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("label", sa.Text),
    sa.Column("detail", sa.dialects.postgresql.JSONB),
)
ADD = prepare(
    sa.insert(BOXES).values(id=sa.bindparam("id"), label=sa.bindparam("label"), detail=sa.bindparam("detail"))
)
COUNT = prepare(sa.select(sa.func.count()).select_from(BOXES))
LABELS = prepare(
    sa.select(BOXES.c.label)
    .where(BOXES.c.id == sa.any_(sa.bindparam("ids", type_=ARRAY(sa.Uuid))), BOXES.c.label != "hidden")
    .order_by(BOXES.c.label)
)
RELABEL = prepare(sa.update(BOXES).values(label=sa.bindparam("label")))
SLEEP = Query("SELECT pg_sleep(5)", ())


@pytest.fixture
async def boxes(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.connection.execute("CREATE TABLE boxes (id uuid PRIMARY KEY, label text, detail jsonb)")
    return database


async def count(database: Database) -> int:
    async with database.reading() as tx:
        n: int = await tx.fetchval(COUNT)
    return n


def test_a_statement_is_compiled_once_with_its_constants() -> None:
    assert "$1" in LABELS.text and LABELS.names[0] == "ids"
    assert list(LABELS.constants.values()) == ["hidden"]
    assert LABELS.arguments({"ids": []}) == [[], "hidden"]


def test_an_expanding_in_is_refused() -> None:
    with pytest.raises(ValueError, match="any_"):
        prepare(sa.select(BOXES).where(BOXES.c.label.in_(["a", "b"])))


@pytest.mark.parametrize("params", [{}, {"label": "a", "id": 1, "detail": {}, "other": 1}, {"label": "a", "x": 1}])
def test_missing_and_unknown_names_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="missing"):
        ADD.arguments(params)


async def test_a_transaction_commits_when_its_block_ends_well(boxes: Database) -> None:
    first, second = uuid4(), uuid4()
    async with boxes.transaction() as tx:
        assert await tx.execute(ADD, id=first, label="a", detail={"n": [1, None, "汉"]}) == 1
        await tx.executemany(ADD, [{"id": second, "label": "hidden", "detail": {}}])
        assert await tx.execute(RELABEL, label="b") == 2
    async with boxes.reading() as tx:
        assert [row["label"] for row in await tx.fetch(LABELS, ids=[first, second])] == ["b", "b"]
        row = await tx.fetchrow(prepare(sa.select(BOXES.c.detail).where(BOXES.c.id == sa.bindparam("id"))), id=first)
    assert row is not None and row["detail"] == {"n": [1, None, "汉"]}


async def test_a_transaction_is_undone_by_whatever_is_raised(boxes: Database) -> None:
    for raised in (LookupError, asyncio.CancelledError, asyncpg.UniqueViolationError):
        with pytest.raises(raised):
            async with boxes.transaction() as tx:
                await tx.execute(ADD, id=uuid4(), label="a", detail={})
                raise raised
    assert await count(boxes) == 0


async def test_rows_are_copied_in_jsonb_included(boxes: Database) -> None:
    async with boxes.transaction() as tx:
        await tx.copy("boxes", ["id", "label", "detail"], [(uuid4(), str(n), {"d": Decimal(n)}) for n in range(100)])
    async with boxes.reading() as tx:
        assert await tx.connection.fetchval("SELECT sum((detail ->> 'd')::int) FROM boxes") == 4950


async def test_ids_times_and_amounts_in_json_are_written_as_text(boxes: Database) -> None:
    box, at = uuid4(), datetime(2026, 11, 22, tzinfo=UTC)
    async with boxes.transaction() as tx:
        await tx.execute(ADD, id=box, label="a", detail={"id": box, "at": at, "amount": Decimal("1.50")})
        detail = await tx.connection.fetchval("SELECT detail FROM boxes")
    assert detail == {"id": str(box), "at": at.isoformat(), "amount": "1.50"}


async def test_a_slow_statement_is_ended_at_its_limit(boxes: Database) -> None:
    with pytest.raises(StatementTooSlow):
        async with boxes.transaction(statement_timeout_ms=100) as tx:
            await tx.fetchval(SLEEP)
    # The limit was this transaction's alone, and the connection is as good as before.
    async with boxes.reading() as tx:
        assert await tx.connection.fetchval("SHOW statement_timeout") == "5s"


async def test_a_lost_connection_is_the_databases_fault_and_the_next_one_works(boxes: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with boxes.transaction() as tx:
            await tx.execute(ADD, id=uuid4(), label="a", detail={})
            async with boxes.reading() as other:
                pid = tx.connection.get_server_pid()
                await other.connection.execute("SELECT pg_terminate_backend($1)", pid)
            await tx.fetchval(COUNT)
    assert await count(boxes) == 0


async def test_a_handlers_own_error_is_not_taken_for_the_databases(boxes: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with boxes.transaction():
            raise FileNotFoundError
    with pytest.raises(asyncpg.DataError):
        async with boxes.transaction() as tx:
            await tx.fetch(LABELS, ids=["no id"])


async def test_a_database_that_is_not_there_is_away(field_cipher: FieldCipher) -> None:
    url = f"postgresql://nobody:x@127.0.0.1:{free_port()}/nothing"
    database = await Database.open(url, name="test", cipher=field_cipher)
    with pytest.raises(DatabaseAway):
        async with database.reading():
            raise AssertionError("no connection could be had")
    await database.close()


async def test_no_free_connection_in_time_is_away(postgres: PostgresAdmin, field_cipher: FieldCipher) -> None:
    url = await postgres.fresh_database("frame")
    database = await Database.open(url, name="test", cipher=field_cipher, size_max=1, acquire_timeout_s=0.2)
    async with database.reading():
        with pytest.raises(DatabaseAway):
            async with database.reading():
                raise AssertionError("there is only one connection")
    await database.close()


async def test_a_long_statement_is_prepared_once_as_a_short_one_is(database: Database) -> None:
    long = Query(f"SELECT 1 /* {'x' * 100_000} */", ())
    async with database.reading() as tx:
        for _ in range(3):
            assert await tx.fetchval(long) == 1
        assert await tx.connection.fetchval(
            "SELECT count(*) FROM pg_prepared_statements WHERE length(statement) > 100000"
        ) == 1  # fmt: skip
        before = await tx.connection.fetchval(_TIMES_RUN)
        await tx.fetchval(long)
        assert await tx.connection.fetchval(_TIMES_RUN) == before + 1


_TIMES_RUN = """SELECT sum(generic_plans + custom_plans)::int FROM pg_prepared_statements
    WHERE length(statement) > 100000"""
