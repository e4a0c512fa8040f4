"""Kept outbox rows sent once more, by command: for a fresh consumer, or a broker that lost what it was given."""

from datetime import datetime

import sqlalchemy as sa

from chassis.db import Tx
from chassis.query import prepare

# A replay that is still going on is widened, never narrowed.
_REPLAY = prepare(
    sa.text(
        """
        WITH kept AS (
            SELECT min(id) - 1 AS after, max(id) AS until, count(*) AS n FROM outbox
            WHERE published_at IS NOT NULL
              AND (CAST(:since AS timestamptz) IS NULL OR published_at >= :since)
        ), asked AS (
            INSERT INTO relay_state AS s (part, resend_after, resend_until)
            SELECT 'relay', after, until FROM kept WHERE n > 0
            ON CONFLICT (part) DO UPDATE
            SET resend_after = least(s.resend_after, excluded.resend_after),
                resend_until = greatest(s.resend_until, excluded.resend_until)
        )
        SELECT n FROM kept
        """
    )
)


async def replay_outbox(tx: Tx, *, since: datetime | None = None) -> int:
    """Have the relay send the kept rows published since then once more, the oldest first and before new ones.

    The number of rows; rows older than the relay keeps are not among those it sends. Listeners that have heard an
    event drop it, so only those that have not will notice.
    """
    count: int = await tx.fetchval(_REPLAY, since=since)
    return count
