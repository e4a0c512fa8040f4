"""A whole list proposed in one request (CR-22): each line answered for, the good ones kept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound, Refusal

from client_registry.store import corporate_vips as store
from client_registry.use_cases.propose_corporate_vip import propose_corporate_vip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list."""

    client_no: str
    grounds: str
    evidence_no: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a line: the entry that waits, or why there is none."""

    row: int
    client_no: str
    entry_id: UUID | None
    refusal: Refusal | None


class _TrialOver(Exception):
    """Undoes the savepoint of a trial."""


async def import_corporate_vips(
    tx: Tx,
    rows: Sequence[Row],
    *,
    validate_only: bool,
    may_see: Callable[[UUID], Awaitable[object]],
    by: Principal,
    now: datetime,
) -> list[Answer]:
    """Line by line in their order, each within a savepoint of its own; a trial keeps nothing.

    `may_see` raises NotFound for a client outside the caller's scope: such a line answers as one of an unknown number.
    """
    answers: list[Answer] = []
    try:
        async with tx.connection.transaction():
            for n, row in enumerate(rows):
                answers.append(await _one(tx, n, row, may_see=may_see, by=by, now=now))
            if validate_only:
                raise _TrialOver
    except _TrialOver:
        return answers
    return answers


async def _one(
    tx: Tx, n: int, row: Row, *, may_see: Callable[[UUID], Awaitable[object]], by: Principal, now: datetime
) -> Answer:
    try:
        async with tx.connection.transaction():
            client_id = await store.client_numbered(tx, row.client_no)
            if client_id is None:
                raise NotFound()
            await may_see(client_id)
            entry = await propose_corporate_vip(
                tx, client_id, grounds=row.grounds, evidence_no=row.evidence_no, valid_from=row.valid_from,
                valid_until=row.valid_until, by=by, now=now,
            )  # fmt: skip
    except Refusal as refused:
        return Answer(row=n, client_no=row.client_no, entry_id=None, refusal=refused)
    return Answer(row=n, client_no=row.client_no, entry_id=entry.id, refusal=None)
