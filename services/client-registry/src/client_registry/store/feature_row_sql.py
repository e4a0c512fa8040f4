"""The maintained feature row (`client_metrics`) in SQL: made anew where it is stale, read where it holds.

A row holds for a run when it is fresh, made for the run's months, and no figure is known after either cut-off. A client
is due when the row does not hold, when other standards apply than those he was decided by, when somebody else moved
where he stands, or when the grace of a lost tier runs. Nobody else can come out otherwise than last time.
"""

from client_registry.store.evaluation_sql import (
    APPLYING,
    IN_FORCE,
    METRICS,
    OUTCOMES_OF_ALL,
    SUBJECT,
    TENURE,
    WRITE,
    circumstances,
)

METRIC_COLUMNS = (
    "deposit_avg_12m", "deposit_months", "loan_outstanding", "loan_known", "repayment", "card_spend_12m", "card_months",
    "assets", "assets_known", "assets_lower_bound",
)  # fmt: skip
_LIST = ", ".join(METRIC_COLUMNS)


def holds(subject: str) -> str:
    """Whether the kept row m says of the subject what its figures would."""
    return f"""(m.fresh AND m.month_end = :month_end AND m.came IS NOT DISTINCT FROM {subject}.came
                AND m.changed_at <= least(m.computed_at, CAST(:cut_off_at AS timestamptz)))"""


# Only of those among the given whose row does not hold. Where the metrics come out as before, so does the decision.
REFRESH = f"""
WITH {METRICS}
INSERT INTO client_metrics AS m (client_id, fresh, changed_at, month_end, came, computed_at, {_LIST})
SELECT metric.client_id, true, 'epoch', :month_end, subject.came, :cut_off_at, {", ".join(f"metric.{c}" for c in METRIC_COLUMNS)}
FROM metric JOIN subject ON subject.client_id = metric.client_id
ORDER BY metric.client_id
ON CONFLICT (client_id) DO UPDATE
SET fresh = true, month_end = excluded.month_end, came = excluded.came, computed_at = excluded.computed_at,
    {", ".join(f"{c} = excluded.{c}" for c in METRIC_COLUMNS)},
    decided_basis = CASE WHEN ({", ".join(f"m.{c}" for c in METRIC_COLUMNS)})
                              IS NOT DISTINCT FROM ({", ".join(f"excluded.{c}" for c in METRIC_COLUMNS)})
                         THEN m.decided_basis END
"""  # noqa: S608 - put together from constants

# Each table is narrowed by itself: without nested loops a join alone would read it whole for every range.
AMONG = "{0} = ANY(CAST(:client_ids AS uuid[]))"
BETWEEN = "{0} > :after AND {0} <= :upto"

STALE = f"""
WITH {SUBJECT}, m AS (SELECT * FROM client_metrics WHERE {AMONG.format("client_id")})
SELECT s.client_id FROM subject s LEFT JOIN m ON m.client_id = s.client_id
WHERE NOT coalesce({holds("s")}, false)
"""  # noqa: S608 - put together from constants

# Products held and risk events that standards ask for are a word of each client's own: they change within a month.
CIRCUMSTANCE = """
    circumstance AS (
        SELECT client_id, md5(string_agg(word, ',' ORDER BY word)) AS word FROM (
            SELECT client_id, concat(policy_id, '+', n) AS word FROM holder
            UNION ALL
            SELECT client_id, concat(policy_id, '-') FROM struck
        ) AS words GROUP BY client_id
    )
"""
# What applies at each home, as one word; a standard that asks how long somebody has been here moves with the months.
_APPLIES = f"""
    metric AS (SELECT DISTINCT path FROM seen), {IN_FORCE}, {APPLYING}, basis AS (
        SELECT home_path, md5(string_agg(CAST(id AS text), ',' ORDER BY id)) AS word,
               bool_or(minimum_tenure_months > 0) AS asks_tenure
        FROM applies GROUP BY home_path
    ), {circumstances("ARRAY(SELECT id FROM seen)")}, {CIRCUMSTANCE}
"""  # noqa: S608 - put together from constants
_BASIS_OF = f"""coalesce(b.word || CASE WHEN b.asks_tenure THEN coalesce(CAST({TENURE} AS text), '?') ELSE '' END, '-')
        || coalesce('/' || x.word, '')"""
_STANDING_OF = "concat_ws('|', c.service_tier, c.asset_band, c.asset_lower_bound, w.stands)"
_DUE = f"""(m.decided_basis IS DISTINCT FROM {_BASIS_OF} OR m.decided_standing IS DISTINCT FROM {_STANDING_OF}
            OR c.tier_short_since_on IS NOT NULL)"""


def seen(those: str, *, below: str = "") -> str:
    """Who is looked at, what is kept of each, and where each stands."""
    return f"""
        seen AS MATERIALIZED (
            SELECT c.id, u.path, CAST(date_trunc('month', c.client_since_on) AS date) AS came, c.client_since_on,
                   c.service_tier, c.asset_band, c.asset_lower_bound, c.tier_short_since_on
            FROM clients c JOIN units u ON u.id = c.home_unit_id
            WHERE {those.format("c.id")} AND c.kind = 'personal' AND c.merged_into IS NULL
              AND c.died_on IS NULL AND c.ended_on IS NULL
                  {below}
        ), kept AS (
            SELECT * FROM client_metrics WHERE {those.format("client_id")}
        ), stood AS (
            SELECT client_id, string_agg(level || status, ',' ORDER BY level) AS stands
            FROM qualifications WHERE {those.format("client_id")} GROUP BY client_id
        )
    """  # noqa: S608 - put together from constants


_JOINED = """
    seen c
    LEFT JOIN kept m ON m.client_id = c.id
    LEFT JOIN stood w ON w.client_id = c.id
    LEFT JOIN basis b ON b.home_path = c.path
    LEFT JOIN circumstance x ON x.client_id = c.id
"""

# The clients of a run between two ids, no more due ones among them than one transaction takes.
NEXT = f"""
WITH {seen(BETWEEN, below="AND starts_with(u.path, :unit_path)")}, {_APPLIES}, judged AS (
    SELECT array_agg(c.id ORDER BY c.id) AS due FROM {_JOINED} WHERE NOT coalesce({holds("c")}, false) OR {_DUE}
), cut AS (
    SELECT coalesce(due, '{{}}') AS due, CASE WHEN cardinality(due) > n.most THEN due[n.most] END AS at, n.most
    FROM judged CROSS JOIN (SELECT CAST(:most AS int) AS most) n
)
SELECT trim_array(due, greatest(cardinality(due) - most, 0)) AS due, at AS cut_at,
       (SELECT count(*) FROM seen WHERE at IS NULL OR id <= at) AS taken
FROM cut
"""  # noqa: S608 - put together from constants

# After the rows were made anew: who among the given is still to be decided over.
STILL_DUE = f"WITH {seen(AMONG)}, {_APPLIES} SELECT c.id FROM {_JOINED} WHERE {_DUE} ORDER BY c.id"  # noqa: S608

_KEPT = f"""
    metric AS (
        SELECT s.client_id, s.path, s.tenure_months, {", ".join(f"m.{c}" for c in METRIC_COLUMNS)}
        FROM subject s JOIN client_metrics m ON m.client_id = s.client_id
        WHERE {AMONG.format("m.client_id")}
    )
"""  # noqa: S608 - put together from constants
DECIDE_KEPT = f"WITH {SUBJECT}, {_KEPT}, {IN_FORCE}, {APPLYING}, {OUTCOMES_OF_ALL}, {WRITE}"

MARK_DECIDED = f"""
WITH {seen(AMONG)}, {_APPLIES}, now_so AS (
    SELECT c.id, {_BASIS_OF} AS basis, {_STANDING_OF} AS standing FROM {_JOINED}
)
UPDATE client_metrics m SET decided_basis = n.basis, decided_standing = n.standing
FROM now_so n WHERE m.client_id = n.id AND {AMONG.format("m.client_id")}
"""  # noqa: S608 - put together from constants
