"""A backup back into a house that is not running: all four databases, or none."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from vip.backing_up import Manifest, count_rows, key_check, run_program
from vip.databases import PostgresAdmin
from vip.house import House
from vip.keys import Keys, write_private
from vip.places import SERVICES
from vip.processes import LaunchProblem

_FRESH, _FORMER = "_restoring", "_before_restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: rows by service, and where the audit chains stand."""

    rows: dict[str, int]
    proven: list[str]


def bring_keys(source: Path, home: Path) -> int:
    """Copies saved keys into the house; the number. Raises LaunchProblem rather than write over another key."""
    folder = home / "secrets"
    found = sorted(source.glob("*-key*.json"))
    if not found:
        raise LaunchProblem(f"There are no keys in {source}.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in found:
        target, saved = folder / path.name, path.read_text(encoding="utf-8")
        if target.exists() and target.read_text(encoding="utf-8") != saved:
            raise LaunchProblem(
                f"{target} holds another key than {path}. Restore into a new state folder (--home), or move that key away."
            )
        write_private(target, saved)
    return len(found)


def check_keys(manifest: Manifest, home: Path) -> None:
    """Raises LaunchProblem where the keys of this house do not open what was backed up."""
    secrets = home / "secrets"
    missing = [service for service in SERVICES if not (secrets / f"{service}.field-keys.json").is_file()]
    if missing:
        raise LaunchProblem(
            f"The keys of {', '.join(missing)} are not in {secrets}. Name the folder where they were saved: "
            "--keys-from FOLDER. Without them the personal data in the backup stays closed for good."
        )
    keys = Keys(home)
    strange = [service for service, part in manifest.parts.items() if key_check(keys, service) != part.key_check]
    if strange:
        raise LaunchProblem(
            f"The keys of {', '.join(strange)} in {secrets} are not those under which this backup was sealed. "
            "Name the folder of the right ones: --keys-from FOLDER."
        )


async def restore(
    house: House,
    folder: Path,
    manifest: Manifest,
    *,
    binaries: Path,
    erasures: Path | None,
    tell: Callable[[str], None],
) -> Restored:
    """Puts the backup in the place of what the house has. Nothing of the house is touched until all of it is loaded.

    Whoever stands in the journal `erasures` and came back with the backup is erased again before anybody looks.
    Raises LaunchProblem, for a house that runs for instance. The broker's own log goes: what it told since the backup has
    not happened any more, and what was told before is told again from the restored outboxes.
    """
    await house.open()
    try:
        await house.start_database()
        await house.ensure_databases()
        rows = {}
        for service, part in manifest.parts.items():
            tell(f"{service}: loading")
            rows[service] = await _load(house, service, folder / part.file, dict(part.tables), binaries)
        await _take_their_places(house.admin)
        shutil.rmtree(house.home / "kafka", ignore_errors=True)
        for name, value in manifest.state.items():
            house.state.set(name, value)
        proven = [service for service, part in manifest.parts.items() if await _prove(house, service, part.audit_head)]
        if erasures is not None:
            tell("client-registry: erasing again whom the backup brought back")
            await house.migrate()
            await house.run_command("client-registry", "reapply-erasures", str(erasures))
    finally:
        await house.stop()
    return Restored(rows, proven)


async def _load(house: House, service: str, dump: Path, counts: dict[str, int], binaries: Path) -> int:
    name, keys = SERVICES[service], Keys(house.home)
    fresh = name + _FRESH
    admin = await asyncpg.connect(house.admin.admin_url)
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "{fresh}" OWNER "{name}"')
        await admin.execute(f'REVOKE CONNECT, TEMPORARY ON DATABASE "{fresh}" FROM PUBLIC')
    finally:
        await admin.close()
    target = house.admin.url_for(fresh, role=name, password=keys.password(name))
    await run_program(
        binaries / "pg_restore",
        *("--no-owner", "--no-privileges", "--exit-on-error", "--jobs=2", f"--dbname={fresh}", str(dump)),
        url=target,
    )
    connection = await asyncpg.connect(target)
    try:
        found = await count_rows(connection)
        differing = sorted(table for table in counts.keys() | found.keys() if counts.get(table) != found.get(table))
        if differing:
            raise LaunchProblem(
                f"{service}: the restored tables {', '.join(differing)} do not hold what was backed up."
            )
        # Whatever broker comes next is a new one: relays send what they kept again, listeners begin at the beginning.
        await connection.execute("UPDATE relay_state SET cluster_id = NULL")
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return sum(found.values())


async def _take_their_places(admin: PostgresAdmin) -> None:
    connection = await asyncpg.connect(admin.admin_url)
    try:
        for name in SERVICES.values():
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}{_FORMER}" WITH (FORCE)')
        # Renaming is a matter of milliseconds; a restore that is killed in between is simply run again.
        for name in SERVICES.values():
            await connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}{_FORMER}"')
            await connection.execute(f'ALTER DATABASE "{name}{_FRESH}" RENAME TO "{name}"')
        for name in SERVICES.values():
            await connection.execute(f'DROP DATABASE "{name}{_FORMER}" WITH (FORCE)')
    finally:
        await connection.close()


async def _prove(house: House, service: str, head: str | None) -> bool:
    """Whether there is an audit chain, and it is whole up to the link that the backup noted."""
    if head is None:
        return False
    # No sealer runs yet: rows written in the last second before the backup are sealed at the next start.
    await house.run_command(service, "verify-audit", "--head", head, "--unsealed-may-wait")
    return True
