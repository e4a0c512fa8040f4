"""Contact plans as answers: the day's list of a manager or unit, and one client's plan with its reasons."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from engagement_service.tables import contact_plans, org_units, relationships

_SERVING_PATHS = (
    sa.select(sa.func.array_agg(org_units.c.path))
    .where(org_units.c.id == sa.any_(relationships.c.serving_unit_ids))
    .correlate(relationships)
    .scalar_subquery()
)


def _seen() -> sa.ColumnElement[bool]:
    seen = visible(
        unit_path=org_units.c.path,
        owner=relationships.c.manager,
        client_id=relationships.c.client_id,
        serving_paths=_SERVING_PATHS,
    )
    return sa.and_(seen, relationships.c.closed_because.is_distinct_from(sa.literal_column("'erased'", sa.Text())))


_OF_CLIENT = prepare(
    sa.select(
        relationships,
        contact_plans.c.counted_from,
        contact_plans.c.latest_on,
        contact_plans.c.plan_on,
        contact_plans.c.interval,
        contact_plans.c.rule,
        contact_plans.c.decision,
        contact_plans.c.policy_version,
        contact_plans.c.calendar_version,
        contact_plans.c.provisional,
        contact_plans.c.missed_on,
        contact_plans.c.planned_at,
    )
    .select_from(
        relationships.join(org_units, org_units.c.id == relationships.c.home_unit_id, isouter=True).join(
            contact_plans, contact_plans.c.client_id == relationships.c.client_id, isouter=True
        )
    )
    .where(relationships.c.client_id == sa.bindparam("client_id"), _seen())
)

_DUE = prepare(
    sa.select(contact_plans, relationships.c.manager, relationships.c.home_unit_id)
    .select_from(
        contact_plans.join(relationships, relationships.c.client_id == contact_plans.c.client_id).join(
            org_units, org_units.c.id == relationships.c.home_unit_id, isouter=True
        )
    )
    .where(
        contact_plans.c.plan_on <= sa.bindparam("until"),
        sa.tuple_(contact_plans.c.plan_on, contact_plans.c.client_id)
        > sa.tuple_(sa.bindparam("after_on", type_=sa.Date), sa.bindparam("after_id", type_=sa.Uuid)),
        _seen(),
    )
    .order_by(contact_plans.c.plan_on, contact_plans.c.client_id)
    .limit(sa.bindparam("size"))
)

_KNOWN = prepare(
    sa.select(relationships.c.client_id)
    .select_from(relationships.join(org_units, org_units.c.id == relationships.c.home_unit_id, isouter=True))
    .where(relationships.c.client_id == sa.bindparam("client_id"), _seen())
)

BEGINNING = (date.min, UUID(int=0))


async def contact_plan(tx: Tx, client_id: UUID, *, scope: Scope) -> Record:
    """One client's relationship and plan; NotFound for a client the caller may not see and for an unknown one alike."""
    row = await tx.fetchrow(_OF_CLIENT, client_id=client_id, **scope.params())
    if row is None:
        raise NotFound()
    return row


async def due_plans(
    tx: Tx, *, until: date, after: tuple[date, UUID] = BEGINNING, size: int, scope: Scope
) -> list[Record]:
    """Plans up to a day, in the order of that day, as far as the caller may see them."""
    return await tx.fetch(_DUE, until=until, after_on=after[0], after_id=after[1], size=size, **scope.params())


async def require_visible(tx: Tx, client_id: UUID, *, scope: Scope) -> None:
    """Raise NotFound unless the caller may see this client."""
    if await tx.fetchval(_KNOWN, client_id=client_id, **scope.params()) is None:
        raise NotFound()
