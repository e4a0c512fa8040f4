"""Old rows of the frame go: published outbox rows after a week, inbox rows after two, in small bites."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from chassis.db import Tx
from chassis.due_work import Sweeps
from chassis.query import Query, prepare
from chassis.relay import KEPT

# An event whose outbox row may be sent again must still be known to those who heard it (domain decisions, 5).
INBOX_KEPT = timedelta(days=14)
_BITE = 10_000
_BITES = 20

_OUTBOX = prepare(
    sa.text("DELETE FROM outbox WHERE id = ANY (ARRAY(SELECT id FROM outbox WHERE published_at < :before LIMIT :most))")
)
_INBOX = prepare(
    sa.text(
        "DELETE FROM inbox WHERE event_id = ANY (ARRAY(SELECT event_id FROM inbox WHERE heard_at < :before "
        "LIMIT :most))"
    )
)
_LETTERS = prepare(
    sa.text(
        "DELETE FROM dead_letters WHERE id = ANY (ARRAY(SELECT id FROM dead_letters "
        "WHERE state IN ('replayed', 'skipped') AND ended_at < :before ORDER BY id LIMIT :most))"
    )
)


async def prune(tx: Tx, *, now: datetime, outbox_kept: timedelta = KEPT, inbox_kept: timedelta = INBOX_KEPT) -> int:
    """Delete what is past its time, at most 200,000 rows of each kind; the number deleted.

    ValueError when inbox rows would go before outbox rows.
    """
    if inbox_kept < outbox_kept:
        raise ValueError("inbox rows are kept at least as long as outbox rows")
    gone = 0
    gone += await _bites(tx, _OUTBOX, before=now - outbox_kept)
    gone += await _bites(tx, _INBOX, before=now - inbox_kept)
    gone += await _bites(tx, _LETTERS, before=now - inbox_kept)
    return gone


async def _bites(tx: Tx, query: Query, *, before: datetime) -> int:
    gone = 0
    for _ in range(_BITES):
        deleted = await tx.execute(query, before=before, most=_BITE)
        gone += deleted
        if deleted < _BITE:
            break
    return gone


def prune_hourly(sweeps: Sweeps) -> None:
    """Make pruning one of the service's recurring sweeps."""

    @sweeps.recurring("prune-events", cron="17 * * * *")
    async def prune_events(tx: Tx, *, now: datetime) -> None:
        await prune(tx, now=now)
