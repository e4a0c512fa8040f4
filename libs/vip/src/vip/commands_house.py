"""Commands about the house itself: up, down, status, logs, reset, replay, dead letters."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from vip.asking import AsJson, Home, home_of, run
from vip.house import House, environment_of
from vip.places import DEFAULT_PORT_BASE, SERVICES, default_home
from vip.processes import LaunchProblem
from vip.standing import bring_down, forget, standings
from vip.telling import Teller
from vip.up import run_up

Broker = Annotated[str, typer.Option(envvar="VIP_BROKER", help="embedded, kafka, or host:port of a running Kafka.")]
PortBase = Annotated[int, typer.Option(envvar="VIP_PORT_BASE", help="The gateway's port; the others follow.")]
Demo = Annotated[bool, typer.Option(help="On the first start: the example book and the main story.")]
Clients = Annotated[int, typer.Option(help="Clients in the example book.", min=50)]


def up(
    home: Home = None,
    broker: Broker = "embedded",
    port_base: PortBase = DEFAULT_PORT_BASE,
    demo: Demo = True,
    clients: Clients = 2000,
) -> None:
    """Start everything on this machine and keep it running; Ctrl-C stops it."""
    teller = Teller()
    house = House(
        home_of(home),
        port_base,
        broker=broker,
        admin_url=os.environ.get("VIP_ADMIN_DATABASE_URL"),
        jars=default_home() / "jars",
        say=teller.say,
    )
    run(run_up(house, teller, clients=clients, demo=demo), teller)


def down(home: Home = None) -> None:
    """Stop what `vip up` started, from another terminal."""
    stopped = bring_down(home_of(home))
    Teller().say("Stopped. The data stays." if stopped else "Nothing was running.")


def status(home: Home = None, as_json: AsJson = False) -> None:
    """What runs, and whether it is ready. Exit code 3 when anything is not."""
    teller = Teller(as_json=as_json)
    rows = asyncio.run(standings(home_of(home)))
    teller.result({"parts": [row.as_row() for row in rows]})
    if not rows:
        teller.say("Nothing runs. `make up` starts it.")
        raise typer.Exit(3)
    teller.table(("part", "pid", "state", "address"), [(r.name, r.pid, r.state, r.address) for r in rows])
    if any(row.state not in ("ready", "running") for row in rows):
        raise typer.Exit(3)


def logs(
    part: Annotated[str, typer.Argument(help="For example card-service; all of them where none is named.")] = "*",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n")] = 40,
    home: Home = None,
) -> None:
    """The end of the logs; they are JSON lines, without personal data."""
    files = sorted((home_of(home) / "logs").glob(f"{part}.log"))
    tail = shutil.which("tail")
    if not files or tail is None:
        Teller().problem(f"No log of {part} in {home_of(home) / 'logs'}.")
        raise typer.Exit(1)
    subprocess.run([tail, "-n", str(lines), *(["-F"] if follow else []), *map(str, files)], check=False)


def reset(home: Home = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Forget all data of this house: databases, secrets, logs. What it cost to download stays."""
    place = home_of(home)
    if not (place / "state.json").exists() and not (place / "run").exists():
        Teller().say(f"There is nothing in {place}.")
        return
    if not yes and not typer.confirm(f"Delete all data in {place}?"):
        raise typer.Exit(1)
    bring_down(place)
    forget(place)
    Teller().say("Forgotten. `make up` starts afresh.")


def replay(service: Annotated[str, typer.Argument(help="For example card-service.")], home: Home = None) -> None:
    """Send a service's kept events again, oldest first; who heard them already takes no notice."""
    run(_command(home_of(home), service, "replay-outbox"), Teller())


def dead_letters(
    service: Annotated[str, typer.Argument(help="For example card-service.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="list, inspect ID, replay ID, skip ID")] = None,
    home: Home = None,
) -> None:
    """What a service could not take in: list, inspect, replay, skip."""
    run(_command(home_of(home), service, "dead-letters", *(arguments or ["list"])), Teller())


async def _command(home: Path, service: str, *arguments: str) -> None:
    if service not in SERVICES:
        raise LaunchProblem(f"There is no service {service}; there are: {', '.join(SERVICES)}")
    env = environment_of(home, service)
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", SERVICES[service], *arguments], env=env, check=False
    )
    if done.returncode != 0:
        raise typer.Exit(done.returncode)
