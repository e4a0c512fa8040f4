"""Figures of files from received to kept, in resumable steps: check all rows, judge, keep by ranges of clients (CR-32)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation, Step
from chassis.refusals import FieldError

from client_registry.domain.imports.findings import TEXTS
from client_registry.domain.imports.joining import FilesDoNotFit, does_not_fit, finding_of
from client_registry.store import figure_import_rows as rows_store
from client_registry.store import imports as store
from client_registry.store import statements
from client_registry.store.imports import ClientImport
from client_registry.use_cases.check_figure_import import check_figure_import
from client_registry.use_cases.reevaluate_clients import mark_changed
from client_registry.use_cases.run_client_import import RowsInvalid

APPLY_RANGE = 2_000
_NOBODY = UUID(int=0)
_COUNTS = ("rows_new", "rows_corrected", "clients_changed")


async def run_figure_import(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next step. The cursor says where the import stands: rows checked, judged, clients done."""
    found = await store.get_import(tx, UUID(op.detail["import_id"]))
    match op.cursor.get("phase", "check"):
        case "check":
            return await _check(tx, op, found, now)
        case "apply":
            return await _apply(tx, op, found, now)
        case "unfit":
            # The step before has committed the verdict; this one only says it. So below.
            errors = [FieldError(k["pointer"], k["code"], TEXTS[k["code"]], k["params"]) for k in op.cursor["errors"]]
            raise FilesDoNotFit(errors)
        case _:
            raise RowsInvalid(invalid=found.rows_invalid, total=found.rows_total)


async def _check(tx: Tx, op: Operation, found: ClientImport, now: datetime) -> Step:
    after = int(op.cursor.get("row", 0))
    if after == 0:
        earlier = await store.same_applied(tx, found)
        if earlier is not None:
            same = {"import_id": str(found.id), "status": "unchanged", "same_as": str(earlier)}
            return await _end(tx, found, "unchanged", Step(done=0, total=0, finished=True, result=same), now)
        await store.set_status(tx, found.id, "checking", finished=False, now=now)
    try:
        checked = await check_figure_import(
            tx, found, scope_paths=op.detail["scope_paths"], after=after, place=op.cursor.get("place"), now=now
        )
        if checked.finished and not checked.rows:
            files = await store.files_of(tx, found.id)
            raise does_not_fit(f"/file/{files[0].name}", "import.no-rows")
    except FilesDoNotFit as unfit:
        await store.add_findings(tx, found.id, [finding_of(error) for error in unfit.errors])
        kept = [{"pointer": e.pointer, "code": e.code, "params": dict(e.params)} for e in unfit.errors]
        return await _end(tx, found, "refused", Step(done=after, cursor={"phase": "unfit", "errors": kept}), now)
    if not checked.finished:
        return Step(
            done=checked.rows, total=None, cursor={"phase": "check", "row": checked.rows, "place": checked.place}
        )
    invalid = await store.count_rows(tx, found.id, checked.rows)
    if invalid and found.mode == "whole" and not found.validate_only:
        step = Step(done=checked.rows, total=checked.rows, cursor={"phase": "refused"})
        return await _end(tx, found, "refused", step, now)
    if found.validate_only:
        result: dict[str, Any] = {"import_id": str(found.id), "status": "checked", "rows_total": checked.rows}
        result["rows_invalid"] = invalid
        step = Step(done=checked.rows, total=checked.rows, finished=True, result=result)
        return await _end(tx, found, "checked", step, now)
    await store.set_status(tx, found.id, "applying", finished=False, now=now)
    clients = await rows_store.count_clients(tx, found.id)
    cursor = {"phase": "apply", "after": str(_NOBODY), "checked": checked.rows, "clients": clients, "done": 0}
    return Step(done=checked.rows, total=checked.rows + clients, cursor={**cursor, **dict.fromkeys(_COUNTS, 0)})


async def _end(tx: Tx, found: ClientImport, status: str, step: Step, now: datetime) -> Step:
    await store.forget_upload(tx, found.id)
    await store.set_status(tx, found.id, status, finished=True, now=now)
    return step


async def _apply(tx: Tx, op: Operation, found: ClientImport, now: datetime) -> Step:
    cursor: dict[str, Any] = dict(op.cursor)
    clients = await rows_store.next_clients(tx, found.id, after=UUID(cursor["after"]), size=APPLY_RANGE)
    if clients:
        await statements.lock_clients(tx, clients)
        kept = await rows_store.keep(tx, found.id, clients, source=found.source or "file", now=now)
        changed = await statements.derive(tx, [(month.client_id, month.month) for month in kept], now=now)
        await mark_changed(tx, changed, now=now)
        held = [month.client_id for month in kept if month.held]
        if held:
            await statements.tell_holdings(tx, held, now=now)
        first = sum(month.first for month in kept)
        cursor["rows_new"] += first
        cursor["rows_corrected"] += len(kept) - first
        cursor["clients_changed"] += len(changed)
        cursor |= {"after": str(clients[-1]), "done": cursor["done"] + len(clients)}
    done, total = cursor["checked"] + cursor["done"], cursor["checked"] + cursor["clients"]
    if len(clients) == APPLY_RANGE:
        return Step(done=done, total=total, cursor=cursor)
    counts = {name: cursor[name] for name in _COUNTS}
    await store.keep_counts(tx, found.id, counts)
    await _record(tx, found, counts, now)
    result: dict[str, Any] = {"import_id": str(found.id), "status": "applied", "rows_total": found.rows_total,
              "rows_invalid": found.rows_invalid, **counts}  # fmt: skip
    return await _end(tx, found, "applied", Step(done=done, total=total, finished=True, result=result), now)


async def _record(tx: Tx, found: ClientImport, counts: dict[str, int], now: datetime) -> None:
    """The import is a delivery like one over the API."""
    source = found.source or "file"
    await statements.add_delivery(
        tx, id=found.id, source=source, delivery_no=f"file-{found.id}", digest=found.digest,
        received_by=found.started_by, received_at=now, rows_total=found.rows_total - found.rows_invalid, **counts,
    )  # fmt: skip
    await audit.record(
        tx, act="figures.delivered", by=Principal(found.started_by, ()), object_type="figure-delivery",
        object_id=found.id, detail={"source": source, "import_id": str(found.id), **counts}, at=now,
    )  # fmt: skip
