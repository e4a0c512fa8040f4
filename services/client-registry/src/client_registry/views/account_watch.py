"""What happened on a client's accounts, as it is answered: events as reported, changes against his own months (CR-51).

Whoever reads either leaves an audit row.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.query import prepare
from chassis.scope import Scope

from client_registry.domain.account_watch import AccountChange, changes_of
from client_registry.domain.figures import WINDOW_MONTHS, closed_months
from client_registry.store import account_watch as store
from client_registry.store import information_policies
from client_registry.views.clients import require_visible

_EVENTS = prepare(
    sa.text(
        """
        SELECT id, kind, product_code, occurred_on, received_at, source FROM bank_reports
        WHERE client_id = :client_id AND topic = 'account'
          AND (CAST(:before_on AS date) IS NULL OR (occurred_on, id) < (CAST(:before_on AS date), CAST(:before_id AS uuid)))
        ORDER BY occurred_on DESC, id DESC LIMIT :size
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the rules found, by which article, and when somebody was asked to look."""

    article: str
    found: list[AccountChange]
    raised: dict[str, datetime]


async def list_events(
    tx: Tx, client_id: UUID, *, scope: Scope, before: tuple[date, UUID] | None, size: int, by: Principal, now: datetime
) -> list[dict[str, Any]]:
    """Events of the client's accounts, the newest first. NotFound outside the scope."""
    await require_visible(tx, client_id, scope=scope)
    await audit.record(
        tx, act="account-events.read", by=by, object_type="client", object_id=client_id, client_id=client_id, at=now
    )
    on, event_id = before or (None, None)
    return [
        dict(row) for row in await tx.fetch(_EVENTS, client_id=client_id, before_on=on, before_id=event_id, size=size)
    ]


async def list_changes(tx: Tx, client_id: UUID, *, scope: Scope, by: Principal, now: datetime) -> Changes:
    """What the last closed month shows against the eleven before it. NotFound outside the scope."""
    await require_visible(tx, client_id, scope=scope)
    await audit.record(
        tx, act="account-changes.read", by=by, object_type="client", object_id=client_id, client_id=client_id, at=now
    )
    watch = (await information_policies.current(tx)).account_watch
    window = closed_months(business_day(now), WINDOW_MONTHS)
    figures = await store.figures_of(tx, [client_id], first=window[0], last=window[-1])
    return Changes(
        article=watch.article,
        found=changes_of(watch, figures.get(client_id, {}), window),
        raised=await store.raised(tx, client_id, month=window[-1]),
    )
