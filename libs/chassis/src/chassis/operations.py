"""Long work in resumable steps: started by a route (202), done by the workers, looked at under /v1/operations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Record, Tx
from chassis.frame_tables import FRAME
from chassis.ids import new_id
from chassis.query import prepare
from chassis.refusals import NotFound

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

_OPERATIONS = FRAME.operations
_COLUMNS = (
    _OPERATIONS.c.id,
    _OPERATIONS.c.kind,
    _OPERATIONS.c.status,
    _OPERATIONS.c.started_by,
    _OPERATIONS.c.detail,
    _OPERATIONS.c.done,
    _OPERATIONS.c.total,
    _OPERATIONS.c.cursor,
    _OPERATIONS.c.result,
    _OPERATIONS.c.problem,
    _OPERATIONS.c.created_at,
    _OPERATIONS.c.started_at,
    _OPERATIONS.c.finished_at,
    _OPERATIONS.c.cancel_requested,
)
OPERATION_COLUMNS = ", ".join(column.name for column in _COLUMNS)
_START = prepare(
    sa.insert(_OPERATIONS)
    .values(
        id=sa.bindparam("id"),
        kind=sa.bindparam("kind"),
        started_by=sa.bindparam("started_by"),
        detail=sa.bindparam("detail"),
        created_at=sa.bindparam("now"),
        try_at=sa.bindparam("now"),
    )
    .returning(*_COLUMNS)
)
_FIND = prepare(sa.select(*_COLUMNS).where(_OPERATIONS.c.id == sa.bindparam("id")))
# A queued operation ends at once; a running one is asked to and ends between two steps.
_CANCEL = prepare(
    sa.text(
        """
        UPDATE operations
        SET cancel_requested = true,
            status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END,
            finished_at = CASE status WHEN 'queued' THEN CAST(:now AS timestamptz) END
        WHERE id = :id AND status IN ('queued', 'running')
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One piece of long work. `cursor` is where the next step begins; `detail` is what it was started with.

    `problem` holds `code`, `params` and the sentence in `en` and `zh`.
    """

    id: UUID
    kind: str
    status: Status
    started_by: str
    detail: dict[str, Any]
    done: int
    total: int | None
    cursor: dict[str, Any]
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool

    @property
    def is_finished(self) -> bool:
        return self.status in ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step has reached; it becomes true together with the step's own writes.

    `done` and `total` count from the beginning, not from this step.
    """

    done: int
    total: int | None = None
    cursor: dict[str, Any] = field(default_factory=dict)
    finished: bool = False
    result: dict[str, Any] | None = None


StepFunction = Callable[..., Awaitable[Step]]
F = TypeVar("F", bound=StepFunction)


class Operations:
    """A service's kinds of long work, registered by decorator.

    `@operations("client-import")` takes `(tx, op, *, now)` and is called again and again, each call in a transaction
    of its own, until it answers `finished`. A Refusal raised in it fails the operation with that problem.
    """

    def __init__(self) -> None:
        self.steps: dict[str, StepFunction] = {}

    def __call__(self, kind: str) -> Callable[[F], F]:
        def register(step: F) -> F:
            if kind in self.steps:
                raise ValueError(f"operation {kind} is registered twice")
            self.steps[kind] = step
            return step

        return register


def operation_of(row: Record) -> Operation:
    return Operation(**{column.name: row[column.name] for column in _COLUMNS})


async def start(tx: Tx, *, kind: str, started_by: str, detail: dict[str, Any], now: datetime) -> Operation:
    """Queue the work; a worker takes it up once this transaction has committed."""
    row = await tx.fetchrow(_START, id=new_id(), kind=kind, started_by=started_by, detail=detail, now=now)
    if row is None:
        raise RuntimeError("an insert gave no row back")
    return operation_of(row)


async def get(tx: Tx, operation_id: UUID) -> Operation:
    """The operation as it stands; NotFound for an unknown id."""
    row = await tx.fetchrow(_FIND, id=operation_id)
    if row is None:
        raise NotFound()
    return operation_of(row)


async def cancel(tx: Tx, operation_id: UUID, *, now: datetime) -> Operation:
    """Ask for its end: at once while queued, after the running step otherwise. A finished one stays as it is."""
    await tx.execute(_CANCEL, id=operation_id, now=now)
    return await get(tx, operation_id)
