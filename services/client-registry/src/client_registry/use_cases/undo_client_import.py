"""An import of clients is taken back by ranges: first the files it opened, then the figures it brought to others.

A file with which something was done since stays, and the report says why. The others go the way of every erasure, so that
whoever keeps something of the client hears of it. Figures stand no more from now on; what was known before is still found.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation, Step

from client_registry.domain.client_import_undoing import CAUSE
from client_registry.domain.retention import RecordKind
from client_registry.store import client_withdrawals, figure_families, later_acts
from client_registry.store import imports as store
from client_registry.store.imports import ClientImport
from client_registry.store.statements import lock_clients
from client_registry.use_cases.erase_clients import erase_kinds
from client_registry.use_cases.reevaluate_clients import mark_changed

RANGE = 500
_FIRST = str(UUID(int=0))


async def undo_client_import(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range. The cursor says who was done, so a step that was broken off is taken up where it stood."""
    found = await store.get_import(tx, UUID(op.detail["import_id"]))
    phase = op.cursor.get("phase", "files")
    after = UUID(op.cursor.get("after", _FIRST))
    counted = {name: int(op.cursor.get(name, 0)) for name in ("taken_back", "kept", "known", "figures")}
    total = op.total if op.total is not None else sum(await client_withdrawals.counts(tx, found.id))
    if phase == "files":
        clients = await client_withdrawals.lock_files(tx, found.id, after=after, size=RANGE)
        kept = await _take_back(tx, found, clients, by=Principal(op.started_by, ()), now=now)
        counted["kept"] += len(kept)
        counted["taken_back"] += len(clients) - len(kept)
        standing = sorted(kept)
    else:
        clients = standing = await client_withdrawals.next_known(tx, found.id, after=after, size=RANGE)
        await lock_clients(tx, clients)
        said = {client_id: ("figures_withdrawn", ()) for client_id in clients}
        await client_withdrawals.keep_outcomes(tx, found.id, said, brought="figures")
        counted["known"] += len(clients)
    counted["figures"] += await client_withdrawals.withdraw(tx, found.id, clients, now=now)
    await _count_anew(tx, found, standing, now=now)
    done = op.done + len(clients)
    if len(clients) == RANGE:
        cursor = {**counted, "phase": phase, "after": str(clients[-1])}
        return Step(done=done, total=max(total, done), cursor=cursor)
    if phase == "files":
        return Step(done=done, total=max(total, done), cursor={**counted, "phase": "known", "after": _FIRST})
    await store.set_status(tx, found.id, "undone", finished=True, now=now)
    await audit.record(
        tx, act="client-import.undone", by=Principal(op.started_by, ()), object_type="client_import",
        object_id=found.id, detail=counted, at=now,
    )  # fmt: skip
    result = {
        "import_id": str(found.id), "status": "undone", "clients_taken_back": counted["taken_back"],
        "clients_kept": counted["kept"], "clients_known": counted["known"], "figures_withdrawn": counted["figures"],
    }  # fmt: skip
    return Step(done=done, total=done, finished=True, result=result)


async def _take_back(
    tx: Tx, found: ClientImport, clients: Sequence[UUID], *, by: Principal, now: datetime
) -> dict[UUID, list[str]]:
    """Takes back the files with which nothing was done since, asked now and not when it was proposed; who stays, and why."""
    kept = await later_acts.reasons_among(tx, clients)
    gone = [client_id for client_id in clients if client_id not in kept]
    wanted = {client_id: (RecordKind.FILE,) for client_id in gone}
    await erase_kinds(tx, wanted, cause=CAUSE, list_id=None, by=by, now=now)
    await client_withdrawals.retire(tx, gone)
    outcomes: dict[UUID, tuple[str, Sequence[str]]] = {client_id: ("taken_back", ()) for client_id in gone}
    outcomes |= {client_id: ("kept", reasons) for client_id, reasons in kept.items()}
    await client_withdrawals.keep_outcomes(tx, found.id, outcomes, brought="file")
    return kept


async def _count_anew(tx: Tx, found: ClientImport, clients: Sequence[UUID], *, now: datetime) -> None:
    """Clients who stay are decided over again without the figures; a filed qualification waits for a person's review."""
    if not clients:
        return
    counting, several = await figure_families.survivors_of(tx, clients)
    for survivor in several:
        await figure_families.part(tx, survivor=survivor, since=found.created_at, now=now)
    await figure_families.carry(tx, clients, now=now)
    await mark_changed(tx, counting, now=now)
