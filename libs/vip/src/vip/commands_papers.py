"""Commands that write files for others: contracts, traceability, settings, secrets for containers."""

from pathlib import Path
from typing import Annotated

import typer

from vip.container_secrets import make_container_secrets
from vip.exported import documents
from vip.places import project_root
from vip.processes import LaunchProblem
from vip.settings_page import render as render_settings
from vip.telling import Teller
from vip.traceability import UnknownRequirement, render


def contracts(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 where a file differs.")] = False,
) -> None:
    """Write contracts/openapi and contracts/asyncapi anew from the code."""
    teller = Teller()
    folder = project_root() / "contracts"
    changed = []
    try:
        printed = documents()
    except LaunchProblem as problem:
        teller.problem(str(problem))
        raise typer.Exit(1) from None
    for place, text in printed.items():
        path = folder / place
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        changed.append(place)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for place in changed:
        teller.say(f"{'differs' if check else 'written'}: contracts/{place}")
    if check and changed:
        teller.problem("Run `make contracts`, review the difference and commit it.")
        raise typer.Exit(1)


def traceability(
    write: Annotated[bool, typer.Option("--write", help="Write docs/traceability.md.")] = False,
) -> None:
    """Which test proves which requirement."""
    teller = Teller()
    try:
        page = render(project_root())
    except UnknownRequirement as stranger:
        teller.problem(str(stranger))
        raise typer.Exit(1) from None
    if write:
        (project_root() / "docs" / "traceability.md").write_text(page, encoding="utf-8")
    else:
        typer.echo(page, nl=False)


def settings(
    write: Annotated[bool, typer.Option("--write", help="Write docs/settings.md.")] = False,
) -> None:
    """Every setting of every process: name, type, default, meaning."""
    page = render_settings()
    if write:
        (project_root() / "docs" / "settings.md").write_text(page, encoding="utf-8")
    else:
        typer.echo(page, nl=False)


def secrets(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    production: Annotated[bool, typer.Option(help="Keys without the mark of development.")] = False,
) -> None:
    """Make the secrets that docker-compose.yml wants, one file each."""
    teller = Teller()
    try:
        made = make_container_secrets(folder, production=production)
    except LaunchProblem as problem:
        teller.problem(str(problem))
        raise typer.Exit(1) from None
    teller.say(f"{len(made)} secrets in {folder}. Start with: VIP_SECRETS_DIR={folder} docker compose up")
