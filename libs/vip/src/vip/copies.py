"""Copies of a database for tests, each as new when it is taken: an emptied and refilled one costs a tenth of a fresh one."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg

from vip.databases import PostgresAdmin

# What a test may have changed besides rows; a copy in which any of it differs is not used again.
_SHAPE = """
    SELECT md5(concat_ws('|',
        (SELECT string_agg(concat_ws(',', oid, relname, relkind, relowner, relacl), ';' ORDER BY oid)
         FROM pg_class WHERE relnamespace = 'public'::regnamespace),
        (SELECT string_agg(concat_ws(',', attrelid, attname, atttypid, attnotnull), ';' ORDER BY attrelid, attnum)
         FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace),
        (SELECT string_agg(concat_ws(',', oid, tgenabled), ';' ORDER BY oid) FROM pg_trigger),
        (SELECT string_agg(concat_ws(',', oid, convalidated), ';' ORDER BY oid) FROM pg_constraint),
        (SELECT string_agg(concat_ws(',', oid, md5(prosrc)), ';' ORDER BY oid) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace)))"""
# Whoever is still connected, or just going: nobody may write into what the next one takes.
_SEND_AWAY = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
_SEQUENCES = """
    SELECT sequencename AS name, coalesce(last_value, start_value) AS last, last_value IS NOT NULL AS called
    FROM pg_sequences WHERE schemaname = 'public'"""
_COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = format('public.%I', $1::text)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: its URL, the administrator's connection into it, and how it is made as new again."""

    url: str
    connection: asyncpg.Connection
    refill: str
    shape: str


class Copies:
    """As many copies of a template as are taken at once."""

    def __init__(self, admin: PostgresAdmin, name: str, *, template: str) -> None:
        self._admin = admin
        self._name = name
        self._template = template
        self._free: list[Copy] = []
        self._made: list[Copy] = []

    async def take(self) -> Copy:
        """A copy that is as the template was; give it back when its last connection is closed."""
        while self._free:
            copy = self._free.pop()
            if copy.connection.is_closed():
                continue
            await copy.connection.execute(_SEND_AWAY)
            if await copy.connection.fetchval(_SHAPE) == copy.shape:
                await copy.connection.execute(copy.refill)
                return copy
        return await self._make()

    def give_back(self, copy: Copy) -> None:
        self._free.append(copy)

    async def close(self) -> None:
        """Closes what is open; the databases go with the others of the session."""
        for copy in self._made:
            await copy.connection.close()

    async def _make(self) -> Copy:
        url = await self._admin.fresh_database(self._name, template=self._template)
        # Foreign keys and triggers stay out of it: the rows are put back as they were, not written anew.
        connection = await asyncpg.connect(
            self._admin.url_for(urlsplit(url).path.lstrip("/")), server_settings={"session_replication_role": "replica"}
        )
        refill = await _keep(connection)
        copy = Copy(url, connection, refill, await connection.fetchval(_SHAPE))
        self._made.append(copy)
        return copy


async def _keep(connection: asyncpg.Connection) -> str:
    """Puts the rows aside where the service's role cannot see them; the statements that bring them back."""
    await connection.execute("CREATE SCHEMA kept")
    empty, fill = [], []
    for (name,) in await connection.fetch(_TABLES):
        table = '"' + name.replace('"', '""') + '"'
        empty.append(f"DELETE FROM public.{table}")  # noqa: S608 - quoted, from the catalogue
        if await connection.fetchval(f"SELECT EXISTS (TABLE public.{table})"):
            await connection.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
            columns = await connection.fetchval(_COLUMNS, name)
            into = f"INSERT INTO public.{table} ({columns}) OVERRIDING SYSTEM VALUE"
            fill.append(f"{into} SELECT {columns} FROM kept.{table}")  # noqa: S608 - quoted, from the catalogue
    count = [
        f"SELECT setval('public.\"{name}\"', {last}, {called})"
        for name, last, called in await connection.fetch(_SEQUENCES)
    ]
    return "; ".join(["BEGIN", *empty, *fill, *count, "COMMIT"])
