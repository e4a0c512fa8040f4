"""Beginning an evaluation of all clients below a unit (CR-14, CR-16)."""

from datetime import date, datetime

from chassis import audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.operations import Operation

from client_registry.store import qualifications as store

KIND = "qualification-run"


async def start_qualification_run(
    tx: Tx, *, as_of: date, unit_path: str, by: Principal, now: datetime, summed_up: bool = False
) -> Operation:
    """The operation that will decide over every personal client below the unit, from figures known at this moment.

    `summed_up`: its result says for each branch who moved, who will fall and who is undecided.
    """
    run_id = new_id()
    operation = await operations.start(
        tx,
        kind=KIND,
        started_by=by.subject,
        detail={
            "run_id": str(run_id), "as_of": as_of.isoformat(), "unit_path": unit_path, "cut_off_at": now.isoformat(),
            "summed_up": summed_up,
        },
        now=now,
    )  # fmt: skip
    await store.add_run(
        tx, run_id=run_id, operation_id=operation.id, as_of=as_of, unit_path=unit_path, by=by.subject, now=now
    )
    await audit.record(
        tx, act="qualification-run.started", by=by, object_type="qualification-run", object_id=run_id,
        detail={"as_of": as_of.isoformat(), "unit_path": unit_path}, at=now,
    )  # fmt: skip
    return operation
