"""Commands that save a house and bring it back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from vip.asking import AsJson, Home, home_of, run
from vip.backing_up import Manifest, save_keys, take_backup
from vip.databases import PostgresAdmin, open_given
from vip.house import House
from vip.keys import Keys
from vip.places import DEFAULT_PORT_BASE, Ports
from vip.postgres import SUPERUSER
from vip.postgres_place import account_for, binaries_for
from vip.processes import LaunchProblem
from vip.restoring import bring_keys, check_keys, restore
from vip.state import State
from vip.telling import Teller

Folder = Annotated[Path, typer.Argument(help="The folder of the backup.")]
KEPT_STATE = ("steps", "shapes")


def backup(
    folder: Folder,
    keys_to: Annotated[Path | None, typer.Option(help="Save the keys too, into this other folder.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Save all four databases as of one moment, while everything runs. Keys are saved apart, or not at all."""
    teller = Teller(as_json=as_json)
    run(_backup(home_of(home), folder, keys_to, teller), teller)


async def _backup(home: Path, folder: Path, keys_to: Path | None, teller: Teller) -> None:
    state = State(home)
    if state.get("port_base") is None:
        raise LaunchProblem(f"There is nothing to back up in {home}: nothing was ever started there.")
    admin = await _server(home, state)
    binaries = binaries_for(account_for(home / "postgres"))
    kept = {name: state.get(name) for name in KEPT_STATE if state.get(name) is not None}
    manifest = await take_backup(admin, Keys(home), folder, binaries=binaries, state=kept, tell=teller.say)
    rows = {service: sum(part.tables.values()) for service, part in manifest.parts.items()}
    teller.result({"folder": str(folder), "taken_at": manifest.taken_at, "rows": rows})
    size = sum(part.bytes for part in manifest.parts.values())
    teller.say(f"Saved {sum(rows.values())} rows as of {manifest.taken_at} in {folder} ({size // 1024} KiB).")
    if keys_to is None:
        teller.say(
            "The keys are not in it. Save them too, elsewhere: --keys-to FOLDER. Without them it cannot be read."
        )
    else:
        teller.say(
            f"{save_keys(home / 'secrets', keys_to, backup=folder)} keys saved in {keys_to}; keep them apart from it."
        )


async def _server(home: Path, state: State) -> PostgresAdmin:
    given = os.environ.get("VIP_ADMIN_DATABASE_URL")
    if given:
        return await open_given(given)
    port = Ports(int(state.get("port_base"))).postgres
    admin = PostgresAdmin(f"postgresql://{SUPERUSER}:{Keys(home).password('postgres')}@127.0.0.1:{port}/postgres")
    try:
        await admin.check_version()
    except OSError as away:
        raise LaunchProblem(f"PostgreSQL does not answer on port {port}; `vip up` starts it. ({away})") from away
    return admin


def restore_(
    folder: Folder,
    keys_from: Annotated[Path | None, typer.Option(help="The folder with the saved keys.")] = None,
    erasures: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, resolve_path=True, help="The journal of erasures made since."),
    ] = None,
    port_base: Annotated[int, typer.Option(envvar="VIP_PORT_BASE", help="The gateway's port.")] = DEFAULT_PORT_BASE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of what this house has; nothing may run in it. All four databases, or none."""
    teller = Teller(as_json=as_json)
    place = home_of(home)
    if (place / "state.json").exists() and not yes:
        typer.confirm(f"Replace all data in {place} by the backup in {folder}?", abort=True)
    run(_restore(place, folder, keys_from, erasures, port_base, teller), teller)


async def _restore(
    home: Path, folder: Path, keys_from: Path | None, erasures: Path | None, port_base: int, teller: Teller
) -> None:
    manifest = Manifest.read(folder)
    manifest.check_files(folder, tell=teller.say)
    if keys_from is not None:
        teller.say(f"{bring_keys(keys_from, home)} keys brought back")
    check_keys(manifest, home)
    house = House(home, port_base, admin_url=os.environ.get("VIP_ADMIN_DATABASE_URL"), say=teller.say)
    binaries = binaries_for(account_for(home / "postgres"))
    restored = await restore(house, folder, manifest, binaries=binaries, erasures=erasures, tell=teller.say)
    teller.result({"taken_at": manifest.taken_at, "rows": restored.rows, "audit_proven": restored.proven})
    teller.say(
        f"Restored {sum(restored.rows.values())} rows as of {manifest.taken_at}; "
        f"the audit chains of {len(restored.proven)} services are whole. `make up` goes on from there."
    )
    if erasures is None:
        teller.say(
            "Whoever was erased after this backup is there again: stop before `make up` and restore with --erasures "
            "FILE, the journal kept beside the backups (docs/erasure.md), if anybody was."
        )
    teller.say(
        "Where a Kafka of your own is used: empty its vip.* topics before, they tell of what has not happened now."
    )
