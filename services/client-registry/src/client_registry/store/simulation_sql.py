"""One statement for a range of a simulation: the metrics once, both sets of policies over them, nothing decided.

Each side has its own paths ("b/hq/…" before, "a/hq/…" after), so that the statements of the tier engine serve as they
are: what a simulation says is what a run would say. They serve for one client of each kind only. Clients are of one kind
when no standard tried can tell them apart: the same standards apply, each figure lies between the same two bounds, and
all else that a standard looks at is equal.
"""

from client_registry.store.evaluation_sql import APPLYING, METRICS, OF_GIVEN, OUTCOMES_OF_ALL, TENURE, circumstances
from client_registry.store.feature_row_sql import BETWEEN, CIRCUMSTANCE, METRIC_COLUMNS, holds

_LEVEL = "(ARRAY['none', 'branch', 'head_office'])[{0} + 1]"
_TIER = "(ARRAY['mass', 'wealth_management', 'wealth', 'private_banking'])[{0} + 1]"
_ON_SIDE = "max({0}) FILTER (WHERE side = '{1}')"
_MET = """
    coalesce(jsonb_agg(jsonb_build_object('policy', code || '/' || version, 'level', level,
                                          'criteria', to_jsonb(criteria_met)) ORDER BY ladder, rank DESC, code)
             FILTER (WHERE outcome = 'met'), '[]')
"""
_LIST = ", ".join(METRIC_COLUMNS)
_OF = ", ".join(f"m.{column}" for column in METRIC_COLUMNS)

# A maintained row that holds is taken as it is; the figures of the others are added up here, and kept by nobody.
_MEASURED = f"""
    seen AS MATERIALIZED (
        SELECT c.id AS client_id, c.home_unit_id, u.path, CAST(date_trunc('month', c.client_since_on) AS date) AS came,
               {TENURE} AS tenure_months
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE {BETWEEN.format("c.id")} AND starts_with(u.path, :unit_path)
          AND c.kind = 'personal' AND c.merged_into IS NULL
            AND c.died_on IS NULL AND c.ended_on IS NULL
    ), holding AS MATERIALIZED (
        SELECT s.client_id, {_OF}
        FROM seen s JOIN client_metrics m ON m.client_id = s.client_id
        WHERE {BETWEEN.format("m.client_id")} AND {holds("s")}
    ), stale AS (
        SELECT client_id FROM seen EXCEPT SELECT client_id FROM holding
    ), {
    METRICS.replace(OF_GIVEN, "ARRAY(SELECT client_id FROM stale)").replace("metric AS (", "added AS (")
}, measured AS (
        SELECT s.home_unit_id, s.path, s.tenure_months, m.*
        FROM seen s JOIN (SELECT * FROM holding UNION ALL SELECT client_id, {_LIST} FROM added) m
            ON m.client_id = s.client_id
    )
"""  # noqa: S608 - put together from constants

_BETWEEN_BOUNDS = {
    "deposit_avg_12m": "deposit_months = 12",
    "loan_outstanding": "loan_known",
    "card_spend_12m": "card_months = 12",
    "assets": "assets_known AND NOT assets_lower_bound",
}

_KNOWN = ", ".join(f"'{metric}'" for metric in (*_BETWEEN_BOUNDS, "holds_product"))


def _bounds(metric: str) -> str:
    return (
        f"coalesce(array_agg(DISTINCT bound ORDER BY bound) FILTER (WHERE metric = '{metric}'), '{{}}') AS by_{metric}"
    )


# A metric that is not known here makes everybody a kind of his own: slow, never wrong.
_KINDS = f"""
    basis AS (
        SELECT substr(home_path, 2) AS path, string_agg(left(home_path, 1) || id, ',' ORDER BY home_path, id) AS word
        FROM applies GROUP BY substr(home_path, 2)
    ), bounds AS (
        SELECT {", ".join(_bounds(metric) for metric in _BETWEEN_BOUNDS)},
               coalesce(bool_or(metric NOT IN ({_KNOWN})), false) AS unknown,
               ARRAY(SELECT DISTINCT minimum_tenure_months FROM applies ORDER BY 1) AS by_tenure
        FROM criterion
    ), {circumstances("ARRAY(SELECT client_id FROM seen)")}, {CIRCUMSTANCE}, alike AS MATERIALIZED (
        SELECT m.client_id, m.home_unit_id,
               CASE WHEN NOT m.assets_known THEN 'unknown' WHEN m.assets >= 8000000 THEN 'ge_8m'
                    WHEN m.assets >= 2000000 THEN '2m_8m' ELSE 'below' END AS asset_band,
               concat_ws('|', coalesce(b.word, '-'), coalesce(x.word, '-'), m.repayment,
                   coalesce(width_bucket(m.tenure_months, t.by_tenure), -1),
                   {", ".join(f"width_bucket(m.{metric}, t.by_{metric}), {whole}" for metric, whole in _BETWEEN_BOUNDS.items())},
                   CASE WHEN t.unknown THEN m.client_id END) AS kind
        FROM measured m CROSS JOIN bounds t LEFT JOIN basis b ON b.path = m.path
        LEFT JOIN circumstance x ON x.client_id = m.client_id
    ), example AS MATERIALIZED (
        SELECT kind, any_value(client_id) AS client_id FROM alike GROUP BY kind
    )
"""  # noqa: S608 - put together from constants

_FOUND = f"""
    found AS (
        WITH metric AS (
            SELECT w.side || m.path AS path, m.client_id, m.tenure_months, {_OF}
            FROM measured m JOIN example e ON e.client_id = m.client_id CROSS JOIN (VALUES ('b'), ('a')) AS w(side)
        ), {OUTCOMES_OF_ALL.replace(OF_GIVEN, "ARRAY(SELECT client_id FROM example)")}
        SELECT client_id, left(path, 1) AS side,
               coalesce(max(rank) FILTER (WHERE ladder = 'card_level' AND outcome = 'met'), 0) AS card,
               coalesce(max(rank) FILTER (WHERE ladder = 'service_tier' AND outcome = 'met'), 0) AS tier,
               {_MET} AS met
        FROM outcome GROUP BY client_id, path
    ), paired AS (
        SELECT e.kind,
               {_LEVEL.format(f"coalesce({_ON_SIDE.format('card', 'b')}, 0)")} AS card_from,
               {_LEVEL.format(f"coalesce({_ON_SIDE.format('card', 'a')}, 0)")} AS card_to,
               {_TIER.format(f"coalesce({_ON_SIDE.format('tier', 'b')}, 0)")} AS tier_from,
               {_TIER.format(f"coalesce({_ON_SIDE.format('tier', 'a')}, 0)")} AS tier_to,
               jsonb_build_object(
                   'before', coalesce(jsonb_agg(f.met) FILTER (WHERE f.side = 'b') -> 0, '[]'),
                   'after', coalesce(jsonb_agg(f.met) FILTER (WHERE f.side = 'a') -> 0, '[]')) AS reasons
        FROM example e LEFT JOIN found f ON f.client_id = e.client_id
        GROUP BY e.kind
    )
"""  # noqa: S608 - put together from constants

SIMULATE = f"""
WITH {_MEASURED}, metric AS (
    SELECT DISTINCT w.side || path AS path FROM seen CROSS JOIN (VALUES ('b'), ('a')) AS w(side)
), in_force AS (
    SELECT * FROM jsonb_to_recordset(CAST(:policies AS jsonb)) AS p(
        id uuid, code text, version int, ladder text, level text, scope_path text, campaign boolean, combinator text,
        criteria jsonb, vetoes jsonb, needs_filing boolean, grace_months int, minimum_tenure_months int)
), {APPLYING}, {_KINDS}, {_FOUND}, moved AS (
    INSERT INTO policy_simulation_moves (simulation_id, client_id, card_from, card_to, tier_from, tier_to, reasons)
    SELECT :simulation_id, a.client_id, p.card_from, p.card_to, p.tier_from, p.tier_to, p.reasons
    FROM alike a JOIN paired p ON p.kind = a.kind
    WHERE (p.card_from, p.tier_from) <> (p.card_to, p.tier_to)
    RETURNING 1
), counted AS (
    INSERT INTO policy_simulation_counts AS k (simulation_id, unit_id, card_from, card_to, tier_from, tier_to, asset_band,
                                               clients)
    SELECT :simulation_id, a.home_unit_id, p.card_from, p.card_to, p.tier_from, p.tier_to, a.asset_band, sum(a.clients)
    FROM (SELECT kind, home_unit_id, asset_band, count(*) AS clients FROM alike GROUP BY kind, home_unit_id, asset_band) a
    JOIN paired p ON p.kind = a.kind
    GROUP BY a.home_unit_id, p.card_from, p.card_to, p.tier_from, p.tier_to, a.asset_band
    ON CONFLICT (simulation_id, unit_id, card_from, card_to, tier_from, tier_to, asset_band)
    DO UPDATE SET clients = k.clients + excluded.clients
)
SELECT (SELECT count(*) FROM seen) AS clients, (SELECT count(*) FROM moved) AS moved
"""  # noqa: S608 - put together from constants
