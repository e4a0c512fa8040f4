"""`make bench`: every measure against its floor, on this machine, in one table.

    python tests/bench/run.py [--only NAME …] [--clients N …] [--json] [--accept] [--list]

Exit code 1 when a ratio is below 70 % of the one in accepted.json; `--accept` writes the ratios of this run there.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path

import card_work
import event_work
import frame_work
import gateway_work
import import_work
import recognition_work
import service_work
import structlog
import sweep_work
import tier_work
from ground import Ground
from measuring import USUAL, Measure, Row, as_json, growth, run, table

ACCEPTED = Path(__file__).with_name("accepted.json")
MEASURES: tuple[Measure, ...] = (
    *frame_work.MEASURES,
    *service_work.MEASURES,
    *gateway_work.MEASURES,
    *event_work.MEASURES,
    *sweep_work.MEASURES,
    *card_work.MEASURES,
    *tier_work.MEASURES,
    *import_work.MEASURES,
    *recognition_work.MEASURES,
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure against the floors.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these measures only; --list names them")
    parser.add_argument(
        "--clients", nargs="+", type=int, default=[USUAL], metavar="N",
        help="sizes of the book for the work over everybody, such as 100000 300000 1000000",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--accept", action="store_true", help="what was measured is what later runs are held to")
    parser.add_argument("--list", action="store_true", help="the names of the measures")
    given = parser.parse_args()
    unknown = set(given.only or ()) - {measure.name for measure in MEASURES}
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    return given


async def _measure(chosen: list[Measure], *, sizes: list[int]) -> tuple[list[Row], dict[str, str]]:
    accepted = json.loads(ACCEPTED.read_text()) if ACCEPTED.exists() else {}
    rows: list[Row] = []
    broken: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="vip-bench-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        ground = Ground(Path(folder))
        try:
            for measure in [each for each in chosen if not each.sized]:
                await _one(measure, ground, accepted, rows, broken)
            for clients in sizes:
                ground.clients = clients
                for measure in [each.of(clients) for each in chosen if each.sized]:
                    await _one(measure, ground, accepted, rows, broken)
                await ground.let_go()
        finally:
            await ground.close()
    return rows, broken


async def _one(
    measure: Measure, ground: Ground, accepted: dict[str, float], rows: list[Row], broken: dict[str, str]
) -> None:
    _say(f"{measure.name}: preparing")
    began = time.monotonic()
    try:
        async with measure.prepare(ground) as sides:
            row = await run(measure, sides, accepted.get(measure.name), _say)
    except Exception as failed:
        # One that cannot be measured fails the whole, but must not hide what the others say.
        broken[measure.name] = f"{type(failed).__name__}: {failed}"
        _say(f"{measure.name}: broken, {broken[measure.name]}")
        return
    rows.append(row)
    _say(
        f"{row.name}: {row.ratio:.2f} ({row.floor:.1f} and {row.ours:.1f} {row.unit}), {time.monotonic() - began:.0f} s"
    )


def _growths(chosen: list[Measure], rows: list[Row], sizes: list[int]) -> list[str]:
    """From the smallest book to each larger one."""
    known = {row.name: row for row in rows}
    first, *others = sorted(sizes)
    found = []
    for measure in [each for each in chosen if each.sized]:
        smaller = known.get(measure.of(first).name)
        for size in others:
            larger = known.get(measure.of(size).name)
            if smaller is not None and larger is not None:
                found.append(growth(smaller, larger, times=size / first))
    return found


async def _until_told_to_stop(chosen: list[Measure], *, sizes: list[int]) -> tuple[list[Row], dict[str, str]]:
    """A SIGTERM ends the run as Ctrl-C does: whatever was started is stopped again."""
    work = asyncio.ensure_future(_measure(chosen, sizes=sizes))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    return await work


def _say(line: str) -> None:
    sys.stderr.write(f"  {time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


def _accept(rows: list[Row]) -> None:
    known = json.loads(ACCEPTED.read_text()) if ACCEPTED.exists() else {}
    known |= {row.name: round(row.ratio, 4) for row in rows}
    ACCEPTED.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")


def _hush() -> None:
    """Nothing but the table goes to standard output; what the parts say of themselves is not wanted here."""
    logging.disable(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main() -> int:
    given = _arguments()
    if given.list:
        sys.stdout.write("".join(f"{measure.name}: {measure.work}\n" for measure in MEASURES))
        return 0
    _hush()
    chosen = [measure for measure in MEASURES if not given.only or measure.name in given.only]
    try:
        rows, broken = asyncio.run(_until_told_to_stop(chosen, sizes=sorted(set(given.clients))))
    except (asyncio.CancelledError, KeyboardInterrupt):
        _say("stopped before the end; nothing is left running")
        return 2
    grown = _growths(chosen, rows, sorted(set(given.clients)))
    if given.json:
        told = {"rows": [as_json(row) for row in rows], "growth": grown, "broken": broken}
        shown = json.dumps(told, ensure_ascii=False, indent=2)
        sys.stdout.write(shown + "\n")
    else:
        sys.stdout.write((table(rows) if rows else "nothing could be measured") + "\n")
        sys.stdout.write("".join(f"{line}\n" for line in grown))
        sys.stdout.write("".join(f"{name}: broken, {why}\n" for name, why in broken.items()))
    if given.accept:
        _accept(rows)
    return 1 if broken or any(row.fails for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
