"""Work items that are not done in time go before the next layer, once each, with the reason (domain decisions, 11).

Who the next layer is, the service says: somebody's own item goes to a role at the same place; what lies with that role,
or with any role, goes to a second role one place further up the tree, and so on to the top.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from chassis.db import Tx
from chassis.due_work import Sweeps
from chassis.query import prepare
from chassis.texts import Text

KIND = "work-item.overdue"
TEXT = Text(
    en="A work item of the layer below was not done in time; see that it is.",
    zh="下一层级的工作事项逾期未办结，请督促办理。",
)

_ESCALATE = prepare(
    sa.text(
        """
        INSERT INTO work_items (id, kind, rule, text, client_id, subject_id, owner_role, unit_path, due_at, created_at)
        SELECT uuidv7(), :kind, o.rule, :kind, o.client_id, o.id, o.next_role, o.next_path, :due_at, :now
        FROM (
            SELECT w.id, w.rule, w.client_id,
                   CASE WHEN up.climbs THEN CAST(:above AS text) ELSE CAST(:people_to AS text) END AS next_role,
                   CASE WHEN up.climbs THEN regexp_replace(w.unit_path, '[^/]+/$', '') ELSE w.unit_path END AS next_path
            FROM work_items w
            CROSS JOIN LATERAL (
                SELECT w.owner IS NULL OR coalesce(w.owner_role IN (:people_to, :above), false) AS climbs
            ) AS up
            WHERE w.status <> 'done' AND w.due_at IS NOT NULL AND w.due_at < :overdue_since AND w.unit_path IS NOT NULL
              AND NOT EXISTS (SELECT FROM work_items e WHERE e.subject_id = w.id AND e.kind = :kind)
        ) AS o
        WHERE o.next_path <> '/'
        """
    )
)
# What was put before somebody because of another item is over with that item.
_CLOSE = prepare(
    sa.text(
        """
        UPDATE work_items e SET status = 'done', completed_at = :now, completed_by = w.completed_by,
               result = 'done-below', version = e.version + 1
        FROM work_items w
        WHERE e.kind = :kind AND e.status <> 'done' AND w.id = e.subject_id AND w.status = 'done'
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A service's next layers: `people_to` at the same place for somebody's own item, `above` one place further up.

    An item is overdue when it is later than `grace`; the next layer has `within` for it.
    """

    people_to: str
    above: str
    grace: timedelta = timedelta(days=1)
    within: timedelta = timedelta(days=2)


async def escalate_overdue(tx: Tx, escalation: Escalation, *, now: datetime) -> int:
    """How many items were put before the next layer; items at no place, or at the top, have none."""
    await tx.execute(_CLOSE, kind=KIND, now=now)
    return await tx.execute(
        _ESCALATE,
        kind=KIND,
        people_to=escalation.people_to,
        above=escalation.above,
        overdue_since=now - escalation.grace,
        due_at=now + escalation.within,
        now=now,
    )


def escalate_hourly(sweeps: Sweeps, escalation: Escalation) -> None:
    """Make it one of the service's recurring sweeps."""

    @sweeps.recurring("escalate-overdue-work", cron="40 * * * *")
    async def escalate_overdue_work(tx: Tx, *, now: datetime) -> None:
        await escalate_overdue(tx, escalation, now=now)
