"""The `vip` command: start, stop, look inside, import, play the main story."""

import typer

from vip import commands_book, commands_house, commands_look, commands_papers

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

for command in (
    commands_house.up,
    commands_house.down,
    commands_house.status,
    commands_house.logs,
    commands_house.reset,
    commands_look.token,
    commands_look.people,
    commands_look.events,
    commands_house.replay,
    commands_house.dead_letters,
    commands_book.demo,
    commands_book.example,
    commands_papers.contracts,
    commands_papers.traceability,
    commands_papers.secrets,
):
    app.command()(command)
app.command(name="import")(commands_book.import_)
