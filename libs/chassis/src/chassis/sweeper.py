"""The sweeper: takes what is due and has it done, in batches, by as many workers as there are, nothing twice.

A row is taken by deleting it in the transaction that does its work: if that fails, the row is still there.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog

from chassis.clock import Clock
from chassis.db import Database, DatabaseAway, Record, Tx
from chassis.due_work import Due, Sweep, Sweeps
from chassis.handling import describe
from chassis.metrics import Metrics
from chassis.query import prepare
from chassis.waiting import Pace, wait_for_stop

log = structlog.get_logger(__name__)

_BATCH = 500
# Rows done one by one hold their locks until the last of them is done: fewer at a time.
_SINGLES = 100
_IDLE_S = (0.05, 0.5)
_STATEMENT_TIMEOUT_MS = 30_000
_RECURRING_TIMEOUT_MS = 600_000
_FIGURES_EVERY_S = 5.0
_LONGEST_BACK_OFF_S = 3600

_TAKE = prepare(
    sa.text(
        """
        WITH due AS (
            SELECT kind, subject_id FROM due_work
            WHERE try_at <= :now AND kind = ANY (CAST(:kinds AS text[]))
            ORDER BY try_at LIMIT :most FOR UPDATE SKIP LOCKED
        )
        DELETE FROM due_work AS d USING due WHERE d.kind = due.kind AND d.subject_id = due.subject_id
        RETURNING d.kind, d.subject_id, d.due_at, d.detail, d.attempts
        """
    )
)
_TAKE_ONE = prepare(
    sa.text(
        """
        WITH due AS (
            SELECT kind, subject_id FROM due_work
            WHERE try_at <= :now AND kind = :kind AND subject_id = :subject_id FOR UPDATE SKIP LOCKED
        )
        DELETE FROM due_work AS d USING due WHERE d.kind = due.kind AND d.subject_id = due.subject_id
        RETURNING d.kind, d.subject_id, d.due_at, d.detail, d.attempts
        """
    )
)
_DUE_KEYS = prepare(
    sa.text(
        "SELECT kind, subject_id, attempts FROM due_work "
        "WHERE try_at <= :now AND kind = ANY (CAST(:kinds AS text[])) ORDER BY try_at LIMIT :most"
    )
)
_BACK_OFF = prepare(
    sa.text(
        "UPDATE due_work SET attempts = attempts + 1, try_at = :try_at, last_error = :error "
        "WHERE kind = :kind AND subject_id = :subject_id AND try_at <= :now"
    )
)
# A changed cron line moves the job; an unchanged one leaves its date, and with it what was missed, alone.
_RECUR = prepare(
    sa.text(
        """
        INSERT INTO due_work AS d (kind, subject_id, due_at, try_at, detail)
        VALUES (:kind, :subject_id, :due_at, :due_at, :detail)
        ON CONFLICT (kind, subject_id) DO UPDATE
        SET due_at = excluded.due_at, try_at = excluded.try_at, detail = excluded.detail,
            attempts = 0, last_error = NULL
        WHERE d.detail ->> 'cron' IS DISTINCT FROM excluded.detail ->> 'cron'
        """
    )
)
_LATENESS = prepare(
    sa.text(
        """
        SELECT kind, CAST(extract(epoch FROM CAST(:now AS timestamptz) - min(due_at)) AS float8) AS late FROM (
            (SELECT kind, due_at FROM due_work WHERE try_at <= :now ORDER BY try_at LIMIT 10000)
            UNION ALL
            (SELECT kind, due_at FROM due_work WHERE attempts > 0 ORDER BY due_at LIMIT 10000)
        ) AS late GROUP BY kind
        """
    )
)


class Sweeper:
    """Sweeps a service's due rows for as long as it runs. A late sweep catches up; a failed row is tried again later,
    with its error beside it, and holds nobody up."""

    def __init__(self, database: Database, sweeps: Sweeps, *, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._sweeps = sweeps.sweeps
        self._clock = clock
        self._metrics = metrics
        self._figures_at = 0.0
        self._lists = [kind for kind, sweep in self._sweeps.items() if sweep.cron is None and sweep.batch]
        self._singles = [kind for kind, sweep in self._sweeps.items() if sweep.cron is None and not sweep.batch]
        self._recurring = [kind for kind, sweep in self._sweeps.items() if sweep.cron is not None]

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; the batch in hand is finished."""
        pace = Pace(*_IDLE_S)
        planned = False
        while not stop.is_set():
            try:
                if not planned:
                    await self.plan_recurring()
                    planned = True
                if await self.sweep():
                    pace.reset()
                    continue
                await self._take_figures()
            except DatabaseAway as away:
                log.warning("sweeper.database-away", reason=str(away))
            await wait_for_stop(stop, pace.slower())

    async def plan_recurring(self) -> None:
        """Give each recurring job its row, if it has none or its cron line has changed."""
        now = self._clock()
        async with self._database.transaction() as tx:
            for kind in self._recurring:
                await _plan(tx, self._sweeps[kind], now)

    async def sweep(self) -> int:
        """One round over everything that is due; how many rows were taken up, so 0 means that there is nothing."""
        taken = 0
        for kinds, most in ((self._lists, _BATCH), (self._singles, _SINGLES)):
            if kinds:
                taken += await self._sweep_together(kinds, most)
        if self._recurring:
            taken += await self._one_by_one(self._recurring, len(self._recurring))
        return taken

    async def _sweep_together(self, kinds: Sequence[str], most: int) -> int:
        now = self._clock()
        try:
            async with self._database.transaction(statement_timeout_ms=_STATEMENT_TIMEOUT_MS) as tx:
                rows = await tx.fetch(_TAKE, now=now, kinds=kinds, most=most)
                await self._do(tx, [_due(row) for row in rows], now)
        except DatabaseAway:
            raise
        except Exception as failed:
            log.warning("sweeper.batch-failed", reason=describe(failed))
            return await self._one_by_one(kinds, most)
        return len(rows)

    async def _do(self, tx: Tx, dues: Sequence[Due], now: datetime) -> None:
        of_kind: dict[str, list[Due]] = defaultdict(list)
        for due in sorted(dues, key=lambda due: due.due_at):
            of_kind[due.kind].append(due)
        for kind, listed in of_kind.items():
            sweep = self._sweeps[kind]
            if sweep.batch:
                await sweep.call(tx, listed, now=now)
                continue
            for due in listed:
                await sweep.call(tx, due, now=now)

    async def _one_by_one(self, kinds: Sequence[str], most: int) -> int:
        async with self._database.reading() as tx:
            keys = await tx.fetch(_DUE_KEYS, now=self._clock(), kinds=kinds, most=most)
        for key in keys:
            await self._try(key["kind"], key["subject_id"], key["attempts"])
        return len(keys)

    async def _try(self, kind: str, subject_id: UUID, attempts: int) -> None:
        sweep, now = self._sweeps[kind], self._clock()
        timeout_ms = _STATEMENT_TIMEOUT_MS if sweep.cron is None else _RECURRING_TIMEOUT_MS
        try:
            async with self._database.transaction(statement_timeout_ms=timeout_ms) as tx:
                row = await tx.fetchrow(_TAKE_ONE, now=now, kind=kind, subject_id=subject_id)
                if row is None:
                    return
                if sweep.cron is None:
                    await self._do(tx, [_due(row)], now)
                else:
                    await _plan(tx, sweep, now)
                    await sweep.call(tx, now=now)
        except DatabaseAway:
            raise
        except Exception as failed:
            error = describe(failed)
            log.error("sweeper.row-failed", kind=kind, subject_id=str(subject_id), attempts=attempts + 1, reason=error)
            async with self._database.transaction() as tx:
                await tx.execute(
                    _BACK_OFF, now=now, kind=kind, subject_id=subject_id, error=error, try_at=now + _back_off(attempts)
                )

    async def _take_figures(self) -> None:
        moment = asyncio.get_running_loop().time()
        if moment < self._figures_at:
            return
        self._figures_at = moment + _FIGURES_EVERY_S
        async with self._database.reading() as tx:
            rows = await tx.fetch(_LATENESS, now=self._clock())
        self._metrics.due_lateness_seconds.clear()
        for row in rows:
            self._metrics.due_lateness_seconds.labels(row["kind"]).set(row["late"])


async def _plan(tx: Tx, sweep: Sweep, now: datetime) -> None:
    await tx.execute(
        _RECUR,
        kind=sweep.kind,
        subject_id=sweep.subject_id,
        due_at=sweep.next_after(now),
        detail={"cron": sweep.cron},
    )


def _due(row: Record) -> Due:
    return Due(
        kind=row["kind"],
        subject_id=row["subject_id"],
        due_at=row["due_at"],
        detail=row["detail"],
        attempts=row["attempts"],
    )


def _back_off(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s … an hour at most."""
    return timedelta(seconds=min(5 * 2 ** min(attempts, 20), _LONGEST_BACK_OFF_S))
