"""Who is near a standard, in one statement over the maintained feature rows (CR-16).

`seen` is the list of clients in scope with their metrics; it is put before the text by whoever asks. A criterion's share
is what is missing of its bound; a product that is not held has no share, and whom a standard refuses for what stands
against him is not near it. Where any criterion suffices the nearest one counts, where all are asked the farthest.
"""

from client_registry.store.evaluation_sql import APPLYING, IN_FORCE, circumstances

NEAR = f"""
SELECT * FROM (
    WITH metric AS (SELECT DISTINCT path FROM seen), {IN_FORCE}, {APPLYING},
    {circumstances("ARRAY(SELECT client_id FROM seen)", ladder="card_level")}, result AS (
        SELECT s.client_id, a.id AS policy_id, a.combinator, c.code, v.amount >= c.bound AS reached, v.complete,
               c.wants_clean AND s.repayment = 'not_clean'
                   OR c.metric = 'holds_product' AND h.client_id IS NULL AS spoiled,
               v.amount >= c.bound AND NOT (c.wants_clean AND s.repayment <> 'clean') AS met,
               greatest(c.bound - v.amount, 0) AS short, greatest(c.bound - v.amount, 0) / c.bound AS share
        FROM seen s
        JOIN applies a ON a.home_path = s.path AND a.ladder = 'card_level' AND a.level = CAST(:level AS text)
        JOIN criterion c ON c.home_path = s.path AND c.policy_id = a.id
        LEFT JOIN holder h ON h.client_id = s.client_id AND h.policy_id = c.policy_id AND h.n = c.n
        LEFT JOIN struck k ON k.client_id = s.client_id AND k.policy_id = a.id
        CROSS JOIN LATERAL (SELECT
            CASE c.metric WHEN 'deposit_avg_12m' THEN s.deposit_avg_12m WHEN 'loan_outstanding' THEN s.loan_outstanding
                          WHEN 'card_spend_12m' THEN s.card_spend_12m WHEN 'assets' THEN s.assets
                          WHEN 'holds_product' THEN CASE WHEN h.client_id IS NULL THEN 0 ELSE 1 END END AS amount,
            CASE c.metric WHEN 'deposit_avg_12m' THEN s.deposit_months = 12 WHEN 'loan_outstanding' THEN s.loan_known
                          WHEN 'card_spend_12m' THEN s.card_months = 12
                          WHEN 'assets' THEN s.assets_known AND NOT s.assets_lower_bound
                          WHEN 'holds_product' THEN true END AS complete) v
        WHERE k.client_id IS NULL AND NOT (a.vetoes @> '[{{"kind": "bad_repayment"}}]' AND s.repayment = 'not_clean')
    ), judged AS (
        SELECT client_id, policy_id, combinator, bool_or(met) AS any_met, bool_and(met) AS all_met,
               bool_or(spoiled AND NOT met) AS any_spoiled,
               (array_agg(ROW(share, short, code, complete AND NOT reached) ORDER BY share, code)
                FILTER (WHERE NOT met AND NOT spoiled)) AS ways
        FROM result GROUP BY client_id, policy_id, combinator
    ), way AS (
        SELECT j.client_id, CASE j.combinator WHEN 'ANY' THEN j.any_met ELSE j.all_met END AS met,
               w.share, w.short, w.code, w.decided
        FROM judged j LEFT JOIN LATERAL (
            SELECT * FROM ROWS FROM (unnest(j.ways) AS (share numeric, short numeric, code text, decided boolean))
                     WITH ORDINALITY AS w(share, short, code, decided, n)
            WHERE j.combinator = 'ALL' AND NOT j.any_spoiled
               OR j.combinator = 'ANY' AND (CAST(:criterion AS text) IS NULL OR w.code = :criterion)
            ORDER BY CASE j.combinator WHEN 'ANY' THEN w.n ELSE -w.n END LIMIT 1
        ) w ON true
    ), nearest AS (
        SELECT client_id, bool_or(met) AS met, min(share) AS share,
               (array_agg(short ORDER BY share, code) FILTER (WHERE share IS NOT NULL))[1] AS short,
               (array_agg(code ORDER BY share, code) FILTER (WHERE share IS NOT NULL))[1] AS code,
               (array_agg(decided ORDER BY share, code) FILTER (WHERE share IS NOT NULL))[1] AS decided
        FROM way GROUP BY client_id
    )
    SELECT n.client_id, n.share, n.short, n.code, n.decided,
           CASE WHEN w.id IS NULL THEN 'none' WHEN w.status = 'done' THEN 'done' ELSE 'asked' END AS contact,
           w.created_at AS asked_at, w.completed_at AS contacted_at
    FROM nearest n LEFT JOIN LATERAL (
        SELECT id, status, created_at, completed_at FROM work_items
        WHERE subject_id = n.client_id AND kind = 'qualification.contact-near' ORDER BY id DESC LIMIT 1
    ) w ON true
    WHERE NOT n.met AND n.share <= CAST(:share_most AS numeric)
      AND (CAST(:short_most AS numeric) IS NULL OR n.short <= :short_most)
      AND (CAST(:criterion AS text) IS NULL OR n.code = :criterion)
      AND (CAST(:decided AS boolean) IS NULL OR n.decided = :decided)
) AS near
WHERE (CAST(:contact AS text) IS NULL OR contact = :contact)
  AND (CAST(:after_share AS numeric) IS NULL OR (share, client_id) > (CAST(:after_share AS numeric), CAST(:after_id AS uuid)))
ORDER BY share, client_id LIMIT :size
"""  # noqa: S608 - put together from constants

# The newest figures of the window's months as they were known to the decision.
MONTHS = """
SELECT g.client_id, f.month,
       coalesce((array_agg(f.deposit_average ORDER BY f.known_at DESC) FILTER (WHERE f.deposit_average IS NOT NULL))[1],
                (array_agg(f.deposit_month_end ORDER BY f.known_at DESC)
                 FILTER (WHERE f.deposit_month_end IS NOT NULL))[1]) AS deposit,
       (array_agg(f.card_spend ORDER BY f.known_at DESC) FILTER (WHERE f.card_spend IS NOT NULL))[1] AS card_spend
FROM unnest(CAST(:client_ids AS uuid[]), CAST(:month_ends AS date[]), CAST(:cut_offs AS timestamptz[]))
         AS g(client_id, month_end, cut_off_at)
JOIN monthly_figures f ON f.client_id = g.client_id AND f.known_at <= g.cut_off_at
                       AND (f.withdrawn_at IS NULL OR f.withdrawn_at > g.cut_off_at) AND f.month < g.month_end
                      AND f.month >= g.month_end - interval '12 months'
GROUP BY g.client_id, f.month
"""
