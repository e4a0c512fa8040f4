"""Databases and the roles that own them, made with an administrator's URL."""

import secrets
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from vip.processes import LaunchProblem

OLDEST_MAJOR = 18


def _ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def quoted(part: str) -> str:
    return quote(part, safe="")


class PostgresAdmin:
    """What one may do with an administrator's URL: make databases and the roles that own them."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url
        self.created: set[str] = set()
        self._fresh: list[str] = []

    def url_for(self, database: str, *, role: str | None = None, password: str | None = None) -> str:
        """The URL of a database on this server; as the administrator unless a role is given."""
        parts = urlsplit(self.admin_url)
        place = parts.netloc.rpartition("@")[2]
        who = parts.netloc.rpartition("@")[0] if role is None else f"{quoted(role)}:{quoted(password or '')}"
        return urlunsplit(("postgresql", f"{who}@{place}", f"/{database}", parts.query, ""))

    async def check_version(self) -> None:
        """Refuses a server older than PostgreSQL 18: keys come from its uuidv7()."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            version = connection.get_server_version()
        finally:
            await connection.close()
        if version.major < OLDEST_MAJOR:
            raise LaunchProblem(
                f"The server that VIP_ADMIN_DATABASE_URL names is PostgreSQL {version.major}; "
                f"{OLDEST_MAJOR} or newer is needed. Unset the variable to use the one that comes along."
            )

    async def ensure_database(self, name: str, *, password: str) -> str:
        """A database and a role of the same name that owns it, made or kept; the URL for that role.

        `created` has the names of those that were made.
        """
        connection = await asyncpg.connect(self.admin_url)
        try:
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
            verb = "ALTER" if known else "CREATE"
            await connection.execute(f"{verb} ROLE {_ident(name)} LOGIN PASSWORD {_literal(password)}")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f"CREATE DATABASE {_ident(name)} OWNER {_ident(name)}")
                self.created.add(name)
            # By default everybody may connect to every database; here each service may only to its own.
            await connection.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {_ident(name)} FROM PUBLIC")
        finally:
            await connection.close()
        return self.url_for(name, role=name, password=password)

    async def fresh_database(self, name: str, *, template: str | None = None) -> str:
        """An empty database (or a copy of the one whose URL is `template`) with a role of its own; for tests."""
        unique = f"{name}_{secrets.token_hex(4)}"
        password = secrets.token_hex(16)
        source = urlsplit(template).path.lstrip("/") if template else "template1"
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(f"CREATE ROLE {_ident(unique)} LOGIN PASSWORD {_literal(password)}")
            await connection.execute(
                f"CREATE DATABASE {_ident(unique)} OWNER {_ident(unique)} TEMPLATE {_ident(source)}"
            )
            await connection.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {_ident(unique)} FROM PUBLIC")
        finally:
            await connection.close()
        self._fresh.append(unique)
        if template:
            await self._own_everything(unique, former=urlsplit(template).username or "")
        return self.url_for(unique, role=unique, password=password)

    async def _own_everything(self, database: str, *, former: str) -> None:
        connection = await asyncpg.connect(self.url_for(database))
        try:
            await connection.execute(f"REASSIGN OWNED BY {_ident(former)} TO {_ident(database)}")
        finally:
            await connection.close()

    async def drop_fresh(self) -> None:
        """Drops what fresh_database made, roles included."""
        await self.drop(*self._fresh)
        self._fresh.clear()

    async def drop(self, *names: str) -> None:
        """Drops these databases and the roles of the same names; whoever is connected is cut off."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            for name in names:
                await connection.execute(f"DROP DATABASE IF EXISTS {_ident(name)} WITH (FORCE)")
            for name in names:
                await connection.execute(f"DROP ROLE IF EXISTS {_ident(name)}")
        finally:
            await connection.close()


async def open_given(admin_url: str) -> PostgresAdmin:
    """The server that VIP_ADMIN_DATABASE_URL names, after a look at its version."""
    admin = PostgresAdmin(admin_url)
    try:
        await admin.check_version()
    except (OSError, asyncpg.PostgresError) as problem:
        raise LaunchProblem(f"VIP_ADMIN_DATABASE_URL cannot be used: {type(problem).__name__}: {problem}") from problem
    return admin
