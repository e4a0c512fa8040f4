"""What runs and since when; and how to end it from another terminal."""

import asyncio
import shutil
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from vip.places import BROKER, GATEWAY, ISSUER, POSTGRES, SERVICES, Ports
from vip.postgres import PostgresServer
from vip.processes import Recorded, Records, end
from vip.state import State


@dataclass(frozen=True, slots=True)
class Standing:
    """One part: its process, its address, and what it says of itself."""

    name: str
    pid: int
    state: str
    address: str

    def as_row(self) -> dict[str, object]:
        return asdict(self)


def _ready_url(name: str, ports: Ports) -> str | None:
    if name == GATEWAY:
        return f"{ports.gateway_internal_url}/readyz"
    if name == ISSUER:
        return f"{ports.url(ISSUER)}/livez"
    return f"{ports.url(name)}/readyz" if name in SERVICES else None


def _address(name: str, ports: Ports) -> str:
    if name in (POSTGRES, BROKER):
        return f"127.0.0.1:{ports.postgres if name == POSTGRES else ports.broker}"
    return ports.url(name) if name in SERVICES or name in (GATEWAY, ISSUER) else ""


async def standings(home: Path) -> list[Standing]:
    """Every part that was started and not stopped, with what it answers now."""
    ports = Ports(int(State(home).get("port_base") or Ports().base))
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        rows = [record for record in Records(home / "run").all()]
        return list(await asyncio.gather(*(_standing(record, ports, client) for record in rows)))


async def _standing(record: Recorded, ports: Ports, client: httpx.AsyncClient) -> Standing:
    address = _address(record.name, ports)
    if not record.is_alive():
        return Standing(record.name, record.pid, "dead", address)
    url = _ready_url(record.name, ports)
    if url is None:
        return Standing(record.name, record.pid, "running", address)
    try:
        answer = await client.get(url)
    except httpx.TransportError:
        return Standing(record.name, record.pid, "not answering", address)
    return Standing(record.name, record.pid, "ready" if answer.status_code == 200 else "not ready", address)


def bring_down(home: Path, *, patience_s: float = 60.0) -> bool:
    """Ends the supervisor in order, and whatever a dead one left running; False when nothing ran."""
    records = Records(home / "run")
    supervisor = records.get("supervisor")
    something = False
    if supervisor is not None and supervisor.is_alive():
        something = True
        end(supervisor.pid, supervisor.mark, first=signal.SIGTERM, patience_s=patience_s)
    for record in records.all():
        if record.is_alive():
            something = True
            first = signal.SIGINT if record.name == POSTGRES else signal.SIGTERM
            end(record.pid, record.mark, first=first, patience_s=20.0)
        records.forget(record.name)
    return something


def since(started: float) -> str:
    """Seconds since a moment of time.monotonic(), for people."""
    return f"{time.monotonic() - started:.1f} s"


def forget(home: Path) -> None:
    """Removes everything in the state folder but downloads; nothing may run in it."""
    PostgresServer(home, port=0, password="", log=home / "logs" / "postgres.log").destroy()
    for path in home.iterdir():
        if path.name == "jars":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
