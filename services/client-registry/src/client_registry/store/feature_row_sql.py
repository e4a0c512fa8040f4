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

_COLUMNS = (
    "deposit_avg_12m", "deposit_months", "loan_outstanding", "loan_known", "repayment", "card_spend_12m", "card_months",
    "assets", "assets_known", "assets_lower_bound",
)  # fmt: skip
_HOLDS = """(m.fresh AND m.month_end = :month_end AND m.came IS NOT DISTINCT FROM s.came
             AND m.changed_at <= least(m.computed_at, CAST(:cut_off_at AS timestamptz)))"""
_LIST = ", ".join(_COLUMNS)

# Only of those among the given whose row does not hold. Where the metrics come out as before, so does the decision.
REFRESH = f"""
WITH {METRICS}
INSERT INTO client_metrics AS m (client_id, fresh, changed_at, month_end, came, computed_at, {_LIST})
SELECT metric.client_id, true, 'epoch', :month_end, subject.came, :cut_off_at, {", ".join(f"metric.{c}" for c in _COLUMNS)}
FROM metric JOIN subject ON subject.client_id = metric.client_id
ORDER BY metric.client_id
ON CONFLICT (client_id) DO UPDATE
SET fresh = true, month_end = excluded.month_end, came = excluded.came, computed_at = excluded.computed_at,
    {", ".join(f"{c} = excluded.{c}" for c in _COLUMNS)},
    decided_basis = CASE WHEN ({", ".join(f"m.{c}" for c in _COLUMNS)})
                              IS NOT DISTINCT FROM ({", ".join(f"excluded.{c}" for c in _COLUMNS)})
                         THEN m.decided_basis END
"""  # noqa: S608 - put together from constants

STALE = f"""
WITH {SUBJECT}
SELECT s.client_id FROM subject s LEFT JOIN client_metrics m ON m.client_id = s.client_id
WHERE NOT coalesce({_HOLDS}, false)
"""  # noqa: S608 - put together from constants

# What applies at each home, as one word; a standard that asks how long somebody has been here moves with the months.
# Products held and risk events that standards ask for are a word of each client's own: they change within a month.
_APPLIES = f"""
    metric AS (SELECT DISTINCT path FROM seen), {IN_FORCE}, {APPLYING}, basis AS (
        SELECT home_path, md5(string_agg(CAST(id AS text), ',' ORDER BY id)) AS word,
               bool_or(minimum_tenure_months > 0) AS asks_tenure
        FROM applies GROUP BY home_path
    ), {circumstances("ARRAY(SELECT id FROM seen)")}, circumstance AS (
        SELECT client_id, md5(string_agg(word, ',' ORDER BY word)) AS word FROM (
            SELECT client_id, concat(policy_id, '+', n) AS word FROM holder
            UNION ALL
            SELECT client_id, concat(policy_id, '-') FROM struck
        ) AS words GROUP BY client_id
    )
"""  # noqa: S608 - put together from constants
_BASIS_OF = f"""coalesce(b.word || CASE WHEN b.asks_tenure THEN coalesce(CAST({TENURE} AS text), '?') ELSE '' END, '-')
        || coalesce('/' || x.word, '')"""
_STANDING_OF = "concat_ws('|', c.service_tier, c.asset_band, c.asset_lower_bound, w.stands)"
_DUE = f"""(m.decided_basis IS DISTINCT FROM {_BASIS_OF} OR m.decided_standing IS DISTINCT FROM {_STANDING_OF}
            OR c.tier_short_since_on IS NOT NULL)"""


def _seen(whom: str) -> str:
    """Who is looked at, and where each stands."""
    return f"""
        seen AS MATERIALIZED ({whom}), stood AS (
            SELECT q.client_id, string_agg(q.level || q.status, ',' ORDER BY q.level) AS stands
            FROM seen JOIN qualifications q ON q.client_id = seen.id GROUP BY q.client_id
        )
    """  # noqa: S608 - put together from constants


_JOINED = """
    seen s JOIN clients c ON c.id = s.id
    LEFT JOIN client_metrics m ON m.client_id = s.id
    LEFT JOIN stood w ON w.client_id = s.id
    LEFT JOIN basis b ON b.home_path = s.path
    LEFT JOIN circumstance x ON x.client_id = s.id
"""
_NAMED = """
    SELECT c.id, u.path FROM clients c JOIN units u ON u.id = c.home_unit_id
    WHERE c.id = ANY(CAST(:client_ids AS uuid[])) AND c.kind = 'personal' AND c.merged_into IS NULL AND c.died_on IS NULL
"""
_IN_ORDER = """
    SELECT c.id, u.path, CAST(date_trunc('month', c.client_since_on) AS date) AS came
    FROM clients c JOIN units u ON u.id = c.home_unit_id
    WHERE c.id > :after AND c.kind = 'personal' AND c.merged_into IS NULL AND c.died_on IS NULL
      AND starts_with(u.path, :unit_path)
    ORDER BY c.id LIMIT :size
"""

# The next clients of a run by id, no more due ones among them than one transaction takes.
NEXT = f"""
WITH {_seen(_IN_ORDER)}, {_APPLIES}, judged AS (
    SELECT c.id, NOT coalesce({_HOLDS}, false) OR {_DUE} AS due FROM {_JOINED}
), counted AS (
    SELECT id, due, count(*) FILTER (WHERE due) OVER (ORDER BY id) AS nth FROM judged
)
SELECT (SELECT count(*) FROM seen) AS found, count(*) AS taken, (array_agg(id ORDER BY id DESC))[1] AS last,
       coalesce(array_agg(id ORDER BY id) FILTER (WHERE due), '{{}}') AS due
FROM counted WHERE nth <= :most
"""  # noqa: S608 - put together from constants

# After the rows were made anew: who among the given is still to be decided over.
STILL_DUE = f"WITH {_seen(_NAMED)}, {_APPLIES} SELECT c.id FROM {_JOINED} WHERE {_DUE} ORDER BY c.id"  # noqa: S608

_KEPT = f"""
    metric AS (
        SELECT s.client_id, s.path, s.tenure_months, {", ".join(f"m.{c}" for c in _COLUMNS)}
        FROM subject s JOIN client_metrics m ON m.client_id = s.client_id
    )
"""  # noqa: S608 - put together from constants
DECIDE_KEPT = f"WITH {SUBJECT}, {_KEPT}, {IN_FORCE}, {APPLYING}, {OUTCOMES_OF_ALL}, {WRITE}"

MARK_DECIDED = f"""
WITH {_seen(_NAMED)}, {_APPLIES}, now_so AS (
    SELECT c.id, {_BASIS_OF} AS basis, {_STANDING_OF} AS standing FROM {_JOINED}
)
UPDATE client_metrics m SET decided_basis = n.basis, decided_standing = n.standing
FROM now_so n WHERE m.client_id = n.id
"""  # noqa: S608 - put together from constants
