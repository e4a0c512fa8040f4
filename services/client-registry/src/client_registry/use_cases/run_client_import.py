"""An import from received to applied, in resumable steps: check all rows, judge, apply in ranges, report."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx
from chassis.operations import Operation, Step
from chassis.refusals import FieldError, RuleBroken
from chassis.texts import Text

from client_registry.domain.imports.findings import TEXTS
from client_registry.domain.imports.joining import FilesDoNotFit, does_not_fit, finding_of
from client_registry.store import figure_families, import_applying
from client_registry.store import imports as store
from client_registry.store.imports import ClientImport
from client_registry.store.statements import lock_clients
from client_registry.use_cases.check_client_import import check_client_import
from client_registry.use_cases.find_duplicates import schedule_search
from client_registry.use_cases.reevaluate_clients import mark_changed

APPLY_RANGE = 5_000


class RowsInvalid(RuleBroken):
    """Some rows are not valid and the import was to be taken whole: nothing was applied."""

    code = "import.rows-invalid"
    text = Text(
        en="{invalid} of {total} rows are not valid; nothing was applied. See the report.",
        zh="{total} 行中有 {invalid} 行无效，未导入任何数据。详见报告。",
    )


async def run_client_import(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next step. The cursor says where the import stands: rows checked, judged, rows applied."""
    found = await store.get_import(tx, UUID(op.detail["import_id"]))
    match op.cursor.get("phase", "check"):
        case "check":
            return await _check(tx, op, found, now)
        case "apply":
            return await _apply(tx, op, found, now)
        case "unfit":
            # The step before has committed the verdict; this one only says it. So below.
            raise FilesDoNotFit([_error(kept) for kept in op.cursor["errors"]])
        case _:
            raise RowsInvalid(invalid=found.rows_invalid, total=found.rows_total)


async def _check(tx: Tx, op: Operation, found: ClientImport, now: datetime) -> Step:
    after = int(op.cursor.get("row", 0))
    if after == 0:
        earlier = await store.same_applied(tx, found)
        if earlier is not None:
            await store.forget_upload(tx, found.id)
            await store.set_status(tx, found.id, "unchanged", finished=True, now=now)
            result = {**_result(found, "unchanged"), "same_as": str(earlier)}
            return Step(done=0, total=0, finished=True, result=result)
        await store.set_status(tx, found.id, "checking", finished=False, now=now)
    try:
        checked = await check_client_import(
            tx, found, scope_paths=op.detail["scope_paths"], after=after, place=op.cursor.get("place"), now=now
        )
        if checked.finished and not checked.rows:
            files = await store.files_of(tx, found.id)
            raise does_not_fit(f"/file/{files[0].name}", "import.no-rows")
    except FilesDoNotFit as unfit:
        return await _refuse_files(tx, found, unfit, done=after, now=now)
    if not checked.finished:
        return Step(
            done=checked.rows, total=None, cursor={"phase": "check", "row": checked.rows, "place": checked.place}
        )
    files = await store.files_of(tx, found.id)
    await store.refuse_conflicts(tx, found.id, file=files[0].name)
    invalid = await store.count_rows(tx, found.id, checked.rows)
    if invalid and found.mode == "whole" and not found.validate_only:
        await store.forget_upload(tx, found.id)
        await store.set_status(tx, found.id, "refused", finished=True, now=now)
        return Step(done=checked.rows, total=checked.rows, cursor={"phase": "refused"})
    if found.validate_only:
        await store.forget_upload(tx, found.id)
        await store.set_status(tx, found.id, "checked", finished=True, now=now)
        counted = await store.get_import(tx, found.id)
        result = _result(counted, "checked")
        return Step(done=checked.rows, total=checked.rows, finished=True, result=result)
    await store.set_status(tx, found.id, "applying", finished=False, now=now)
    last = await import_applying.last_row(tx, found.id)
    cursor = {"phase": "apply", "row": 0, "last": last, "checked": checked.rows}
    return Step(done=checked.rows, total=checked.rows + last, cursor=cursor)


async def _refuse_files(tx: Tx, found: ClientImport, unfit: FilesDoNotFit, *, done: int, now: datetime) -> Step:
    """The upload ends here; what is wrong with it stands in the report."""
    await store.forget_upload(tx, found.id)
    await store.add_findings(tx, found.id, [finding_of(error) for error in unfit.errors])
    await store.set_status(tx, found.id, "refused", finished=True, now=now)
    kept = [{"pointer": e.pointer, "code": e.code, "params": dict(e.params)} for e in unfit.errors]
    return Step(done=done, cursor={"phase": "unfit", "errors": kept})


def _error(kept: dict[str, Any]) -> FieldError:
    return FieldError(kept["pointer"], kept["code"], TEXTS[kept["code"]], kept["params"])


async def _apply(tx: Tx, op: Operation, found: ClientImport, now: datetime) -> Step:
    after, last, checked = (int(op.cursor[name]) for name in ("row", "last", "checked"))
    upto = min(after + APPLY_RANGE, last)
    # Figures of a client on file are written like a delivery's: his file is held, and he is decided over again.
    on_file = await import_applying.known_clients(tx, found.id, after=after, upto=upto)
    await lock_clients(tx, on_file)
    opened, known = await import_applying.apply_range(
        tx,
        found.id,
        after=after,
        upto=upto,
        as_of=found.as_of,
        by=found.started_by,
        today=business_day(now),
        now=now,
    )
    if on_file:
        await mark_changed(tx, await figure_families.carry(tx, on_file, now=now), now=now)
    await store.count_applied(tx, found.id, created=opened, known=known)
    done, total = checked + upto, checked + last
    if upto < last:
        return Step(done=done, total=total, cursor={**op.cursor, "row": upto})
    if last >= APPLY_RANGE:
        # Thousands of new rows: what is asked next must not be planned with the counts of before.
        await store.count_rows_anew(tx)
    await store.forget_upload(tx, found.id)
    await schedule_search(tx, found.id, now=now)
    await store.set_status(tx, found.id, "applied", finished=True, now=now)
    counted = await store.get_import(tx, found.id)
    return Step(done=done, total=total, finished=True, result=_result(counted, "applied"))


def _result(found: ClientImport, status: str) -> dict[str, object]:
    return {
        "import_id": str(found.id),
        "status": status,
        "rows_total": found.rows_total,
        "rows_invalid": found.rows_invalid,
        "clients_created": found.clients_created,
        "clients_known": found.clients_known,
    }
