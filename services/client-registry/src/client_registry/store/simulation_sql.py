"""One statement for a range of a simulation: the metrics once, both sets of policies over them, nothing decided.

Each side has its own paths ("b/hq/…" before, "a/hq/…" after), so that the statements of the tier engine serve as they
are: what a simulation says is what a run would say.
"""

from client_registry.store.evaluation_sql import APPLYING, METRICS, OUTCOMES_OF_ALL

_LEVEL = "(ARRAY['none', 'branch', 'head_office'])[{0} + 1]"
_TIER = "(ARRAY['mass', 'wealth_management', 'wealth', 'private_banking'])[{0} + 1]"
_ON_SIDE = "max({0}) FILTER (WHERE side = '{1}')"
_MET = """
    coalesce(jsonb_agg(jsonb_build_object('policy', code || '/' || version, 'level', level,
                                          'criteria', to_jsonb(criteria_met)) ORDER BY ladder, rank DESC, code)
             FILTER (WHERE outcome = 'met'), '[]')
"""

SIMULATE = f"""
WITH {METRICS.replace("metric AS (", "measured AS (")}, metric AS (
    SELECT w.side || m.path AS path, m.client_id, m.tenure_months, m.deposit_avg_12m, m.deposit_months,
           m.loan_outstanding, m.loan_known, m.repayment, m.card_spend_12m, m.card_months, m.assets, m.assets_known,
           m.assets_lower_bound
    FROM measured m CROSS JOIN (VALUES ('b'), ('a')) AS w(side)
), in_force AS (
    SELECT * FROM jsonb_to_recordset(CAST(:policies AS jsonb)) AS p(
        id uuid, code text, version int, ladder text, level text, scope_path text, campaign boolean, combinator text,
        criteria jsonb, vetoes jsonb, needs_filing boolean, grace_months int, minimum_tenure_months int)
), {APPLYING}, {OUTCOMES_OF_ALL}, found AS (
    SELECT client_id, left(path, 1) AS side,
           coalesce(max(rank) FILTER (WHERE ladder = 'card_level' AND outcome = 'met'), 0) AS card,
           coalesce(max(rank) FILTER (WHERE ladder = 'service_tier' AND outcome = 'met'), 0) AS tier,
           {_MET} AS met
    FROM outcome GROUP BY client_id, path
), paired AS (
    SELECT m.client_id, c.home_unit_id,
           {_LEVEL.format(f"coalesce({_ON_SIDE.format('card', 'b')}, 0)")} AS card_from,
           {_LEVEL.format(f"coalesce({_ON_SIDE.format('card', 'a')}, 0)")} AS card_to,
           {_TIER.format(f"coalesce({_ON_SIDE.format('tier', 'b')}, 0)")} AS tier_from,
           {_TIER.format(f"coalesce({_ON_SIDE.format('tier', 'a')}, 0)")} AS tier_to,
           CASE WHEN NOT m.assets_known THEN 'unknown' WHEN m.assets >= 8000000 THEN 'ge_8m'
                WHEN m.assets >= 2000000 THEN '2m_8m' ELSE 'below' END AS asset_band,
           jsonb_build_object(
               'before', coalesce(jsonb_agg(f.met) FILTER (WHERE f.side = 'b') -> 0, '[]'),
               'after', coalesce(jsonb_agg(f.met) FILTER (WHERE f.side = 'a') -> 0, '[]')) AS reasons
    FROM measured m JOIN clients c ON c.id = m.client_id LEFT JOIN found f ON f.client_id = m.client_id
    GROUP BY m.client_id, c.home_unit_id, m.assets_known, m.assets
), moved AS (
    INSERT INTO policy_simulation_moves (simulation_id, client_id, card_from, card_to, tier_from, tier_to, reasons)
    SELECT :simulation_id, client_id, card_from, card_to, tier_from, tier_to, reasons FROM paired
    WHERE (card_from, tier_from) <> (card_to, tier_to)
    RETURNING 1
), counted AS (
    INSERT INTO policy_simulation_counts AS k (simulation_id, unit_id, card_from, card_to, tier_from, tier_to, asset_band,
                                               clients)
    SELECT :simulation_id, home_unit_id, card_from, card_to, tier_from, tier_to, asset_band, count(*)
    FROM paired GROUP BY home_unit_id, card_from, card_to, tier_from, tier_to, asset_band
    ON CONFLICT (simulation_id, unit_id, card_from, card_to, tier_from, tier_to, asset_band)
    DO UPDATE SET clients = k.clients + excluded.clients
)
SELECT count(*) FROM moved
"""  # noqa: S608 - put together from constants
