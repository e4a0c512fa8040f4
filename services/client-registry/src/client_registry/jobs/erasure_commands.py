"""The erasure journal on the command line: written out beside the backups, and applied again after an older one came back."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from chassis.commands import say
from chassis.identity import system
from chassis.runtime import Runtime

from client_registry.use_cases.reapply_erasures import erasure_journal, reapply_erasures

_PATIENCE_MS = 600_000
_AT_ONCE = 500


async def write_journal(runtime: Runtime, args: Sequence[str]) -> int:
    """`erasure-journal FILE`: every erasure ever made, ids and kinds only. Kept apart from the backups it corrects."""
    path = _one(args, "erasure-journal FILE")
    async with runtime.database.reading() as tx:
        journal = await erasure_journal(tx)
    lines = [json.dumps({"client_id": str(client_id), "kinds": kinds}) for client_id, kinds in journal.items()]
    _write(path, lines)
    say({"erased_clients": len(lines), "journal": path})
    return 0


async def apply_journal(runtime: Runtime, args: Sequence[str]) -> int:
    """`reapply-erasures FILE`: whoever is in the journal and whole again is erased again, before anybody looks."""
    lines = _read(_one(args, "reapply-erasures FILE"))
    journal = {UUID(row["client_id"]): tuple(row["kinds"]) for row in map(json.loads, lines)}
    ids, again = sorted(journal), 0
    for start in range(0, len(ids), _AT_ONCE):
        part = {client_id: journal[client_id] for client_id in ids[start : start + _AT_ONCE]}
        async with runtime.database.transaction(statement_timeout_ms=_PATIENCE_MS) as tx:
            again += await reapply_erasures(tx, part, by=system("client-registry"), now=runtime.clock())
    say({"in_journal": len(ids), "erased_again": again})
    return 0


def _one(args: Sequence[str], usage: str) -> str:
    if len(args) != 1:
        raise ValueError(f"usage: python -m client_registry {usage}")
    return args[0]


def _write(path: str, lines: Sequence[str]) -> None:
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _read(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
