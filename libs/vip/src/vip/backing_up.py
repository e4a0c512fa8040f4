"""One backup of all four databases, taken at one moment, while everybody goes on working.

The moment is a consistent cut: what a service has heard of in its part of the backup, another has said in its own. For
that the hearing of events pauses in all four while their snapshots are opened, a few milliseconds; nothing else waits.
Keys are never written beside the data they open.
"""

import asyncio
import hashlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import asyncpg
from chassis.fields import FieldCipher

from vip.databases import PostgresAdmin
from vip.keys import Keys, write_private
from vip.places import SERVICES
from vip.processes import LaunchProblem

FORMAT = 1
MANIFEST = "manifest.json"
# Hearing stops for this moment; a listener that works on a large batch may make us wait.
PAUSE_WITHIN_S = 30
# The registry comes last: others ask it in the middle of their own work, and keep the id of its answer.
_ORDER = tuple(reversed(tuple(SERVICES)))
_KEY_CHECK = ("backup.key-check", "the ring that seals this service's data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One service's database in a backup."""

    file: str
    bytes: int
    sha256: str
    revision: str
    tables: Mapping[str, int]
    # The newest link of the audit chain: a chain cut at its end does not fit it.
    audit_head: str | None
    # Equal for equal key rings, and says nothing about them.
    key_check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    taken_at: str
    parts: Mapping[str, Part]
    state: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        write_private(folder / MANIFEST, json.dumps(asdict(self), indent=1, sort_keys=True))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises LaunchProblem for a folder that holds no whole backup."""
        path = folder / MANIFEST
        if not path.is_file():
            raise LaunchProblem(f"There is no backup in {folder}: {MANIFEST} is missing.")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["format"] != FORMAT:
                raise LaunchProblem(f"{path} has format {found['format']}; this version reads format {FORMAT}.")
            parts = {service: Part(**found["parts"][service]) for service in SERVICES}
            return cls(taken_at=found["taken_at"], parts=parts, state=found["state"])
        except (ValueError, KeyError, TypeError) as broken:
            raise LaunchProblem(f"{path} cannot be read: {type(broken).__name__} {broken}") from broken

    def check_files(self, folder: Path, *, tell: Callable[[str], None]) -> None:
        """Raises LaunchProblem where a file is missing or is not what was written."""
        for service, part in self.parts.items():
            path = folder / part.file
            if not path.is_file():
                raise LaunchProblem(f"{path} is missing: the backup is not whole.")
            if path.stat().st_size != part.bytes or digest_of(path) != part.sha256:
                raise LaunchProblem(
                    f"{path} is not the file that was backed up: its checksum differs. Take another backup."
                )
            tell(f"{service}: file is sound")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_check(keys: Keys, service: str) -> str:
    """What tells one key ring from another without telling anything about either."""
    return FieldCipher.from_key_file(keys.field_keys(service)).index(*_KEY_CHECK).hex()


def server_environment(url: str) -> dict[str, str]:
    """How PostgreSQL's own programs are told where to connect: the password is no argument that others could see."""
    parts = urlsplit(url)
    return {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }


async def run_program(program: Path, *arguments: str, url: str) -> None:
    """Runs pg_dump or pg_restore on a database. Raises LaunchProblem with its own words."""
    done = await asyncio.to_thread(
        subprocess.run,
        [str(program), *arguments],
        env=server_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LaunchProblem(f"{program.name} failed.\n{done.stderr.strip()[-1500:]}")


async def take_backup(
    admin: PostgresAdmin,
    keys: Keys,
    folder: Path,
    *,
    binaries: Path,
    state: Mapping[str, Any],
    tell: Callable[[str], None],
) -> Manifest:
    """Writes the backup into a new folder, whole or not at all. Raises LaunchProblem, for a folder in use for instance."""
    draft = _draft_of(folder)
    try:
        async with _one_moment(admin) as snapshots:
            taken_at = datetime.now(UTC).isoformat(timespec="seconds")
            parts = {}
            for service, snapshot in snapshots.items():
                tell(f"{service}: writing")
                parts[service] = await snapshot.write(draft, binaries, key_check(keys, service))
        manifest = Manifest(taken_at=taken_at, parts=parts, state=dict(state))
        manifest.write(draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    draft.replace(folder)
    return manifest


def _draft_of(folder: Path) -> Path:
    if folder.exists():
        raise LaunchProblem(f"{folder} exists already. Name a folder that does not: a backup is never written over.")
    draft = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    return draft


def save_keys(keys: Path, folder: Path, *, backup: Path) -> int:
    """Copies every key file to a folder of its own; the number. Raises LaunchProblem for one inside the backup."""
    if folder.resolve().is_relative_to(backup.resolve()):
        raise LaunchProblem(f"{folder} lies inside the backup. Keys are kept apart from the data that they open.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = sorted(keys.glob("*-key*.json"))
    for path in found:
        write_private(folder / path.name, path.read_text(encoding="utf-8"))
    return len(found)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One database as it was at the moment, for as long as this connection holds it."""

    module: str
    url: str
    connection: asyncpg.Connection
    name: str

    async def write(self, folder: Path, binaries: Path, check: str) -> Part:
        path = folder / f"{self.module}.dump"
        await run_program(
            binaries / "pg_dump",
            *("--format=custom", "--compress=gzip:6", f"--snapshot={self.name}", f"--file={path}"),
            *("--no-owner", "--no-privileges"),
            url=self.url,
        )
        path.chmod(0o600)
        return Part(
            file=path.name,
            bytes=path.stat().st_size,
            sha256=await asyncio.to_thread(digest_of, path),
            revision=await self.connection.fetchval("SELECT version_num FROM alembic_version"),
            tables=await count_rows(self.connection),
            audit_head=await self.connection.fetchval(
                "SELECT seq || ':' || encode(chain, 'hex') FROM audit_seals ORDER BY seq DESC LIMIT 1"
            ),
            key_check=check,
        )


async def count_rows(connection: asyncpg.Connection) -> dict[str, int]:
    """The rows of each table."""
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    found = {}
    for (name,) in names:
        found[name] = await connection.fetchval(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - the catalogue's name
    return found


@asynccontextmanager
async def _one_moment(admin: PostgresAdmin) -> AsyncIterator[dict[str, _Snapshot]]:
    async with AsyncExitStack() as stack:
        holders = {service: await _connect(stack, admin, service) for service in SERVICES}
        readers = {service: await _connect(stack, admin, service) for service in SERVICES}
        snapshots = {}
        async with AsyncExitStack() as pause:
            for service, holder in holders.items():
                await pause.enter_async_context(holder.transaction())
                await _pause_hearing(holder, service)
            for service in _ORDER:
                reader = readers[service]
                await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                name = await reader.fetchval("SELECT pg_export_snapshot()")
                module = SERVICES[service]
                snapshots[service] = _Snapshot(module, admin.url_for(module), reader, name)
        yield snapshots


async def _connect(stack: AsyncExitStack, admin: PostgresAdmin, service: str) -> asyncpg.Connection:
    try:
        connection = await asyncpg.connect(admin.url_for(SERVICES[service]), command_timeout=600)
    except (OSError, asyncpg.PostgresError) as away:
        raise LaunchProblem(f"The database of {service} cannot be reached: {type(away).__name__}: {away}") from away
    stack.push_async_callback(connection.close)
    return connection


async def _pause_hearing(holder: asyncpg.Connection, service: str) -> None:
    try:
        await holder.execute(f"SET LOCAL lock_timeout = '{PAUSE_WITHIN_S}s'")
        await holder.execute("LOCK TABLE inbox IN SHARE MODE")
    except asyncpg.LockNotAvailableError:
        raise LaunchProblem(
            f"{service} was hearing one batch for more than {PAUSE_WITHIN_S} s; try again when it is less busy."
        ) from None
