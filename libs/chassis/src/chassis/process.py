"""`python -m <service> <command>`: one image, several commands; several roles may share one process and loop."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog
import uvicorn
from pydantic import ValidationError

from chassis import commands, idempotency
from chassis.assembly import Service, create_app, create_health_app, open_runtime
from chassis.db import DatabaseAway
from chassis.deliveries import deliver_by_the_minute, prune_proofs_daily
from chassis.delivery_adapters import adapters_of
from chassis.due_work import Sweeps
from chassis.fields import KeyRingRefused
from chassis.forgetting import forget_with_the_person
from chassis.listener import Listener
from chassis.logs import configure_logging
from chassis.operations_worker import OperationsWorker
from chassis.overdue import escalate_hourly
from chassis.pruning import prune_hourly
from chassis.refusals import Refusal
from chassis.relay import Relay
from chassis.runtime import Runtime
from chassis.sealer import Sealer
from chassis.serving import PortTaken, Role, RoleEnded, bind, serve
from chassis.settings import ServiceSettings
from chassis.sweeper import Sweeper
from chassis.texts import Language
from chassis.tracing import configure_tracing

ROLES: Mapping[str, tuple[str, ...]] = {
    "api": ("api",),
    "listen": ("listen",),
    "relay": ("relay",),
    "work": ("work",),
    "all": ("api", "listen", "relay", "work"),
}
log = structlog.get_logger("process")


def run(service: Service) -> None:
    """Runs the command in `sys.argv` and ends the process with its code: 2 for what cannot even be begun."""
    arguments, rest = _parser(service).parse_known_args()
    if rest and arguments.command not in service.commands:
        _parser(service).error(f"unknown arguments: {' '.join(rest)}")
    if arguments.command in {"openapi", "asyncapi", "contracts"}:
        sys.exit(commands.describe(service, arguments))
    try:
        settings = service.settings()
        configure_logging(service.name, settings.log_level)
        tracing = configure_tracing(service.name, settings.otlp_endpoint)
        # The loop uvicorn itself would take: uvloop where there is one.
        with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
            code = runner.run(_run(service, settings, arguments, rest))
        if tracing is not None:
            tracing.shutdown()
    except (ValidationError, KeyRingRefused, PortTaken, OSError, ValueError) as refused:
        sys.stderr.write(f"{service.name}: {_reason(refused)}\n")
        sys.exit(2)
    except (DatabaseAway, Refusal, RoleEnded) as failed:
        sys.stderr.write(f"{service.name}: {_reason(failed)}\n")
        sys.exit(1)
    sys.exit(code)


async def _run(service: Service, settings: ServiceSettings, arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    if arguments.command == "migrate":
        return await commands.bring_up_to_date(service, settings)
    if arguments.command in ROLES:
        await run_roles(service, settings, ROLES[arguments.command])
        return 0
    runtime = await open_runtime(service, settings)
    try:
        own = service.commands.get(arguments.command)
        if own is not None:
            return await own(runtime, rest)
        return await commands.COMMANDS[arguments.command](service, runtime, arguments)
    finally:
        await runtime.close()


async def run_roles(service: Service, settings: ServiceSettings, names: Sequence[str]) -> None:
    """The roles of one process until it is told to stop. A process without `api` still answers for its health."""
    bound = bind(settings.host, settings.port)
    runtime = await open_runtime(service, settings)
    app = create_app(service, runtime) if "api" in names else create_health_app(service, runtime)
    roles = {name: role for name in names for name, role in _roles(service, runtime, name).items()}
    await serve(runtime, app, bound, roles)


def _roles(service: Service, runtime: Runtime, name: str) -> dict[str, Role]:
    settings = runtime.settings
    if name == "listen" and service.hears is not None:
        listener = Listener(
            runtime.database,
            service.hears,
            service=service.name,
            bootstrap=settings.kafka_bootstrap,
            clock=runtime.clock,
            metrics=runtime.metrics,
        )
        return {"listen": listener.run}
    if name == "relay":
        relay = Relay(
            runtime.database,
            service=service.name,
            bootstrap=settings.kafka_bootstrap,
            idempotent=settings.kafka_idempotent,
            metrics=runtime.metrics,
        )
        return {"relay": relay.run}
    if name == "work":
        database, clock = runtime.database, runtime.clock
        return {
            "sweep": Sweeper(
                database,
                with_deliveries(with_housekeeping(service), runtime),
                clock=clock,
                metrics=runtime.metrics,
            ).run,
            "operations": OperationsWorker(database, service.operations, clock=clock).run,
            "seal": Sealer(database, service=service.name, signing_key=runtime.key, clock=clock).run,
        }
    return {}


def with_housekeeping(service: Service) -> Sweeps:
    """The service's sweeps and the frame's: events past their time go, and so do stored answers; what is overdue goes
    before the next layer."""
    both = Sweeps()
    for sweep in service.sweeps.sweeps.values():
        both.add(sweep)
    if service.escalation is not None:
        escalate_hourly(both, service.escalation)
    prune_hourly(both)
    idempotency.forget_hourly(both)
    forget_with_the_person(both)
    return both


def with_deliveries(sweeps: Sweeps, runtime: Runtime) -> Sweeps:
    """Work items are told to those outside where the settings name a webhook or a folder."""
    adapters = adapters_of(runtime.settings, runtime.http)
    if adapters:
        deliver_by_the_minute(sweeps, adapters, service=runtime.name)
    # Proofs of a webhook that was switched off since go as well.
    prune_proofs_daily(sweeps, kept=timedelta(days=runtime.settings.work_item_proofs_kept_days))
    return sweeps


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service.name.replace('-', '_')}")
    known = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, parts in ROLES.items():
        known.add_parser(name, help=f"run {', '.join(parts)} until told to stop")
    commands.add_parsers(known)
    for name, own in service.commands.items():
        known.add_parser(name, help=(own.__doc__ or "").strip().split("\n")[0], add_help=False)
    return parser


def _reason(raised: Exception) -> str:
    """What is wrong with the settings, field by field and without their values; or the exception's own sentence."""
    if isinstance(raised, ValidationError):
        found = (f"{'.'.join(map(str, error['loc'])) or 'settings'}: {error['msg']}" for error in raised.errors())
        return "settings refused: " + "; ".join(found)
    if isinstance(raised, Refusal):
        return raised.say(Language.EN)
    cause = f" ({type(raised.__cause__).__name__})" if raised.__cause__ is not None else ""
    return f"{raised}{cause}"
