"""Cases as callers may see them: filtered by place, handler, opener, manager and client in the statement itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.identity import Principal
from chassis.query import prepare
from chassis.scope import Scope, visible
from sqlalchemy.dialects.postgresql import ARRAY, array

from complaint_service import tables as t
from complaint_service.domain.refusals import CaseNotFound, ClientNotKnown
from complaint_service.domain.rights import may_read_words

SEALED = "texts.sealed"

_HOME = t.units.alias("home")
_UNIT = t.units.alias("unit")
_ABOUT = t.units.alias("about")
_CASES = (
    t.cases.join(t.rounds, sa.and_(t.rounds.c.case_id == t.cases.c.id, t.rounds.c.number == t.cases.c.round))
    .outerjoin(_UNIT, _UNIT.c.id == t.cases.c.unit_id)
    .outerjoin(_ABOUT, _ABOUT.c.id == t.cases.c.about_unit_id)
    .outerjoin(t.clients, t.clients.c.id == t.cases.c.client_id)
    .outerjoin(_HOME, _HOME.c.id == t.clients.c.home_unit_id)
)
_COLUMNS = (
    *t.cases.c,
    t.rounds.c.role,
    t.rounds.c.duty_holder,
    t.rounds.c.acknowledged_at,
    t.rounds.c.outcome,
    t.rounds.c.delivery_way,
    t.rounds.c.answered_at,
    t.rounds.c.opinion_delivered_at,
    t.rounds.c.quiet_until,
    sa.func.array_remove(array([_UNIT.c.path, _HOME.c.path, _ABOUT.c.path]), sa.null()).label("paths"),
)
# Places count by the unit that handles, the client's home and serving units and the outlet concerned; people by what
# they handle, opened or manage.
_SERVING = t.units.alias("serving")
_SERVED = (
    sa.select(1)
    .select_from(_SERVING)
    .where(_SERVING.c.id == sa.any_(t.clients.c.serving_unit_ids), visible(unit_path=_SERVING.c.path))
    .correlate(t.clients)
    .exists()
)
_VISIBLE = sa.or_(
    visible(unit_path=_UNIT.c.path, owner=t.cases.c.handler, client_id=t.cases.c.client_id),
    visible(unit_path=_HOME.c.path, owner=t.cases.c.opened_by),
    visible(unit_path=_ABOUT.c.path, owner=t.clients.c.manager),
    _SERVED,
)
_CLIENT_VISIBLE = sa.or_(visible(unit_path=_HOME.c.path, owner=t.clients.c.manager, client_id=t.clients.c.id), _SERVED)

_ONE = prepare(sa.select(*_COLUMNS).select_from(_CASES).where(t.cases.c.id == sa.bindparam("case_id"), _VISIBLE))
_OPTIONAL_STATUS = sa.bindparam("status", type_=sa.Text)
_OPTIONAL_CLIENT = sa.bindparam("client_id", type_=sa.Uuid)
_OPTIONAL_HANDLER = sa.bindparam("handler", type_=sa.Text)
_BEFORE = sa.bindparam("before", type_=sa.Uuid)
_OVERDUE_AT = sa.bindparam("overdue_at", type_=sa.DateTime(timezone=True))
_LIST = prepare(
    sa.select(*_COLUMNS)
    .select_from(_CASES)
    .where(
        _VISIBLE,
        sa.or_(_BEFORE.is_(None), t.cases.c.id < _BEFORE),
        sa.or_(_OPTIONAL_STATUS.is_(None), t.cases.c.status == _OPTIONAL_STATUS),
        sa.or_(_OPTIONAL_CLIENT.is_(None), t.cases.c.client_id == _OPTIONAL_CLIENT),
        sa.or_(_OPTIONAL_HANDLER.is_(None), t.cases.c.handler == _OPTIONAL_HANDLER),
        sa.or_(_OVERDUE_AT.is_(None), t.cases.c.answer_due_at <= _OVERDUE_AT),
    )
    .order_by(t.cases.c.id.desc())
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_CLOCKS = prepare(
    sa.select(t.clocks)
    .where(t.clocks.c.case_id == sa.any_(sa.bindparam("case_ids", type_=ARRAY(sa.Uuid))))
    .order_by(t.clocks.c.case_id, t.clocks.c.round, t.clocks.c.code, t.clocks.c.sequence)
)
_TEXTS = prepare(sa.select(t.texts).where(t.texts.c.case_id == sa.bindparam("case_id")).order_by(t.texts.c.id))
_CLIENT = prepare(
    sa.select(t.clients.c.id)
    .select_from(t.clients.outerjoin(_HOME, _HOME.c.id == t.clients.c.home_unit_id))
    .where(t.clients.c.id == sa.bindparam("client_id"), _CLIENT_VISIBLE)
)
_OPEN_OF_CLIENT = prepare(
    sa.select(
        t.cases.c.id,
        t.cases.c.case_no,
        t.cases.c.kind,
        t.cases.c.complaint_type,
        t.cases.c.status,
        t.cases.c.answer_due_at,
        t.cases.c.opened_at,
    )
    .where(t.cases.c.client_id == sa.bindparam("client_id"), t.cases.c.status != "closed")
    .order_by(t.cases.c.id.desc())
    .limit(sa.bindparam("size", type_=sa.Integer))
)


async def get_case(tx: Tx, case_id: UUID, *, scope: Scope) -> Record:
    """The case's row with its present round. Raises CaseNotFound, also for a case the caller may not see."""
    row = await tx.fetchrow(_ONE, case_id=case_id, **scope.params())
    if row is None:
        raise CaseNotFound()
    return row


async def list_cases(
    tx: Tx,
    *,
    scope: Scope,
    before: UUID | None,
    status: str | None,
    client_id: UUID | None,
    handler: str | None,
    overdue_at: datetime | None,
    size: int,
) -> list[Record]:
    """Visible cases, the newest first, from `before` on; `overdue_at` keeps those whose answer was due by then."""
    return await tx.fetch(
        _LIST,
        before=before,
        status=status,
        client_id=client_id,
        handler=handler,
        overdue_at=overdue_at,
        size=size,
        **scope.params(),
    )


async def clocks_of(tx: Tx, case_ids: list[UUID]) -> dict[UUID, list[Record]]:
    """The clocks of many cases in one read."""
    found: dict[UUID, list[Record]] = {case_id: [] for case_id in case_ids}
    for row in await tx.fetch(_CLOCKS, case_ids=case_ids):
        found[row["case_id"]].append(row)
    return found


async def words_of(tx: Tx, case_id: UUID) -> list[dict[str, Any]]:
    """What was written, opened: the caller has asked `may_read` before."""
    rows = await tx.fetch(_TEXTS, case_id=case_id)
    return [
        {
            "round": row["round"],
            "part": row["part"],
            "text": tx.cipher.open(SEALED, row["id"], row["sealed"]),
            "written_by": row["written_by"],
            "written_at": row["written_at"],
        }
        for row in rows
    ]


def may_read(row: Record, who: Principal, now: datetime) -> bool:
    """Whether the words of this case may be shown to the caller (CM-17, BOC-S Art. 34(6))."""
    return may_read_words(who, handler=row["handler"], opened_by=row["opened_by"], unit_paths=row["paths"], now=now)


async def list_open_of_client(tx: Tx, client_id: UUID, *, scope: Scope, size: int = 50) -> list[Record]:
    """The client's open cases: number, type, status, due; no words. Raises ClientNotKnown."""
    if await tx.fetchval(_CLIENT, client_id=client_id, **scope.params()) is None:
        raise ClientNotKnown()
    return await tx.fetch(_OPEN_OF_CLIENT, client_id=client_id, size=size)
