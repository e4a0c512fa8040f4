"""What is measured, and how: floor and ours take turns, each round gives one ratio, the median of the ratios counts.

A ratio is always better when larger. Machines drift by a factor of two within the hour, so no absolute figure is ever
compared; a ratio is compared with the one that was last accepted.
"""

import math
import statistics
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

FAILS_BELOW = 0.70
WARNS_BELOW = 0.80
# How many clients the measures over everybody have unless told otherwise.
USUAL = 100_000
# Ten times the clients may take so many times as long.
GROWS_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of one side. `notes` are figures to be shown beside it; their medians are."""

    value: float
    notes: dict[str, float] = field(default_factory=dict)


class Sides(Protocol):
    """The two sides of a measure, ready to be run again and again."""

    async def floor(self) -> Reading: ...

    async def ours(self) -> Reading: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row of the table. `least` is the ratio that the goal asks for; None where the goal is another.

    A `sized` one is measured on each size that was asked for; `clients` says on which this one is.
    """

    name: str
    work: str
    goal: str
    prepare: Callable[..., AbstractAsyncContextManager[Sides]]
    unit: str = "/s"
    better: Literal["more", "less"] = "more"
    least: float | None = None
    rounds: int = 3
    sized: bool = False
    clients: int | None = None

    def of(self, clients: int) -> "Measure":
        """The same on so many clients; the usual number needs no word in the name."""
        name = self.name if clients == USUAL else f"{self.name}-{clients}"
        return replace(self, name=name, work=f"{self.work} of {clients:,}", clients=clients)

    def ratio(self, floor: float, ours: float) -> float:
        """Larger is better, whatever the unit."""
        return ours / floor if self.better == "more" else floor / ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of a measure."""

    name: str
    work: str
    unit: str
    goal: str
    floor: float
    ours: float
    ratio: float
    spread: float
    meets_goal: bool | None
    accepted: float | None
    verdict: str
    notes: dict[str, float]

    @property
    def fails(self) -> bool:
        return self.verdict == "FAIL"


async def run(measure: Measure, sides: Sides, accepted: float | None, said: Callable[[str], None]) -> Row:
    """Floor, ours, floor, ours … as many rounds as the measure wants."""
    floors: list[Reading] = []
    ours: list[Reading] = []
    for number in range(1, measure.rounds + 1):
        floors.append(await _one(sides.floor, said, f"{measure.name} {number}/{measure.rounds} floor"))
        ours.append(await _one(sides.ours, said, f"{measure.name} {number}/{measure.rounds} ours"))
    return judge(measure, floors, ours, accepted)


async def _one(side: Callable[[], Awaitable[Reading]], said: Callable[[str], None], what: str) -> Reading:
    said(what)
    return await side()


def judge(measure: Measure, floors: list[Reading], ours: list[Reading], accepted: float | None) -> Row:
    """The row: medians, and what the ratio is worth beside the accepted one."""
    ratios = [measure.ratio(floor.value, our.value) for floor, our in zip(floors, ours, strict=True)]
    ratio = statistics.median(ratios)
    return Row(
        name=measure.name,
        work=measure.work,
        unit=measure.unit,
        goal=measure.goal,
        floor=statistics.median(reading.value for reading in floors),
        ours=statistics.median(reading.value for reading in ours),
        ratio=ratio,
        spread=(max(ratios) - min(ratios)) / ratio,
        meets_goal=None if measure.least is None else ratio >= measure.least,
        accepted=accepted,
        verdict=verdict(ratio, accepted),
        notes={**_medians("floor ", floors), **_medians("", ours)},
    )


def verdict(ratio: float, accepted: float | None) -> str:
    """`new` without an accepted ratio; FAIL below 70 % of it, warn below 80 %."""
    if accepted is None:
        return "new"
    if ratio < FAILS_BELOW * accepted:
        return "FAIL"
    return "warn" if ratio < WARNS_BELOW * accepted else "ok"


def _medians(prefix: str, readings: list[Reading]) -> dict[str, float]:
    names = readings[0].notes
    # Of what must not become long it is the worst that counts.
    taken = {name: max if name.startswith("longest") else statistics.median for name in names}
    return {prefix + name: taken[name](reading.notes[name] for reading in readings) for name in names}


def growth(smaller: Row, larger: Row, *, times: float) -> str:
    """How the time grows with the clients: both rows are rates, so it is the time of each client that is compared."""
    grown = times * smaller.ours / larger.ours
    floor = times * smaller.floor / larger.floor
    allowed = times ** math.log10(GROWS_AT_MOST)
    verdict = "ok" if grown <= allowed else "too much"
    return (
        f"{larger.work}: {times:g} × the clients take {grown:.1f} × the time (floor {floor:.1f} ×, allowed "
        f"{allowed:.1f} ×): {verdict}"
    )


def as_json(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__slots__}


def table(rows: list[Row]) -> str:
    """The rows for people; notes stand below the row they belong to."""
    cells = [("work", "floor", "ours", "ratio", "spread", "goal", "verdict")]
    notes: list[str] = [""]
    for row in rows:
        missed = ", misses the goal" if row.meets_goal is False else ""
        cells.append(
            (
                row.work, f"{_figure(row.floor)} {row.unit}", f"{_figure(row.ours)} {row.unit}", f"{row.ratio:.2f}",
                f"{row.spread:.0%}", row.goal, row.verdict + missed,
            )
        )  # fmt: skip
        notes.append("; ".join(f"{name} {_figure(value)}" for name, value in row.notes.items()))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines: list[str] = []
    for line, note in zip(cells, notes, strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if note:
            lines.append(f"    {note}")
    return "\n".join(lines)


def _figure(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
