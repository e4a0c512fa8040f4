"""The `vip` command: start, stop, look inside, import, play the main story."""

from collections.abc import Callable

import typer

from vip.commands_backup import backup, restore_
from vip.commands_book import demo, example, import_
from vip.commands_evidence import verify_evidence_
from vip.commands_house import dead_letters, down, logs, replay, reset, status, up
from vip.commands_look import events, people, token
from vip.commands_papers import contracts, secrets, settings, traceability

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

COMMANDS: tuple[Callable[..., None], ...] = (
    *(up, down, status, logs, reset),
    *(demo, token, people, events, example),
    *(backup, replay, dead_letters, contracts, traceability, settings, secrets),
)

for command in COMMANDS:
    app.command()(command)
app.command(name="import")(import_)
app.command(name="restore")(restore_)
app.command(name="verify-evidence")(verify_evidence_)
