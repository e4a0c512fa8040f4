"""How the command speaks: tables and colour on a terminal, plain lines elsewhere, JSON for machines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from vip.happenings import Happening

COLOURS = {"clients": "green", "cards": "yellow", "complaints": "red", "engagements": "cyan", "organisation": "magenta"}


class Bar:
    """A progress bar on a terminal; elsewhere a plain line at each tenth."""

    def __init__(self, what: str, progress: Progress | None, console: Console) -> None:
        self._what = what
        self._progress = progress
        self._task = progress.add_task(what, total=None) if progress is not None else None
        self._console = console
        self._told = -1

    def at(self, done: int, total: int | None) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total)
        elif total:
            tenth = done * 10 // total
            if tenth != self._told:
                self._told = tenth
                self._console.print(f"{self._what}: {done} of {total}")


class Teller:
    """One per command. With `as_json` only what `result` is given reaches stdout, as JSON; the rest goes nowhere."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        return self._out.is_terminal

    def say(self, line: str) -> None:
        if not self.as_json:
            self._out.print(escape(line))

    def rich(self, line: str) -> None:
        """A line with markup."""
        if not self.as_json:
            self._out.print(line)

    def problem(self, line: str) -> None:
        self._err.print(f"[red]{escape(line)}[/red]")

    def result(self, value: Any) -> None:
        """The answer, for machines."""
        if self.as_json:
            self._out.print_json(json.dumps(value, ensure_ascii=False, default=str))

    def line(self, value: Any) -> None:
        """One JSON line of a stream."""
        if self.as_json:
            self._out.out(json.dumps(value, ensure_ascii=False, default=str), highlight=False)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
        """A table on a terminal, lines with tabs elsewhere."""
        if self.as_json:
            return
        if not self.is_terminal:
            for row in rows:
                self._out.print(escape("\t".join(str(cell) for cell in row)))
            return
        table = Table(*columns, title=title, title_justify="left", header_style="bold")
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        self._out.print(table)

    def happening(self, happening: Happening, *, indent: str = "") -> None:
        """One event in one line."""
        name = happening.topic.split(".")[1]
        clock = happening.time[11:23]
        self.rich(
            f"{indent}[dim]{clock}[/dim] [{COLOURS.get(name, 'white')}]{happening.type:<28}[/] {escape(happening.brief())}"
        )

    @contextmanager
    def bar(self, what: str) -> Iterator[Bar]:
        """Progress of something long."""
        if self.as_json or not self.is_terminal:
            yield Bar(what, None, Console(quiet=True) if self.as_json else self._out)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._out) as progress:
            yield Bar(what, progress, self._out)
