"""Cases in PostgreSQL: rows in, frozen cases out, locked while they are changed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import ARRAY

from complaint_service import tables as t
from complaint_service.domain.case import Case, Round
from complaint_service.domain.clocks import Clock, Purpose
from complaint_service.domain.opening import case_number
from complaint_service.domain.refusals import CaseNotFound
from complaint_service.domain.spans import End, Span, Unit
from complaint_service.domain.vocabulary import (
    Channel,
    ClosedBecause,
    ComplaintType,
    DeliveryWay,
    Kind,
    Outcome,
    ServiceTier,
    Status,
)
from complaint_service.store.statements import save_row

_NEXT_NUMBER = prepare(sa.text("SELECT nextval('case_number_seq') - counted_from FROM case_days WHERE day = :day"))
_BEGIN_DAY = prepare(
    sa.text(
        "INSERT INTO case_days (day, counted_from) VALUES (:day, nextval('case_number_seq')) "
        "ON CONFLICT (day) DO NOTHING"
    )
)
_LOCK_CASE = prepare(sa.select(t.cases).where(t.cases.c.id == sa.bindparam("case_id")).with_for_update())
_LOCK_FREE_CASE = prepare(
    sa.select(t.cases).where(t.cases.c.id == sa.bindparam("case_id")).with_for_update(skip_locked=True)
)
_ROUND = prepare(
    sa.select(t.rounds).where(
        t.rounds.c.case_id == sa.bindparam("case_id"), t.rounds.c.number == sa.bindparam("number")
    )
)
_CLOCKS = prepare(
    sa.select(t.clocks)
    .where(t.clocks.c.case_id == sa.bindparam("case_id"), t.clocks.c.round == sa.bindparam("number"))
    .order_by(t.clocks.c.id)
)
_EARLIER_HANDLERS = prepare(
    sa.select(t.rounds.c.handler).where(
        t.rounds.c.case_id == sa.bindparam("case_id"),
        t.rounds.c.number < sa.bindparam("before"),
        t.rounds.c.handler.is_not(None),
    )
)
_CASE_OF_CLOCK = prepare(sa.select(t.clocks.c.case_id).where(t.clocks.c.id == sa.bindparam("clock_id")))
_AWAITING_OF_CLIENT = prepare(
    sa.select(t.cases.c.id)
    .where(
        t.cases.c.client_id == sa.bindparam("client_id"),
        t.cases.c.status == sa.any_(sa.bindparam("statuses", type_=ARRAY(sa.Text))),
    )
    .order_by(t.cases.c.id)
)
_HANDLED_FOR_CLIENTS = prepare(
    sa.text(
        """
        SELECT c.id FROM cases c
        JOIN unnest(CAST(:client_ids AS uuid[]), CAST(:handlers AS text[])) AS h(client_id, handler)
             ON h.client_id = c.client_id AND h.handler = c.handler
        JOIN rounds r ON r.case_id = c.id AND r.number = c.round
        WHERE c.status = ANY(CAST(:statuses AS text[])) AND r.role = ANY(CAST(:roles AS text[]))
        ORDER BY c.id
        """
    )
)
_BY_CALENDAR = prepare(
    sa.select(t.clocks.c.case_id)
    .distinct()
    .where(
        t.clocks.c.met_at.is_(None),
        t.clocks.c.stopped_at.is_(None),
        t.clocks.c.breached_at.is_(None),
        t.clocks.c.provisional | t.clocks.c.calendar_version.is_not(None),
    )
    .order_by(t.clocks.c.case_id)
)


_SAVE_CASE = save_row(t.cases, "id")
_SAVE_ROUND = save_row(t.rounds, "case_id", "number")
_SAVE_CLOCK = save_row(t.clocks, "id")


async def next_case_no(tx: Tx, day: date) -> str:
    """The day's next business number. Nobody waits for another opener but for the day's first; gaps may stay."""
    number = await tx.fetchval(_NEXT_NUMBER, day=day)
    if number is None:
        await tx.execute(_BEGIN_DAY, day=day)
        number = await tx.fetchval(_NEXT_NUMBER, day=day)
    return case_number(f"{day:%Y%m%d}", number)


async def get_case(tx: Tx, case_id: UUID) -> Case:
    """The case with its present round and clocks, locked until the transaction ends. Raises CaseNotFound."""
    row = await tx.fetchrow(_LOCK_CASE, case_id=case_id)
    if row is None:
        raise CaseNotFound()
    return await _whole(tx, row)


async def find_free_case(tx: Tx, case_id: UUID) -> Case | None:
    """The case, locked; None while somebody else is changing it.

    A sweep holds its due row already and must not wait for the case: whoever holds the case may want that due row.
    """
    row = await tx.fetchrow(_LOCK_FREE_CASE, case_id=case_id)
    return None if row is None else await _whole(tx, row)


async def _whole(tx: Tx, row: Record) -> Case:
    case_id = row["id"]
    round_ = await tx.fetchrow(_ROUND, case_id=case_id, number=row["round"])
    if round_ is None:
        raise CaseNotFound()
    clocks = await tx.fetch(_CLOCKS, case_id=case_id, number=row["round"])
    return _case(row, round_, clocks)


async def save_case(tx: Tx, case: Case) -> None:
    """Write the case, its present round and its clocks."""
    await tx.execute(_SAVE_CASE, **_case_row(case))
    await tx.execute(_SAVE_ROUND, **_round_row(case))
    await tx.executemany(_SAVE_CLOCK, [clock_row(case.id, clock) for clock in case.clocks])


async def earlier_handlers(tx: Tx, case: Case, *, with_present: bool = False) -> frozenset[str]:
    """Who handled earlier rounds of the case; `with_present` adds the present round's handler."""
    before = case.round.number + with_present
    rows = await tx.fetch(_EARLIER_HANDLERS, case_id=case.id, before=before)
    return frozenset(row["handler"] for row in rows)


async def find_case_of_clock(tx: Tx, clock_id: UUID) -> UUID | None:
    """The case a clock belongs to; None where the clock is gone."""
    found: UUID | None = await tx.fetchval(_CASE_OF_CLOCK, clock_id=clock_id)
    return found


async def list_awaiting_answer(tx: Tx, client_id: UUID) -> list[UUID]:
    """The client's cases in which a handler still owes an opinion, in one fixed order, so that locks never cross."""
    statuses = [Status.OPENED.value, Status.HANDLING.value]
    return [row["id"] for row in await tx.fetch(_AWAITING_OF_CLIENT, client_id=client_id, statuses=statuses)]


async def list_handled(tx: Tx, handlers: Mapping[UUID, str], roles: frozenset[str]) -> list[UUID]:
    """Cases of these clients that still owe an answer and are handled by the person named, in one of these roles."""
    rows = await tx.fetch(
        _HANDLED_FOR_CLIENTS,
        client_ids=list(handlers),
        handlers=list(handlers.values()),
        statuses=[Status.OPENED.value, Status.HANDLING.value],
        roles=sorted(roles),
    )
    return [row["id"] for row in rows]


async def list_cases_counted_by_calendar(tx: Tx) -> list[UUID]:
    """Cases with a running clock that counts working days, or waits to, in one fixed order."""
    return [row["case_id"] for row in await tx.fetch(_BY_CALENDAR)]


def clock_from(row: Mapping[str, Any] | Record) -> Clock:
    """A clock from its row."""
    return Clock(
        id=row["id"],
        code=row["code"],
        purpose=Purpose(row["purpose"]),
        round=row["round"],
        sequence=row["sequence"],
        policy_version=row["policy_version"],
        started_at=row["started_at"],
        ends=tuple(_end(end) for end in row["ends"]),
        met_at=row["met_at"],
        stopped_at=row["stopped_at"],
        breached_at=row["breached_at"],
    )


def clock_row(case_id: UUID, clock: Clock) -> dict[str, Any]:
    """A clock as its row; due, provisional and calendar version are repeated as columns for the sweeps."""
    return {
        "id": clock.id,
        "case_id": case_id,
        "round": clock.round,
        "code": clock.code,
        "sequence": clock.sequence,
        "purpose": clock.purpose.value,
        "policy_version": clock.policy_version,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "ends": [_end_row(end) for end in clock.ends],
        "provisional": clock.provisional,
        "calendar_version": clock.calendar_version,
        "met_at": clock.met_at,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
    }


def _end(row: Mapping[str, Any]) -> End:
    return End(
        span=Span(Unit(row["unit"]), row["count"]),
        at=datetime.fromisoformat(row["at"]) if row["at"] else None,
        calendar_version=row["calendar_version"],
        provisional=row["provisional"],
    )


def _end_row(end: End) -> dict[str, Any]:
    return {
        "unit": end.span.unit.value,
        "count": end.span.count,
        "at": end.at.isoformat() if end.at else None,
        "calendar_version": end.calendar_version,
        "provisional": end.provisional,
    }


def _case(row: Record, round_: Record, clocks: list[Record]) -> Case:
    return Case(
        id=row["id"],
        case_no=row["case_no"],
        kind=Kind(row["kind"]),
        complaint_type=ComplaintType(row["complaint_type"]) if row["complaint_type"] else None,
        channel=Channel(row["channel"]),
        client_id=row["client_id"],
        tier_snapshot=ServiceTier(row["tier_snapshot"]) if row["tier_snapshot"] else None,
        about_unit_id=row["about_unit_id"],
        opened_at=row["opened_at"],
        opened_by=row["opened_by"],
        opened_at_unit_id=row["opened_at_unit_id"],
        first_receiver=row["first_receiver"],
        status=Status(row["status"]),
        round=Round(
            number=round_["number"],
            opened_at=round_["opened_at"],
            role=round_["role"],
            unit_id=round_["unit_id"],
            handler=round_["handler"],
            duty_holder=round_["duty_holder"],
            acknowledged_at=round_["acknowledged_at"],
            outcome=Outcome(round_["outcome"]) if round_["outcome"] else None,
            delivery_way=DeliveryWay(round_["delivery_way"]) if round_["delivery_way"] else None,
            answered_at=round_["answered_at"],
            opinion_delivered_at=round_["opinion_delivered_at"],
            quiet_until=round_["quiet_until"],
        ),
        clocks=tuple(clock_from(clock) for clock in clocks),
        closing_proposed_at=row["closing_proposed_at"],
        closed_at=row["closed_at"],
        closed_because=ClosedBecause(row["closed_because"]) if row["closed_because"] else None,
        version=row["version"],
    )


def _case_row(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "case_no": case.case_no,
        "kind": case.kind.value,
        "complaint_type": case.complaint_type.value if case.complaint_type else None,
        "channel": case.channel.value,
        "client_id": case.client_id,
        "tier_snapshot": case.tier_snapshot.value if case.tier_snapshot else None,
        "about_unit_id": case.about_unit_id,
        "opened_at": case.opened_at,
        "opened_by": case.opened_by,
        "opened_at_unit_id": case.opened_at_unit_id,
        "first_receiver": case.first_receiver,
        "status": case.status.value,
        "round": case.round.number,
        "handler": case.round.handler,
        "unit_id": case.round.unit_id,
        "answer_due_at": case.answer_due_at,
        "closing_proposed_at": case.closing_proposed_at,
        "closed_at": case.closed_at,
        "closed_because": case.closed_because.value if case.closed_because else None,
        "version": case.version,
    }


def _round_row(case: Case) -> dict[str, Any]:
    round_ = case.round
    return {
        "case_id": case.id,
        "number": round_.number,
        "opened_at": round_.opened_at,
        "role": round_.role,
        "unit_id": round_.unit_id,
        "handler": round_.handler,
        "duty_holder": round_.duty_holder,
        "acknowledged_at": round_.acknowledged_at,
        "outcome": round_.outcome.value if round_.outcome else None,
        "delivery_way": round_.delivery_way.value if round_.delivery_way else None,
        "answered_at": round_.answered_at,
        "opinion_delivered_at": round_.opinion_delivered_at,
        "quiet_until": round_.quiet_until,
    }
