"""What a simulation asks of each manager: the book of today, and the movers of the simulation laid over it.

Whoever does not move stands where he stands; a mover counts before and after as the simulation found him. Work is done
in ranges of whole managers, each row once.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.levels import ServiceTier
from client_registry.domain.simulations import VALUE_CLASSES
from client_registry.store.evaluation import plan_for

FIRST = ""


def _counted(side: str) -> str:
    tiers = ", ".join(f"'{each}', count(*) FILTER (WHERE tier_{side} = '{each}')" for each in ServiceTier)
    values = ", ".join(
        f"'{each}', count(*) FILTER (WHERE served_{side} AND value_class = '{each}')" for each in VALUE_CLASSES
    )
    return f"jsonb_build_object('tiers', jsonb_build_object({tiers}), 'values', jsonb_build_object({values}))"


_BOUND = prepare(
    sa.text("SELECT manager FROM clients WHERE manager > :after ORDER BY manager OFFSET CAST(:size AS int) LIMIT 1")
)
_ADD = prepare(
    sa.text(
        f"""
        WITH of_these AS (
            SELECT c.id, c.manager, c.home_unit_id, coalesce(c.asset_band, 'unknown') AS asset_band,
                   coalesce(v.value_class, 'unknown') AS value_class,
                   coalesce(m.card_from, c.card_level) AS card_before, coalesce(m.card_to, c.card_level) AS card_after,
                   CASE WHEN c.service_tier = 'corporate_vip' THEN c.service_tier
                        ELSE coalesce(m.tier_from, c.service_tier) END AS tier_before,
                   CASE WHEN c.service_tier = 'corporate_vip' THEN c.service_tier
                        ELSE coalesce(m.tier_to, c.service_tier) END AS tier_after
            FROM clients c JOIN units u ON u.id = c.home_unit_id
            LEFT JOIN policy_simulation_moves m ON m.simulation_id = :simulation_id AND m.client_id = c.id
            LEFT JOIN client_classifications v ON v.client_id = c.id
            WHERE c.manager > :after AND (CAST(:upto AS text) IS NULL OR c.manager <= :upto)
              AND starts_with(u.path, :unit_path)
              AND c.kind = 'personal' AND c.merged_into IS NULL AND c.died_on IS NULL AND c.ended_on IS NULL
        ), weighed AS (
            SELECT t.*, (card_before <> 'none' OR tier_before <> 'mass') AS served_before,
                   (card_after <> 'none' OR tier_after <> 'mass') AS served_after,
                   greatest(CAST(b.value AS int), CAST(w.value AS int)) AS contacts
            FROM of_these t
            LEFT JOIN jsonb_each_text(CAST(:by_band AS jsonb)) b ON b.key = t.asset_band
            LEFT JOIN jsonb_each_text(CAST(:by_value AS jsonb)) w ON w.key = t.value_class
        )
        INSERT INTO policy_simulation_managers (simulation_id, manager, unit_id, clients_before, clients_after,
                                                contacts_before, contacts_after, before, after)
        SELECT :simulation_id, manager, mode() WITHIN GROUP (ORDER BY home_unit_id),
               count(*) FILTER (WHERE served_before), count(*) FILTER (WHERE served_after),
               coalesce(sum(contacts) FILTER (WHERE served_before), 0),
               coalesce(sum(contacts) FILTER (WHERE served_after), 0), {_counted("before")}, {_counted("after")}
        FROM weighed GROUP BY manager
        """  # noqa: S608 - put together from constants
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A range of managers: where it ended, and whether there are more."""

    last: str
    finished: bool


async def weigh(tx: Tx, *, simulation: Record, after: str, size: int) -> Weighed:
    """The managers of about the next so many clients, by manager."""
    await plan_for(tx, size)
    upto: str | None = await tx.fetchval(_BOUND, after=after, size=size)
    await tx.execute(
        _ADD,
        simulation_id=simulation["id"],
        unit_path=simulation["unit_path"],
        after=after,
        upto=upto,
        by_band=simulation["assumptions"]["contacts_a_year"],
        by_value=simulation["assumptions"]["contacts_a_year_by_value"],
    )
    return Weighed(last=upto or after, finished=upto is None)
