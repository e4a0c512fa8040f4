"""A client's service team as of now, and clients who have no manager at his post (CR-43, CR-44)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.scope import Scope
from chassis.texts import Text

from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.domain.service_team import ROLES, Holder, Manned, man
from client_registry.store.hand_overs import policy_on
from client_registry.store.missing_managers import WITHOUT_MANAGER

# Posts on the line from the home unit up to head office, each unit with its own departments, and the manager's post
# wherever it is; then those to whom such a post is delegated at this moment.
_POSTS = prepare(
    sa.text(
        """
        WITH line AS (
            SELECT u.id, u.path, u.kind FROM units home JOIN units u ON starts_with(home.path, u.path)
            WHERE home.id = :home_unit_id AND u.active
        ), places AS (
            SELECT id, path, kind FROM line
            UNION
            SELECT d.id, l.path, l.kind FROM units d JOIN line l ON l.id = d.parent_id
            WHERE d.kind = 'department' AND d.active
        ), held AS (
            SELECT p.staff_id, p.role, p.unit_id, s.subject FROM postings p
            JOIN staff s ON s.id = p.staff_id AND s.active
            WHERE p.role = ANY(CAST(:roles AS text[]))
              AND (p.unit_id IN (SELECT id FROM places) OR s.subject = :manager)
              AND p.from_on <= :day AND (p.until_on IS NULL OR :day <= p.until_on)
        ), now_held AS (
            SELECT staff_id, role, unit_id, CAST(NULL AS text) AS stands_in_for FROM held
            UNION ALL
            SELECT d.to_staff_id, d.role, d.unit_id, h.subject
            FROM delegations d JOIN held h ON h.staff_id = d.from_staff_id AND h.role = d.role AND h.unit_id = d.unit_id
            WHERE d.from_at <= :now AND :now < d.until_at
        )
        SELECT n.staff_id, s.subject, s.name_sealed, s.work_phone_sealed, n.role, n.unit_id, n.stands_in_for,
               coalesce(pl.path, u.path) AS unit_path, coalesce(pl.kind, u.kind) AS unit_kind, u.name_zh, u.name_en
        FROM now_held n JOIN staff s ON s.id = n.staff_id AND s.active JOIN units u ON u.id = n.unit_id
        LEFT JOIN places pl ON pl.id = n.unit_id
        ORDER BY length(u.path) DESC, n.stands_in_for NULLS FIRST, s.subject
        """
    )
)
_LIST_WITHOUT = prepare(
    sa.text(
        f"""
        SELECT c.id AS client_id, c.client_no, c.service_tier, c.card_level, c.asset_band, c.home_unit_id,
               u.code AS home_code, c.manager AS former_manager
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE u.path LIKE ANY(CAST(:paths AS text[])) AND {WITHOUT_MANAGER}
          AND (CAST(:after AS uuid) IS NULL OR c.id > :after)
        ORDER BY c.id LIMIT :size
        """  # noqa: S608 - put together from constants
    )
)


async def team_of(tx: Tx, *, home_unit_id: UUID, manager: str | None, day: date, now: datetime) -> tuple[Manned, ...]:
    """Every layer with the people who hold it now, delegations counted; gaps are layers without people."""
    rows = await tx.fetch(_POSTS, home_unit_id=home_unit_id, manager=manager, roles=list(ROLES), day=day, now=now)
    return man(manager, [_holder(tx, row) for row in rows])


async def list_without_manager(tx: Tx, *, scope: Scope, day: date, after: UUID | None, size: int) -> list[Record]:
    """VIP clients at the caller's places whom nobody at his post looks after, by id."""
    policy = await policy_on(tx, day)
    return await tx.fetch(
        _LIST_WITHOUT,
        paths=scope.paths,
        tiers=list(policy.managed_tiers),
        roles=sorted(MANAGER_ROLES),
        day=day,
        after=after,
        size=size,
    )


def _holder(tx: Tx, row: Record) -> Holder:
    given: dict[str, Any] = dict(row)
    name, phone = given.pop("name_sealed"), given.pop("work_phone_sealed")
    staff_id = given["staff_id"]
    return Holder(
        name=tx.cipher.open("staff.name", staff_id, name),
        work_phone=None if phone is None else tx.cipher.open("staff.work_phone", staff_id, phone),
        unit_name=Text(en=given.pop("name_en"), zh=given.pop("name_zh")),
        **given,
    )
