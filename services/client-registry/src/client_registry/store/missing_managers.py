"""Clients without a manager become work, all in one statement (CR-43, CR-44)."""

from datetime import date, datetime

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

# VIP clients whom nobody at a manager's post looks after; binds `tiers`, `roles`, `day`, the file is `c`.
WITHOUT_MANAGER = """
    (c.service_tier = ANY(CAST(:tiers AS text[])) OR c.card_level <> 'none')
    AND NOT EXISTS (SELECT FROM staff s JOIN postings p ON p.staff_id = s.id
                    WHERE s.subject = c.manager AND s.active AND p.role = ANY(CAST(:roles AS text[]))
                      AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on))
"""
# A client is asked about once as long as the item is open.
_ASK = prepare(
    sa.text(
        f"""
        INSERT INTO work_items (id, kind, rule, text, client_id, subject_id, owner_role, unit_id, unit_path, due_at,
                                created_at)
        SELECT uuidv7(), :kind, 'CR-44', :kind, c.id, c.id, :owner_role, u.id, u.path, :due_at, :now
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE {WITHOUT_MANAGER}
          AND NOT EXISTS (SELECT FROM work_items w
                          WHERE w.subject_id = c.id AND w.kind = :kind AND w.status <> 'done')
        """  # noqa: S608 - put together from constants
    )
)


async def ask_for_managers(
    tx: Tx,
    *,
    kind: str,
    owner_role: str,
    tiers: tuple[str, ...],
    roles: frozenset[str],
    day: date,
    due_at: datetime | None,
    now: datetime,
) -> int:
    """One item for each VIP client whom nobody at his post looks after; how many there were."""
    return await tx.execute(
        _ASK, kind=kind, owner_role=owner_role, tiers=list(tiers), roles=sorted(roles), day=day, due_at=due_at, now=now
    )
