"""Beginning a classification of all clients below a unit (CR-32)."""

from datetime import datetime

from chassis import audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation

from client_registry.use_cases.classify_range import KIND


async def start_classification_run(tx: Tx, *, unit_path: str, by: Principal, now: datetime) -> Operation:
    """The operation that will classify every personal client over whom a decision stands."""
    operation = await operations.start(tx, kind=KIND, started_by=by.subject, detail={"unit_path": unit_path}, now=now)
    await audit.record(
        tx, act="classification-run.started", by=by, object_type="operation", object_id=operation.id,
        detail={"unit_path": unit_path}, at=now,
    )  # fmt: skip
    return operation
