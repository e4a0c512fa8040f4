"""The registry's own words on the command line: organisation, working calendar, tier policies."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import holidays
from chassis.clock import business_day
from chassis.commands import say
from chassis.runtime import Runtime

from client_registry.domain.reference import CalendarFacts, read_calendar, read_organisation
from client_registry.jobs.erasure_commands import apply_journal, write_journal
from client_registry.use_cases.load_calendar import load_calendar
from client_registry.use_cases.load_entitlements import load_entitlements
from client_registry.use_cases.load_policies import load_policies
from client_registry.use_cases.load_reference_data import load_reference_data
from client_registry.use_cases.seed_organisation import seed_organisation

BUILTIN = "builtin"
_PATIENCE_MS = 120_000


async def seed(runtime: Runtime, args: Sequence[str]) -> int:
    """`seed-organisation FILE.json`: units, people and postings; then the built-in policies and calendar.

    The same file twice changes nothing.
    """
    organisation = read_organisation(_read(_one(args, "seed-organisation FILE.json")))
    now = runtime.clock()
    async with runtime.database.transaction(statement_timeout_ms=_PATIENCE_MS) as tx:
        seeded = await seed_organisation(tx, organisation, now=now)
        policies = await load_policies(tx, _builtin("tier_policies.json"))
        await load_entitlements(tx, _builtin("entitlements.json"), now=now)
        await load_reference_data(
            tx, form=_builtin("registration_form.json"), policy=_builtin("information_policy.json")
        )
        version = await load_calendar(tx, _calendar(BUILTIN, now.year), now=now)
    say({"units": seeded.units, "postings": seeded.postings, "policies": policies, "calendar_version": version})
    return 0


async def publish_calendar(runtime: Runtime, args: Sequence[str]) -> int:
    """`load-calendar FILE|builtin`: publishes a version where the days differ from the one that stands."""
    now = runtime.clock()
    facts = _calendar(_one(args, "load-calendar FILE|builtin"), business_day(now).year)
    async with runtime.database.transaction() as tx:
        version = await load_calendar(tx, facts, now=now)
    say({"calendar": facts.calendar, "calendar_version": version, "noticed_years": sorted(facts.noticed_years)})
    return 0


async def publish_policies(runtime: Runtime, args: Sequence[str]) -> int:
    """`load-policies FILE|builtin`: adds the versions that are new."""
    name = _one(args, "load-policies FILE|builtin")
    given = _builtin("tier_policies.json") if name == BUILTIN else _read(name)
    async with runtime.database.transaction() as tx:
        added = await load_policies(tx, given, now=runtime.clock())
    say({"policies": added})
    return 0


async def publish_entitlements(runtime: Runtime, args: Sequence[str]) -> int:
    """`load-entitlements FILE|builtin`: publishes the version where it is newer than the ones that stand."""
    name = _one(args, "load-entitlements FILE|builtin")
    given = _builtin("entitlements.json") if name == BUILTIN else _read(name)
    async with runtime.database.transaction() as tx:
        version = await load_entitlements(tx, given, now=runtime.clock())
    say({"catalogue_version": version})
    return 0


async def publish_reference_data(runtime: Runtime, args: Sequence[str]) -> int:
    """`load-reference-data FORM.json POLICY.json|builtin`: adds the versions that are new; codes left out are retired."""
    if list(args) != [BUILTIN] and len(args) != 2:
        raise ValueError("usage: python -m client_registry load-reference-data FORM.json POLICY.json | builtin")
    given = (
        (_builtin("registration_form.json"), _builtin("information_policy.json"))
        if len(args) == 1
        else (_read(args[0]), _read(args[1]))
    )
    async with runtime.database.transaction() as tx:
        added = await load_reference_data(tx, form=given[0], policy=given[1])
    say({"reference_data": added})
    return 0


COMMANDS = {
    "seed-organisation": seed,
    "load-calendar": publish_calendar,
    "load-policies": publish_policies,
    "load-entitlements": publish_entitlements,
    "load-reference-data": publish_reference_data,
    "erasure-journal": write_journal,
    "reapply-erasures": apply_journal,
}


def _calendar(name: str, year: int) -> CalendarFacts:
    """The notices, and next year's statutory holidays as long as no notice names them."""
    given = _builtin("working_calendar.json") if name == BUILTIN else _read(name)
    return read_calendar(given, {year + 1: sorted(holidays.country_holidays("CN", years=year + 1))})


def _one(args: Sequence[str], usage: str) -> str:
    if len(args) != 1:
        raise ValueError(f"usage: python -m client_registry {usage}")
    return args[0]


def _read(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _builtin(name: str) -> Any:
    return json.loads(files("client_registry").joinpath("reference", name).read_text(encoding="utf-8"))
