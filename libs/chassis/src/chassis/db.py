"""PostgreSQL through asyncpg: one pool a process, one transaction an edge. The only place that commits."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from chassis.fields import FieldCipher
from chassis.json_values import dumps
from chassis.query import Query

Record = asyncpg.Record
Connection = asyncpg.Connection | PoolConnectionProxy

# Asked again and again by every process: the plan of each prepared statement is worth keeping.
_STATEMENTS_KEPT = 1000


class DatabaseAway(Exception):
    """The database cannot be reached, has just gone, or has no connection free; nothing was promised. Try again."""

    retry_after_s = 2


class StatementTooSlow(Exception):
    """PostgreSQL ended a statement at its time limit; the transaction is gone."""


# The server says that it is going, not up yet, or full.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


class Tx:
    """A connection inside its transaction (or, from `Database.reading`, without one), and the key to sealed fields.

    Parameters are given by the names in the query; a missing or unknown name is a TypeError.
    """

    __slots__ = ("cipher", "connection")

    def __init__(self, connection: Connection, cipher: FieldCipher) -> None:
        self.connection = connection
        self.cipher = cipher

    async def fetch(self, q: Query, /, **params: Any) -> list[asyncpg.Record]:
        return await self.connection.fetch(q.text, *q.arguments(params))

    async def fetchrow(self, q: Query, /, **params: Any) -> asyncpg.Record | None:
        return await self.connection.fetchrow(q.text, *q.arguments(params))

    async def fetchval(self, q: Query, /, **params: Any) -> Any:
        return await self.connection.fetchval(q.text, *q.arguments(params))

    async def execute(self, q: Query, /, **params: Any) -> int:
        """Rows affected; 0 for a statement that does not count them."""
        tag = await self.connection.execute(q.text, *q.arguments(params))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def executemany(self, q: Query, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same statement once a row, in one round trip. Prefer one statement over unnest(arrays) for many rows."""
        if rows:
            await self.connection.executemany(q.text, [q.arguments(row) for row in rows])

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> None:
        """COPY into the table, in binary; the fastest way in for thousands of rows."""
        await self.connection.copy_records_to_table(table, columns=list(columns), records=records)


class Database:
    """The pool of one process. Opens its first connection on demand: a process may start while PostgreSQL is away."""

    def __init__(self, pool: asyncpg.Pool, *, url: str, cipher: FieldCipher, acquire_s: float) -> None:
        self._pool = pool
        self._acquire_s = acquire_s
        self.url = url
        self.cipher = cipher

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        name: str,
        size_max: int = 10,
        statement_timeout_ms: int = 5000,
        cipher: FieldCipher,
        acquire_timeout_s: float = 3,
    ) -> "Database":
        """Make the pool; `name` is what pg_stat_activity shows. Waiting for a free connection ends as DatabaseAway."""
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size_max,
            timeout=3,
            command_timeout=None,
            statement_cache_size=_STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            # Long statements gain the most by being kept: planning one again takes longer than running it.
            max_cacheable_statement_size=0,
            init=prepare_connection,
            reset=_nothing_to_reset,
            server_settings=session_settings(name, statement_timeout_ms),
        )
        return cls(await pool, url=url, cipher=cipher, acquire_s=acquire_timeout_s)

    @asynccontextmanager
    async def transaction(self, *, statement_timeout_ms: int | None = None) -> AsyncIterator[Tx]:
        """One transaction: commits when the block ends well, rolls back when anything is raised.

        DatabaseAway when the server is away or goes away (then an answered commit is never lost, an unanswered one is
        unknown); StatementTooSlow when a statement hits its limit.
        """
        async with self._connection() as connection:
            work = connection.transaction()
            await work.start()
            try:
                if statement_timeout_ms is not None:
                    await connection.execute(f"SET LOCAL statement_timeout = {int(statement_timeout_ms)}")
                yield Tx(connection, self.cipher)
            except BaseException:
                # On a dead connection there is nothing to roll back, and its error must not hide the first one.
                if not _is_gone(connection):
                    await work.rollback()
                raise
            await work.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A connection without BEGIN, for single reading statements; each sees its own snapshot."""
        async with self._connection() as connection:
            yield Tx(connection, self.cipher)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PoolConnectionProxy]:
        try:
            connection = await self._pool.acquire(timeout=self._acquire_s)
        except (OSError, TimeoutError, asyncpg.InterfaceError, *_AWAY) as unreachable:
            raise DatabaseAway(type(unreachable).__name__) from unreachable
        try:
            with speaking(connection):
                yield connection
        finally:
            await self._pool.release(connection, timeout=self._acquire_s)

    async def close(self) -> None:
        """Close the pool; running statements get five seconds, then their connections are cut."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=5)
        except TimeoutError:
            self._pool.terminate()


def session_settings(name: str, statement_timeout_ms: int) -> dict[str, str]:
    """What every session of ours is told when it opens."""
    return {
        "application_name": name,
        "statement_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
        # Short statements gain nothing from compiled plans and pay for each compilation.
        "jit": "off",
    }


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """jsonb takes and gives Python objects; in binary, so that COPY can carry it too."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + dumps(value).encode(),
        decoder=lambda raw: json.loads(raw[1:]),
    )


async def connect(url: str, *, name: str, statement_timeout_ms: int = 5000) -> asyncpg.Connection:
    """A connection of its own beside the pool, for a session-long lock. DatabaseAway when it cannot be made."""
    try:
        connection: asyncpg.Connection = await asyncpg.connect(
            url, timeout=3, server_settings=session_settings(name, statement_timeout_ms)
        )
    except (OSError, TimeoutError, asyncpg.InterfaceError, *_AWAY) as unreachable:
        raise DatabaseAway(type(unreachable).__name__) from unreachable
    await prepare_connection(connection)
    return connection


@contextmanager
def speaking(connection: Connection) -> Iterator[None]:
    """What goes wrong on this connection, in our words: DatabaseAway, StatementTooSlow; anything else as it is."""
    try:
        yield
    except _AWAY as gone:
        raise DatabaseAway(type(gone).__name__) from gone
    except asyncpg.QueryCanceledError as slow:
        raise StatementTooSlow(str(slow)) from slow
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as failed:
        # Only a lost connection turns these into "away": a handler's own OSError stays what it is.
        if _is_gone(connection):
            raise DatabaseAway(type(failed).__name__) from failed
        raise


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Our sessions only use SET LOCAL and transaction locks, so the usual round trip on release buys nothing."""


def _is_gone(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool has already taken the closed connection back.
        return True
