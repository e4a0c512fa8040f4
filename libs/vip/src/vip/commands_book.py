"""Commands that bring clients in and play the story: demo, example, import."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from vip.asking import AsJson, Home, home_of, run
from vip.commands_look import open_api
from vip.example.book import write_book
from vip.example.organisation import write_organisation
from vip.first_start import SEED, SHANGHAI
from vip.happenings import Listening
from vip.importing import ImportFiles, kinds_of, send_import, settle, stopped
from vip.people import STEWARD
from vip.state import State
from vip.story import Story
from vip.telling import Teller

# Findings of an import that are shown row by row; of more, each kind is counted.
SHOWN = 50


def demo(home: Home = None, as_json: AsJson = False) -> None:
    """Play the main story for a new client, step by step, with the events as they pass."""
    teller = Teller(as_json=as_json)

    async def play() -> None:
        state = State(home_of(home))
        async with open_api(state) as api, Listening(str(state.get("bootstrap"))) as listening:
            told = await Story(api, listening, teller).play()
        teller.result(told)
        teller.say("")
        teller.say(f"Client {told['client_no']}, card {told['card_number']}, case {told['case_no']}.")
        teller.say(f"Act as this client: vip token --client {told['client_no']}")

    run(play(), teller)


def example(
    folder: Annotated[Path, typer.Argument(help="Where organisation.json and book.csv.gz are written.")],
    clients: Annotated[int, typer.Option(help="How many clients.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same book.")] = SEED,
) -> None:
    """Write the example organisation and a book of any size as files."""
    teller = Teller()
    folder.mkdir(parents=True, exist_ok=True)
    write_organisation(folder / "organisation.json", clients=clients)
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    with teller.bar(f"Writing {clients:,} clients") as bar:
        write_book(
            folder / "book.csv.gz", clients=clients, seed=seed, today=today, said=lambda done: bar.at(done, clients)
        )
    teller.say(f"{folder / 'organisation.json'} and {folder / 'book.csv.gz'}")


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="A mapping profile (.toml, for example examples/mappings/berka.toml) and the files it reads; files made from "
            "the template need none."
        ),
    ],
    figures: Annotated[bool, typer.Option(help="Month-end figures of clients on file, not clients.")] = False,
    source: Annotated[str | None, typer.Option(help="Figures: the system they come from.")] = None,
    mode: Annotated[str, typer.Option(help="whole, or good_rows.")] = "whole",
    validate_only: Annotated[bool, typer.Option(help="Check every row, change nothing.")] = False,
    as_of: Annotated[
        str | None, typer.Option(help="The last of the twelve months, or the figures' month, YYYY-MM.")
    ] = None,
    by: Annotated[str, typer.Option(help="Whose import it is.")] = STEWARD,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Import clients or month-end figures through the public API, with progress and report; exit code 1: rows were refused."""
    teller = Teller(as_json=as_json)
    profiles = [path for path in files if path.suffix.lower() == ".toml"]
    given = ImportFiles(
        files=[path for path in files if path not in profiles], profile=profiles[0] if profiles else None, mode=mode,
        validate_only=validate_only, as_of=as_of, figures=figures, source=source,
    )  # fmt: skip
    refused = 0

    async def bring() -> None:
        nonlocal refused
        async with open_api(State(home_of(home))) as api:
            started = await send_import(api, given, by=by)
            with teller.bar("Importing") as bar:
                ended = await settle(api, started["operation_id"], by=by, said=bar.at)
            path = f"{given.resource}/{started['figure_import_id' if figures else 'import_id']}"
            done = await api.get(path, by=by)
            refused = int(done["rows_invalid"])
            if ended["status"] != "succeeded" and not refused:
                raise stopped(ended)
            findings = [finding async for finding in api.items(f"{path}/report", by=by, limit=200)] if refused else []
        findings = [{"reason": found.get("reason_en", ""), **found} for found in findings]
        teller.result({"import": done, "findings": findings})
        if findings:
            teller.table(
                ("file", "sheet", "row", "column", "reason"),
                [(f["file"], f["sheet"] or "", f["row"], f["column"], f["reason"]) for f in findings[:SHOWN]],
            )
            if len(findings) > SHOWN:
                teller.say(f"These are the first {SHOWN} of {len(findings):,}; by kind:")
                teller.table(("times", "column", "reason", "first in row"), kinds_of(findings))
            teller.say(f"The whole report: GET {path}/{'refused-rows' if figures else 'report-file'}")
        if done["status"] == "unchanged":
            teller.say("unchanged: the very same files were imported before; nothing was read again.")
            return
        counts = (
            f"{done['rows_new']} months new, {done['rows_corrected']} corrected, {done['clients_changed']} clients changed"
            if figures
            else f"{done['clients_created']} clients new, {done['clients_known']} known already"
        )
        teller.say(f"{done['status']}: {done['rows_total']} rows, {refused} refused, {counts}")

    run(bring(), teller)
    if refused:
        raise typer.Exit(1)
