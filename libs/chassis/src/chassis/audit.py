"""Who did or looked at what, written in the transaction of the act itself.

A row holds ids, codes and the purpose, never a person's data: it outlives the person's erasure (domain decisions, 8-9).
Rows are inserted unchained, so that acts do not queue for one another; the sealer chains them within a second.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx
from chassis.frame_tables import FRAME
from chassis.identity import Principal
from chassis.json_values import json_ready
from chassis.query import prepare
from chassis.tracing import current_trace_id

_INSERT = prepare(
    sa.insert(FRAME.audit).values(
        at=sa.bindparam("at"),
        act=sa.bindparam("act"),
        subject=sa.bindparam("subject"),
        actor=sa.bindparam("actor"),
        object_type=sa.bindparam("object_type"),
        object_id=sa.bindparam("object_id"),
        client_id=sa.bindparam("client_id"),
        purpose=sa.bindparam("purpose"),
        detail=sa.bindparam("detail"),
        trace_id=sa.bindparam("trace_id"),
    )
)


async def record(
    tx: Tx,
    *,
    act: str,
    by: Principal,
    object_type: str,
    object_id: UUID | str,
    client_id: UUID | None = None,
    purpose: str | None = None,
    detail: dict[str, Any] | None = None,
    at: datetime,
) -> None:
    """One row that commits or vanishes with the act. `act` is the operation's word ("client.revealed"); `detail` holds
    ids, figures, classes and codes only (XC-15, XC-17)."""
    await tx.execute(
        _INSERT,
        at=at,
        act=act,
        subject=by.subject,
        actor=by.actor,
        object_type=object_type,
        object_id=str(object_id),
        client_id=client_id,
        purpose=purpose,
        detail=json_ready(detail or {}),
        trace_id=current_trace_id(),
    )
