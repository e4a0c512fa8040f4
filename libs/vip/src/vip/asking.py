"""What every command takes: where the state is, and whether a machine reads the answer; and how it ends."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from vip.client import Refused, Unreachable
from vip.places import default_home
from vip.processes import LaunchProblem
from vip.telling import Teller

Home = Annotated[Path | None, typer.Option(envvar="VIP_HOME", help="The state folder; .vip of the project otherwise.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def home_of(given: Path | None) -> Path:
    """The state folder: the one given, or the project's own."""
    return (given or default_home()).resolve()


def run(work: Coroutine[Any, Any, None], teller: Teller) -> None:
    """Runs it; what a person can do something about is told in a sentence, with exit code 1."""
    try:
        asyncio.run(work)
    except (LaunchProblem, Refused, Unreachable) as problem:
        teller.problem(str(problem))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
