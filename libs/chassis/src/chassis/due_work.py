"""Work that falls due at an instant: one row per kind and subject, swept by the workers, never done twice."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from cronsim import CronSim

from chassis.clock import SHANGHAI
from chassis.db import Tx
from chassis.frame_tables import FRAME
from chassis.query import prepare

_DUE = FRAME.due_work

_SCHEDULE = prepare(
    sa.text(
        """
        INSERT INTO due_work (kind, subject_id, due_at, try_at, detail)
        VALUES (:kind, :subject_id, :due_at, :due_at, :detail)
        ON CONFLICT (kind, subject_id) DO UPDATE
        SET due_at = excluded.due_at, try_at = excluded.try_at, detail = excluded.detail,
            attempts = 0, last_error = NULL
        """
    )
)
_SCHEDULE_MANY = prepare(
    sa.text(
        """
        INSERT INTO due_work (kind, subject_id, due_at, try_at)
        SELECT :kind, w.subject_id, w.due_at, w.due_at
        FROM unnest(CAST(:subject_ids AS uuid[]), CAST(:due_ats AS timestamptz[])) AS w(subject_id, due_at)
        ON CONFLICT (kind, subject_id) DO UPDATE
        SET due_at = excluded.due_at, try_at = excluded.try_at, detail = excluded.detail,
            attempts = 0, last_error = NULL
        """
    )
)
_CANCEL = prepare(
    sa.delete(_DUE).where(_DUE.c.kind == sa.bindparam("kind"), _DUE.c.subject_id == sa.bindparam("subject_id"))
)
_FAILING = prepare(
    sa.select(_DUE.c.kind, _DUE.c.subject_id, _DUE.c.due_at, _DUE.c.try_at, _DUE.c.attempts, _DUE.c.last_error)
    .where(_DUE.c.attempts > 0)
    .order_by(_DUE.c.due_at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True)
class Due:
    """One row whose instant has come. `attempts` counts the failed tries before this one."""

    kind: str
    subject_id: UUID
    due_at: datetime
    detail: dict[str, Any]
    attempts: int


async def schedule(
    tx: Tx, *, kind: str, subject_id: UUID, due_at: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Make it due at that instant. There is one row per kind and subject: scheduling again moves it."""
    await tx.execute(_SCHEDULE, kind=kind, subject_id=subject_id, due_at=due_at, detail=detail or {})


async def schedule_many(tx: Tx, *, kind: str, due: Sequence[tuple[UUID, datetime]]) -> None:
    """The same for many subjects in one statement; a subject may stand in it once."""
    if due:
        await tx.execute(
            _SCHEDULE_MANY,
            kind=kind,
            subject_ids=[subject_id for subject_id, _ in due],
            due_ats=[due_at for _, due_at in due],
        )


async def cancel(tx: Tx, *, kind: str, subject_id: UUID) -> None:
    """It no longer falls due; nothing happens when it was not scheduled."""
    await tx.execute(_CANCEL, kind=kind, subject_id=subject_id)


async def failing(tx: Tx, *, limit: int = 100) -> list[dict[str, Any]]:
    """Rows whose work has failed at least once and will be tried again, the oldest first."""
    return [dict(row) for row in await tx.fetch(_FAILING, limit=limit)]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweeping function: of a kind of due rows, one by one or in lists, or of a recurring job."""

    kind: str
    call: Callable[..., Awaitable[None]]
    batch: bool = False
    cron: str | None = None

    def next_after(self, now: datetime) -> datetime:
        """The next instant of a recurring job, by the wall clock of Shanghai. ValueError for other sweeps."""
        if self.cron is None:
            raise ValueError(f"{self.kind} does not recur")
        following: datetime = next(CronSim(self.cron, now.astimezone(SHANGHAI)))
        return following

    @property
    def subject_id(self) -> UUID:
        """A recurring job's one row has an id made from its name."""
        return uuid5(NAMESPACE_URL, self.kind)


F = TypeVar("F", bound=Callable[..., Awaitable[None]])


class Sweeps:
    """A service's sweeping functions, registered by decorator.

    `@sweeps("complaint.clock-due")` takes `(tx, due, *, now)`; with `batch=True` it takes a list of Due.
    `@sweeps.recurring("name", cron="5 * * * *")` takes `(tx, *, now)`; cron is read in Asia/Shanghai, and a job that
    was missed runs once when the workers are back.
    """

    def __init__(self) -> None:
        self.sweeps: dict[str, Sweep] = {}

    def __call__(self, kind: str, *, batch: bool = False) -> Callable[[F], F]:
        def register(call: F) -> F:
            self.add(Sweep(kind=kind, call=call, batch=batch))
            return call

        return register

    def recurring(self, name: str, *, cron: str) -> Callable[[F], F]:
        def register(call: F) -> F:
            sweep = Sweep(kind=f"recurring:{name}", call=call, cron=cron)
            CronSim(cron, datetime.now(SHANGHAI))  # a cron line that cannot be read stops the service at import
            self.add(sweep)
            return call

        return register

    def add(self, sweep: Sweep) -> None:
        if sweep.kind in self.sweeps:
            raise ValueError(f"{sweep.kind} is swept twice")
        self.sweeps[sweep.kind] = sweep
