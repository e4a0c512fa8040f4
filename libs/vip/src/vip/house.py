"""The whole house on one machine, as a library: PostgreSQL, broker, issuer, four services, gateway.

`vip up` runs one; the journeys and the kill tests run theirs in a temporary folder on ports of their own.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from vip.broker import TOPICS as BROKER_TOPICS
from vip.broker import EmbeddedBroker, make_topics, wait_for_kafka
from vip.databases import PostgresAdmin, open_given
from vip.environments import gateway_environment, issuer_environment, service_environment
from vip.kafka import ApacheKafka
from vip.keys import Keys
from vip.places import BROKER, GATEWAY, ISSUER, POSTGRES, ROLES, SERVICES, Ports
from vip.postgres import PostgresServer
from vip.processes import Child, LaunchProblem, free_port, port_is_taken
from vip.programs import Program, run_once
from vip.shapes import shape_of
from vip.state import State
from vip.state_folder import StateFolder

Part = Program | PostgresServer | EmbeddedBroker | ApacheKafka


class House:
    """Everything that runs, by name: postgres, broker, dev-identity, gateway, and each service (or its four roles).

    `broker` is "embedded", "kafka" (Apache Kafka of our own) or the address of one that runs already.
    `split_processes` starts api, listen, relay and work of each service apart: "card-service.relay".
    `durable=False` is for tests. `say` is told of each step.
    """

    def __init__(
        self,
        home: Path,
        port_base: int,
        *,
        broker: str = "embedded",
        split_processes: bool = False,
        durable: bool = True,
        admin_url: str | None = None,
        environment: Mapping[str, str] | None = None,
        jars: Path | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.home = home.resolve()
        self.ports = Ports(port_base)
        self.split_processes = split_processes
        self._broker_kind = broker
        self._durable = durable
        self._admin_url = admin_url
        self._environment = dict(os.environ if environment is None else environment)
        self._jars = jars
        self._say = say
        self._folder = StateFolder(self.home)
        self._admin: PostgresAdmin | None = None
        self._database_urls: dict[str, Path] = {}
        self.parts: dict[str, Part] = {}
        self.logs = self._folder.logs
        self.records = self._folder.records
        self.state = State(self.home)

    # -- what may be asked of it

    @property
    def url(self) -> str:
        """The gateway's public address."""
        return self.ports.url(GATEWAY)

    @property
    def bootstrap(self) -> str:
        """Where the broker listens."""
        given = self._broker_kind not in ("embedded", "kafka")
        return self._broker_kind if given else f"127.0.0.1:{self.ports.broker}"

    @property
    def admin(self) -> PostgresAdmin:
        """The database server, once it is started."""
        if self._admin is None:
            raise LaunchProblem("The house is not started.")
        return self._admin

    def names(self) -> list[str]:
        """Every part that was started."""
        return list(self.parts)

    def names_of(self, service: str) -> list[str]:
        """The parts that are this service: itself, or its four roles."""
        return [f"{service}.{role}" for role in ROLES] if self.split_processes else [service]

    # -- start

    async def start(self, *, organisation: Path | None = None) -> None:
        """Starts everything and waits until all of it is ready; what was started is stopped again on a failure.

        The organisation is written on the first start only, before the services run.
        """
        try:
            await self.open()
            await self.start_foundations()
            await self.migrate()
            if organisation is not None and not self.state.is_done("organisation"):
                await self.seed_organisation(organisation)
            await self.start_programs()
            await self.wait_ready()
        except BaseException:
            await self.stop()
            raise

    async def open(self) -> None:
        """Takes the state folder for itself, ends what a crash left running, makes secrets, looks at the ports."""
        self._folder.take()
        try:
            await asyncio.to_thread(self._folder.end_orphans, self._say)
            await asyncio.to_thread(Keys(self.home).make_all)
            self._check_ports()
        except BaseException:
            self._folder.give_up()
            raise

    def _check_ports(self) -> None:
        ours = dict(self.ports.named())
        if self._admin_url:
            del ours[POSTGRES]
        if self.bootstrap != f"127.0.0.1:{self.ports.broker}":
            del ours[BROKER]
        taken = [f"{port} ({name})" for name, port in ours.items() if port_is_taken(port)]
        if taken:
            raise LaunchProblem(
                f"Taken by another program: port {', '.join(taken)}. Stop that program, or choose other ports: "
                f"vip up --port-base {self.ports.base + 100} (or VIP_PORT_BASE={self.ports.base + 100} make up)."
            )

    async def start_foundations(self) -> None:
        """PostgreSQL and the broker, at the same time; then a database and a role for each service."""
        for ended in await asyncio.gather(self.start_database(), self._start_broker(), return_exceptions=True):
            if ended is not None:
                raise ended
        self.state.set("port_base", self.ports.base)
        self.state.set("bootstrap", self.bootstrap)
        self.state.set("idempotent", self._broker_kind != "embedded")
        await self.ensure_databases()

    async def ensure_databases(self) -> None:
        """A database and a role for each service, made or kept."""
        keys = Keys(self.home)
        for service, name in SERVICES.items():
            url = await self.admin.ensure_database(name, password=keys.password(name))
            self._database_urls[service] = keys.database_url(service, url)

    async def start_database(self) -> None:
        """PostgreSQL alone; the other parts want it first."""
        if self._admin_url:
            self._admin = await open_given(self._admin_url)
            return
        server = PostgresServer(
            self.home,
            port=self.ports.postgres,
            password=Keys(self.home).password("postgres"),
            log=self.logs / "postgres.log",
            durable=self._durable,
            records=self.records,
        )
        self._admin = self.parts[POSTGRES] = server
        self._say("Starting PostgreSQL")
        await server.start()

    async def _start_broker(self) -> None:
        if self._broker_kind not in ("embedded", "kafka"):
            await wait_for_kafka(self.bootstrap)
            await make_topics(self.bootstrap, BROKER_TOPICS)
            return
        log = self.logs / "broker.log"
        part: EmbeddedBroker | ApacheKafka
        if self._broker_kind == "kafka":
            part = ApacheKafka(self.home, port=self.ports.broker, log=log, cache=self._jars, records=self.records)
        else:
            part = EmbeddedBroker(port=self.ports.broker, log=log, records=self.records)
        self.parts[BROKER] = part
        self._say("Starting Apache Kafka" if self._broker_kind == "kafka" else "Starting the broker")
        await part.start()

    def _env(self, own: Mapping[str, str]) -> dict[str, str]:
        return {**self._environment, "PYTHONUNBUFFERED": "1", **own}

    def service_env(self, service: str, *, port: int | None = None) -> dict[str, str]:
        """The environment of a process of this service."""
        own = service_environment(
            service,
            ports=self.ports,
            keys=Keys(self.home),
            database_url_file=self._database_urls[service],
            bootstrap=self.bootstrap,
            idempotent=self._broker_kind != "embedded",
            port=self.ports.service(service) if port is None else port,
        )
        return self._env(own)

    async def run_command(self, service: str, *arguments: str) -> None:
        """`python -m <service> <arguments>` to its end."""
        log = self.logs / f"{service}.{arguments[0]}.log"
        await run_once((SERVICES[service], *arguments), log=log, env=self.service_env(service))

    async def migrate(self) -> None:
        """Brings the databases to the newest shape, all at once; one whose revisions did not change is left alone."""
        shapes = {service: shape_of(module) for service, module in SERVICES.items()}
        known = self.state.get("shapes") or {}
        behind = [s for s, shape in shapes.items() if known.get(s) != shape or SERVICES[s] in self.admin.created]
        if not behind:
            return
        self._say("Preparing the databases")
        runs = (self.run_command(service, "migrate") for service in behind)
        # All of them end before the first problem is raised: nothing may still write when the database is stopped.
        for ended in await asyncio.gather(*runs, return_exceptions=True):
            if ended is not None:
                raise ended

        self.state.set("shapes", shapes)

    async def seed_organisation(self, file: Path) -> None:
        """Writes organisation, people and calendar from a file; the same file twice changes nothing."""
        self._say("Writing organisation, people and calendar")
        await self.run_command("client-registry", "seed-organisation", str(file))
        self.state.done("organisation")

    async def start_programs(self) -> None:
        """Starts issuer, services and gateway."""
        self._say("Starting the services")
        for program in self._programs():
            self.parts[program.name] = program
            await program.start()

    def _programs(self) -> list[Program]:
        keys = Keys(self.home)
        issuer = self._env(issuer_environment(ports=self.ports, keys=keys))
        gateway = self._env(gateway_environment(ports=self.ports, keys=keys))
        programs = [self._program(ISSUER, ("dev_identity",), issuer, f"{self.ports.url(ISSUER)}/livez")]
        for service, module in SERVICES.items():
            for name in self.names_of(service):
                role = name.partition(".")[2] or "all"
                port = self.ports.service(service) if role in ("api", "all") else free_port()
                ready = f"http://127.0.0.1:{port}/readyz"
                programs.append(self._program(name, (module, role), self.service_env(service, port=port), ready))
        programs.append(self._program(GATEWAY, ("gateway",), gateway, f"{self.ports.gateway_internal_url}/readyz"))
        return programs

    def _program(self, name: str, arguments: tuple[str, ...], env: Mapping[str, str], ready_url: str) -> Program:
        log = self.logs / f"{name}.log"
        return Program(name, arguments, log=log, env=env, records=self.records, ready_url=ready_url)

    async def wait_ready(self, *names: str, patience_s: float = 60.0) -> None:
        """Returns once these parts (or all) say that they are ready. Raises LaunchProblem when one ends or is late."""
        deadline = time.monotonic() + patience_s
        waiting = [p for p in self.parts.values() if isinstance(p, Program) and (not names or p.name in names)]
        async with httpx.AsyncClient(trust_env=False) as client:
            while waiting:
                ready = await asyncio.gather(*(program.is_ready(client) for program in waiting))
                waiting = [program for program, yes in zip(waiting, ready, strict=True) if not yes]
                if waiting and time.monotonic() > deadline:
                    late = waiting[0]
                    raise LaunchProblem(f"{late.name} is not ready in time.\n{late.child.last_words()}")
                await asyncio.sleep(0.1 if waiting else 0)

    # -- while it runs

    def child(self, name: str) -> Child:
        """The process of a part. Raises LaunchProblem for a name that is not running."""
        part = self.parts.get(name)
        if part is None or part.child is None:
            raise LaunchProblem(f"Nothing runs under the name {name}; there are: {', '.join(self.parts)}")
        return part.child

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would."""
        self.child(name).kill()

    async def restart(self, name: str) -> None:
        """Stops the part in order where it runs, and starts it again; wait_ready tells when it is back."""
        part = self.parts[name]
        if part.child is not None and part.child.is_running():
            await part.stop()
        await part.start()

    # -- stop

    async def stop(self) -> None:
        """Stops everything in order: the gateway first, the database last. Data stays."""
        programs = [part for part in self.parts.values() if isinstance(part, Program)]
        for program in [p for p in programs if p.name == GATEWAY]:
            await program.stop()
        await asyncio.gather(*(program.stop() for program in programs))
        for name in (BROKER, POSTGRES):
            if name in self.parts:
                await self.parts[name].stop()
        self.parts.clear()
        self._folder.give_up()


def environment_of(home: Path, service: str) -> dict[str, str]:
    """The environment of a command of a service in a house that was started at least once."""
    state = State(home)
    url_file = home / "secrets" / f"{service}.database-url"
    if not url_file.exists() or state.get("port_base") is None:
        raise LaunchProblem(f"There is no house in {home} yet; `make up` starts one.")
    ports = Ports(int(state.get("port_base")))
    own = service_environment(
        service,
        ports=ports,
        keys=Keys(home),
        database_url_file=url_file,
        bootstrap=str(state.get("bootstrap")),
        idempotent=bool(state.get("idempotent")),
        port=ports.service(service),
    )
    return {**os.environ, **own}
