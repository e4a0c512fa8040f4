"""The ground measures stand on: a durable PostgreSQL in a temporary folder, brokers, processes, keys; all of it goes."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from chassis.assembly import Service
from chassis.db import Database
from chassis.fields import FieldCipher, generate_key_file
from chassis.identity import Grant, Principal
from chassis.migrating import migrate
from chassis.tokens import generate_key, mint, public_jwks, write_key
from client_registry.domain.reference import read_organisation
from client_registry.use_cases.load_policies import load_policies
from client_registry.use_cases.load_reference_data import load_reference_data
from client_registry.use_cases.seed_organisation import seed_organisation
from measuring import Reading
from vip.broker import EmbeddedBroker
from vip.example.organisation import write_organisation
from vip.postgres import PostgresServer
from vip.processes import Child, free_port

HERE = Path(__file__).parent
STEWARD = Principal("staff:900002", (Grant("data_steward", "/hq/", "unit"),))


class Ground:
    """Whatever a measure needs, made on the first ask."""

    def __init__(self, folder: Path) -> None:
        # PostgreSQL may run as an unprivileged user, who has to reach the folder.
        folder.chmod(0o711)
        self.folder = folder
        # How many clients the measures of each size are made on.
        self.clients = 0
        self.field_keys_file = folder / "field-keys.json"
        generate_key_file(self.field_keys_file, development=True)
        self.cipher = FieldCipher.from_key_file(self.field_keys_file)
        self.gateway_key = generate_key("gateway-bench")
        self.signing_key_file = folder / "signing-key.json"
        write_key(generate_key("service-bench"), self.signing_key_file, development=True)
        self._postgres: PostgresServer | None = None
        self._templates: dict[str, str] = {}
        self._kept: dict[str, Any] = {}
        self._open = AsyncExitStack()

    async def kept(self, name: str, make: Callable[[], AbstractAsyncContextManager[Any]]) -> Any:
        """What several measures stand on, made by the first of them; it stays until it is let go of."""
        if name not in self._kept:
            self._kept[name] = await self._open.enter_async_context(make())
        return self._kept[name]

    async def let_go(self) -> None:
        """Ends what was kept."""
        self._kept.clear()
        await self._open.aclose()

    async def close(self) -> None:
        """Stops the database and removes its data."""
        await self.let_go()
        if self._postgres is not None:
            await self._postgres.stop()
            self._postgres.destroy()

    async def postgres(self) -> PostgresServer:
        """PostgreSQL as a bank runs it: every commit is on the disk before it is answered."""
        if self._postgres is None:
            self._postgres = PostgresServer(
                self.folder, port=free_port(), password="for-the-bench", log=self.folder / "postgres.log"
            )
            await self._postgres.start()
        return self._postgres

    async def empty_database(self, name: str = "floor") -> str:
        """The URL of a database with nothing in it."""
        return await (await self.postgres()).fresh_database(name)

    async def database_of(self, service: Service) -> str:
        """The URL of a migrated database; the registry's has the example organisation and the policies in it."""
        name = service.name.replace("-", "_")
        if name not in self._templates:
            url = await (await self.postgres()).fresh_database(f"{name}_template")
            await migrate(url, migrations=service.migrations, metadata=service.metadata)
            if service.name == "client-registry":
                await self._seed(url)
            self._templates[name] = url
        return await (await self.postgres()).fresh_database(name, template=self._templates[name])

    async def _seed(self, url: str) -> None:
        path = self.folder / "organisation.json"
        write_organisation(path, clients=45_000)
        names = ("tier_policies", "registration_form", "information_policy")
        tiers, form, policy = (
            json.loads(files("client_registry").joinpath("reference", f"{name}.json").read_text(encoding="utf-8"))
            for name in names
        )
        async with self.open(url) as database, database.transaction(statement_timeout_ms=60_000) as tx:
            await seed_organisation(tx, read_organisation(json.loads(path.read_text())), now=self.now())
            await load_policies(tx, tiers)
            await load_reference_data(tx, form=form, policy=policy)

    @asynccontextmanager
    async def open(self, url: str, *, size_max: int = 10) -> AsyncIterator[Database]:
        """A pool on a database."""
        database = await Database.open(
            url, name="bench", size_max=size_max, cipher=self.cipher, statement_timeout_ms=120_000, acquire_timeout_s=60
        )
        try:
            yield database
        finally:
            await database.close()

    @staticmethod
    def now() -> datetime:
        """The moment."""
        return datetime.now(UTC)

    def token(self, who: Principal, *, service: str) -> str:
        """A token as the gateway mints it; good for 60 seconds, the longest that services take."""
        return mint(self.gateway_key, who, audience=service, lifetime_s=60)

    def environment_of(self, service: str, url: str, *, port: int, bootstrap: str = "127.0.0.1:1") -> dict[str, str]:
        """The settings of a process of a service that trusts our gateway key."""
        prefix = service.replace("-", "_").upper()
        settings = {
            "environment": "development",
            "database_url": url,
            "kafka_bootstrap": bootstrap,
            "kafka_idempotent": "false",
            "port": str(port),
            "signing_key_file": str(self.signing_key_file),
            "field_keys_file": str(self.field_keys_file),
            "trusted_jwks": json.dumps({"gateway": public_jwks(self.gateway_key)}),
        }
        return {**os.environ, **{f"{prefix}_{name.upper()}": value for name, value in settings.items()}}

    @asynccontextmanager
    async def broker(self) -> AsyncIterator[str]:
        """A broker of its own, empty; its address."""
        broker = EmbeddedBroker(port=free_port(), log=self.folder / "broker.log")
        await broker.start()
        try:
            yield broker.bootstrap
        finally:
            await broker.stop()

    @asynccontextmanager
    async def process(
        self, *command: str, env: Mapping[str, str] | None = None, ready_url: str, statuses: tuple[int, ...] = (200,)
    ) -> AsyncIterator[Child]:
        """A Python process, ready; stopped at the end."""
        log = self.folder / f"process-{uuid4().hex[:6]}.log"
        child = Child(log.stem, [sys.executable, *command], log=log, env=env or os.environ)
        child.start()
        try:
            await _until_ready(child, ready_url, statuses)
            yield child
        finally:
            await asyncio.to_thread(child.stop)

    @asynccontextmanager
    async def service(
        self, service: Service, role: str, url: str, *, bootstrap: str = "127.0.0.1:1"
    ) -> AsyncIterator[tuple[str, Child]]:
        """One role of a service as a process; its address."""
        port = free_port()
        env = self.environment_of(service.name, url, port=port, bootstrap=bootstrap)
        at = f"http://127.0.0.1:{port}"
        module = service.name.replace("-", "_")
        async with self.process("-m", module, role, env=env, ready_url=f"{at}/readyz") as child:
            yield at, child

    @asynccontextmanager
    async def floor_app(self, kind: str, target: str = "-") -> AsyncIterator[tuple[str, Child]]:
        """One of the floors as a process; its address."""
        port = free_port()
        command = (str(HERE / "floor_app.py"), kind, str(port), target)
        at = f"http://127.0.0.1:{port}"
        async with self.process(*command, ready_url=f"{at}/ready", statuses=(200, 401, 404)) as child:
            yield at, child

    async def serve(
        self, child: Child, method: str, urls: list[str], headers: Mapping[str, str], *, body: str | None = None
    ) -> Reading:
        """Requests a second that this process serves, with its processor time for each."""
        began = cpu_seconds(child)
        figures = await self.load(method, urls, headers, body=body)
        cpu_us = (cpu_seconds(child) - began) / figures["requests"] * 1e6
        return Reading(figures["per_second"], {"p99 ms": figures["p99_ms"], "CPU µs": cpu_us})

    async def load(
        self,
        method: str,
        urls: list[str],
        headers: Mapping[str, str],
        *,
        body: str | None = None,
        connections: int = 32,
        seconds: float = 2.0,
    ) -> dict[str, Any]:
        """So many connections for so many seconds, from a process of its own. A starved machine may shed a few requests
        with 503; a run in which more than one in fifty, or any for another reason, is refused is none."""
        order = {
            "method": method, "urls": urls, "headers": dict(headers), "body": body, "connections": connections,
            "seconds": seconds,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / "load.py"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate(json.dumps(order).encode())
        if process.returncode != 0:
            raise RuntimeError("the load generator failed")
        figures: dict[str, Any] = json.loads(out)
        shed = figures["refused"].pop("503", 0)
        if figures["refused"] or shed > figures["requests"] / 50:
            raise RuntimeError(
                f"{method} {urls[0]}: refused {figures['refused']}, shed {shed}; {figures['first_refusal']}"
            )
        return figures


async def _until_ready(child: Child, url: str, statuses: tuple[int, ...]) -> None:
    ends = time.monotonic() + 30
    async with aiohttp.ClientSession() as session:
        while True:
            if not child.is_running():
                raise RuntimeError(f"a process ended before it was ready\n{child.last_words()}")
            if time.monotonic() > ends:
                raise RuntimeError(f"a process was not ready in time\n{child.last_words()}")
            try:
                async with session.get(url) as answer:
                    if answer.status in statuses:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def memory_peak_mib(child: Child) -> float:
    """The most memory the process ever held."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def cpu_seconds(child: Child) -> float:
    """Processor time the process has used so far."""
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
