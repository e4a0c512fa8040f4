"""The frame's own commands of `python -m <service>`: each opens the runtime, does one thing and says what it did."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet

from chassis import dead_letters, deliveries, replaying
from chassis.assembly import Service, openapi
from chassis.asyncapi_document import asyncapi
from chassis.audit_proof import verify_audit
from chassis.clock import system_clock
from chassis.json_values import json_ready
from chassis.migrating import migrate
from chassis.rotating import reseal_all, unmarked
from chassis.runtime import Runtime
from chassis.settings import ServiceSettings
from chassis.texts import Language, Text
from chassis.tokens import public_jwks

OPERATOR = "operator"
Frame = Callable[[Service, Runtime, argparse.Namespace], Awaitable[int]]


def say(found: Any) -> None:
    """One JSON object on standard output."""
    _print(json_ready(found))


def _print(found: Any) -> None:
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands' own arguments."""
    commands.add_parser("migrate", help="bring the database to the newest revision")
    for name in ("openapi", "asyncapi"):
        describing = commands.add_parser(name, help=f"print the {name} document")
        describing.add_argument("--language", choices=[each.value for each in Language], default=Language.ZH.value)
        if name == "openapi":
            describing.add_argument("--internal", action="store_true", help="the operations between services")
    commands.add_parser("contracts", help="print every contract document, by its place below contracts/")
    letters = commands.add_parser("dead-letters", help="list, inspect, replay or skip events that failed")
    letters.add_argument("act", choices=["list", "inspect", "replay", "skip"])
    letters.add_argument("id", type=int, nargs="?")
    letters.add_argument("--by", default=OPERATOR, help="who does it; stands in the letter")
    letters.add_argument("--limit", type=int, default=100)
    again = commands.add_parser("replay-outbox", help="send the kept events once more, the oldest first")
    again.add_argument("--since", type=datetime.fromisoformat, help="published since, RFC 3339")
    waiting = commands.add_parser("work-item-deliveries", help="work items that those outside have not been told of")
    waiting.add_argument("--limit", type=int, default=100)
    commands.add_parser("rotate-field-keys", help="seal every field under the current key again")
    audit = commands.add_parser("verify-audit", help="walk the whole audit chain")
    audit.add_argument("--keys", type=Path, help="a JWKS with former signing keys")
    audit.add_argument("--head", help="<seq>:<chain> noted elsewhere")
    audit.add_argument(
        "--unsealed-may-wait", action="store_true", help="while no sealer runs, after a restore for instance"
    )


def describe(service: Service, arguments: argparse.Namespace) -> int:
    """openapi, asyncapi and contracts (all of them at once): need neither settings nor anything running."""
    if arguments.command == "contracts":
        _print(
            {
                f"openapi/{service.name}.json": openapi(service, Language.EN),
                f"openapi/{service.name}.zh-CN.json": openapi(service, Language.ZH),
                f"openapi/internal/{service.name}.json": openapi(service, Language.EN, internal=True),
                f"asyncapi/{service.name}.json": _asyncapi(service, Language.EN),
            }
        )
    elif arguments.command == "openapi":
        _print(openapi(service, Language(arguments.language), internal=arguments.internal))
    else:
        _print(_asyncapi(service, Language(arguments.language)))
    return 0


def _asyncapi(service: Service, language: Language) -> dict[str, Any]:
    package = service.settings.__module__.split(".")[0]
    title = service.title or Text(en=service.name, zh=service.name)
    return asyncapi(title=title, name=service.name, package=package, hears=service.hears, language=language)


async def bring_up_to_date(service: Service, settings: ServiceSettings) -> int:
    """migrate"""
    url = settings.database_url.get_secret_value()
    await migrate(url, migrations=service.migrations, metadata=service.metadata)
    say({"service": service.name, "migrated": True})
    return 0


async def handle_letters(service: Service, runtime: Runtime, arguments: argparse.Namespace) -> int:
    """dead-letters; 1 when a replayed letter failed again."""
    if arguments.act == "list":
        async with runtime.database.reading() as tx:
            found = await dead_letters.list_letters(tx, limit=arguments.limit)
        say({"items": [{name: value for name, value in _plain(each).items() if name != "message"} for each in found]})
        return 0
    if arguments.id is None:
        sys.stderr.write(f"dead-letters {arguments.act} needs the letter's id\n")
        return 2
    if arguments.act == "inspect":
        async with runtime.database.reading() as tx:
            say(_plain(await dead_letters.inspect(tx, arguments.id)))
        return 0
    if service.hears is None:
        sys.stderr.write(f"{service.name} hears nothing\n")
        return 2
    act = dead_letters.replay if arguments.act == "replay" else dead_letters.skip
    done = await act(runtime.database, service.hears, arguments.id, by=arguments.by, clock=runtime.clock)
    say(_plain(done))
    return 0 if done.failed is None else 1


async def send_again(service: Service, runtime: Runtime, arguments: argparse.Namespace) -> int:
    """replay-outbox"""
    since = arguments.since.astimezone() if arguments.since else None
    async with runtime.database.transaction() as tx:
        count = await replaying.replay_outbox(tx, since=since)
    say({"service": service.name, "events": count})
    return 0


async def rotate(service: Service, runtime: Runtime, arguments: argparse.Namespace) -> int:
    """rotate-field-keys; 1 when a sealed column does not say that it is one."""
    results = await reseal_all(runtime.database, service.metadata)
    left = unmarked(service.metadata)
    say({"service": service.name, "columns": [asdict(each) for each in results], "not_declared": left})
    return 1 if left else 0


async def prove_audit(service: Service, runtime: Runtime, arguments: argparse.Namespace) -> int:
    """verify-audit; 1 when anything was found."""
    keys = public_jwks(runtime.key)["keys"]
    if arguments.keys is not None:
        keys = [*keys, *json.loads(arguments.keys.read_text())["keys"]]
    head = None
    if arguments.head:
        seq, _, chain = arguments.head.partition(":")
        head = (int(seq), chain)
    async with runtime.database.reading() as tx:
        report = await verify_audit(
            tx,
            service=service.name,
            keys=KeySet.import_key_set({"keys": keys}),
            now=system_clock(),
            known_head=head,
        )
    waiting = len(report.unsealed)
    if arguments.unsealed_may_wait:
        report.unsealed = []
    say({"service": service.name, "sound": report.sound, "waiting": waiting, **_plain(report)})
    return 0 if report.sound else 1


async def list_undelivered(service: Service, runtime: Runtime, arguments: argparse.Namespace) -> int:
    """work-item-deliveries; 1 when something waits that has failed before."""
    async with runtime.database.reading() as tx:
        found = await deliveries.undelivered(tx, limit=arguments.limit)
    say({"service": service.name, "items": found})
    return 1 if any(each["attempts"] for each in found) else 0


def _plain(found: Any) -> dict[str, Any]:
    plain = asdict(found)
    if isinstance(plain.get("message"), bytes):
        plain["message"] = plain["message"].decode(errors="replace")
    return plain


COMMANDS: Mapping[str, Frame] = {
    "dead-letters": handle_letters,
    "replay-outbox": send_again,
    "rotate-field-keys": rotate,
    "verify-audit": prove_audit,
    "work-item-deliveries": list_undelivered,
}
