"""Relationships and contact plans: rows in, frozen values out, and one statement for a whole batch of plans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import ARRAY

from engagement_service.domain.cadence import Relationship
from engagement_service.domain.plans import ContactPlan
from engagement_service.tables import contact_plans, relationships


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClient:
    """What planning needs to know of one client."""

    client_id: UUID
    relationship: Relationship
    counted_from: date
    manager: str | None
    version: int


_columns = (
    relationships.c.client_id,
    relationships.c.asset_band,
    relationships.c.value_class,
    relationships.c.wished_interval,
    relationships.c.known_since,
    relationships.c.last_contact_on,
    relationships.c.manager,
    relationships.c.version,
)

# In client order, so that two writers of overlapping batches cannot lock each other out.
_LOCK_CLIENTS = prepare(
    sa.select(*_columns)
    .where(
        relationships.c.client_id == sa.any_(sa.bindparam("client_ids", type_=ARRAY(sa.Uuid))),
        relationships.c.closed_because.is_(None),
    )
    .order_by(relationships.c.client_id)
    .with_for_update()
)

_RANGE = prepare(
    sa.select(relationships.c.client_id)
    .where(relationships.c.client_id > sa.bindparam("after"))
    .order_by(relationships.c.client_id)
    .limit(sa.bindparam("size"))
)

_SAVE_PLANS = prepare(
    sa.text(
        """
        INSERT INTO contact_plans (client_id, counted_from, latest_on, plan_on, interval, rule, decision, policy_version,
                                   calendar_version, provisional, planned_at)
        SELECT client_id, counted_from, latest_on, plan_on, "interval", rule, decision, policy_version,
               calendar_version, provisional, CAST(:planned_at AS timestamptz)
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, counted_from date, latest_on date, plan_on date,
             "interval" text, rule text, decision jsonb, policy_version int, calendar_version int, provisional boolean)
        ON CONFLICT (client_id) DO UPDATE SET
            counted_from = excluded.counted_from, latest_on = excluded.latest_on, plan_on = excluded.plan_on,
            interval = excluded.interval, rule = excluded.rule, decision = excluded.decision,
            policy_version = excluded.policy_version, calendar_version = excluded.calendar_version,
            provisional = excluded.provisional, planned_at = excluded.planned_at,
            missed_on = CASE WHEN contact_plans.latest_on = excluded.latest_on THEN contact_plans.missed_on END
        """
    )
)

_DROP_PLANS = prepare(
    contact_plans.delete().where(contact_plans.c.client_id == sa.any_(sa.bindparam("client_ids", type_=ARRAY(sa.Uuid))))
)

_CLAIM_MISSED = prepare(
    sa.text(
        """
        WITH missed AS (
            SELECT client_id FROM contact_plans WHERE missed_on IS NULL AND latest_on < :today
            ORDER BY latest_on LIMIT :size FOR UPDATE SKIP LOCKED
        ), marked AS (
            UPDATE contact_plans p SET missed_on = :today FROM missed m WHERE p.client_id = m.client_id
            RETURNING p.client_id, p.latest_on, p.rule
        )
        UPDATE relationships r SET version = r.version + 1
        FROM marked m
        WHERE r.client_id = m.client_id
        RETURNING m.client_id, m.latest_on, m.rule, r.manager, r.version, r.home_unit_id,
                  (SELECT path FROM org_units u WHERE u.id = r.home_unit_id) AS unit_path
        """
    )
)


async def lock_clients(tx: Tx, client_ids: Sequence[UUID]) -> list[KnownClient]:
    """The clients of a batch, locked in id order; those we have not been told of, or do not contact any
    more, are left out."""
    return [_known(row) for row in await tx.fetch(_LOCK_CLIENTS, client_ids=list(client_ids))]


def _known(row: Record) -> KnownClient:
    return KnownClient(
        client_id=row["client_id"],
        relationship=Relationship(
            asset_band=row["asset_band"], value_class=row["value_class"], wished_interval=row["wished_interval"]
        ),
        counted_from=row["last_contact_on"] or row["known_since"],
        manager=row["manager"],
        version=row["version"],
    )


async def client_range(tx: Tx, *, after: UUID, size: int) -> list[UUID]:
    """The next ``size`` client ids after one, for work over the whole book in ranges."""
    return [row["client_id"] for row in await tx.fetch(_RANGE, after=after, size=size)]


async def save_plans(tx: Tx, plans: Sequence[ContactPlan], *, now: datetime) -> None:
    rows = [
        {
            "client_id": str(plan.client_id),
            "counted_from": plan.counted_from.isoformat(),
            "latest_on": plan.latest_on.isoformat(),
            "plan_on": plan.plan_on.isoformat(),
            "interval": plan.cadence.interval.value,
            "rule": plan.cadence.rule,
            "decision": {
                "article": plan.cadence.article,
                "wish_conflicts": plan.cadence.wish_conflicts,
                "losing": [
                    {"rule": floor.rule, "interval": floor.interval.value, "article": floor.article}
                    for floor in plan.cadence.losing
                ],
            },
            "policy_version": plan.cadence.policy_version,
            "calendar_version": plan.calendar_version,
            "provisional": plan.provisional,
        }
        for plan in plans
    ]
    await tx.execute(_SAVE_PLANS, rows=rows, planned_at=now)


async def drop_plans(tx: Tx, client_ids: Sequence[UUID]) -> None:
    """No floor and no wish any more: no plan."""
    await tx.execute(_DROP_PLANS, client_ids=list(client_ids))


async def claim_missed(tx: Tx, *, today: date, size: int) -> list[Record]:
    """Mark plans whose latest day has passed, each once, and hand them over with their client's new version."""
    return await tx.fetch(_CLAIM_MISSED, today=today, size=size)
