"""Mutes and return visits."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from engagement_service.domain.complaints import Mute, ReturnVisit
from engagement_service.tables import mutes, return_visits

_MUTE = prepare(
    insert(mutes)
    .values(client_id=sa.bindparam("client_id"), case_id=sa.bindparam("case_id"), muted_at=sa.bindparam("muted_at"))
    .on_conflict_do_nothing()
)

_UNMUTE = prepare(
    mutes.update()
    .where(mutes.c.case_id == sa.bindparam("of_case"), mutes.c.lifted_at.is_(None))
    .values(lifted_at=sa.bindparam("at"))
)

_visit = insert(return_visits).values(
    case_id=sa.bindparam("case_id"),
    client_id=sa.bindparam("client_id"),
    due_on=sa.bindparam("due_on"),
    counted_from=sa.bindparam("counted_from"),
    provisional=sa.bindparam("provisional"),
)
_PLAN_VISIT = prepare(
    _visit.on_conflict_do_update(
        index_elements=["case_id"],
        set_={name: _visit.excluded[name] for name in ("due_on", "counted_from", "provisional")},
        # An answer moves the plan made from the answer's limit; a late repeat of the opening does not move it back.
        where=sa.and_(return_visits.c.done_at.is_(None), return_visits.c.counted_from == "answer_limit"),
    )
)

_VISITED = prepare(
    sa.text(
        """
        UPDATE return_visits SET done_at = :at
        WHERE case_id = (SELECT case_id FROM return_visits WHERE client_id = :client_id AND done_at IS NULL
                         ORDER BY due_on LIMIT 1)
        """
    )
)


async def mute(tx: Tx, mute: Mute) -> None:
    await tx.execute(_MUTE, client_id=mute.client_id, case_id=mute.case_id, muted_at=mute.muted_at)


async def unmute(tx: Tx, case_id: UUID, *, at: datetime) -> None:
    await tx.execute(_UNMUTE, of_case=case_id, at=at)


async def plan_visit(tx: Tx, visit: ReturnVisit) -> None:
    await tx.execute(
        _PLAN_VISIT,
        case_id=visit.case_id,
        client_id=visit.client_id,
        due_on=visit.due_on,
        counted_from=visit.counted_from,
        provisional=visit.provisional,
    )


async def visited(tx: Tx, client_id: UUID, *, at: datetime) -> None:
    """The return visit that has been due longest is done."""
    await tx.execute(_VISITED, client_id=client_id, at=at)
