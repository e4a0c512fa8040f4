"""The two set-based statements of the tier engine, as text. Read them beside the domain decisions, section 2.

A cast after a bind is written CAST(:x AS type): the compiler reads `::` after a name as part of it.
"""

_CARD_RANK = "(CASE {0} WHEN 'head_office' THEN 2 WHEN 'branch' THEN 1 ELSE 0 END)"
_TIER_RANK = (
    "(CASE {0} WHEN 'corporate_vip' THEN 4 WHEN 'private_banking' THEN 3 WHEN 'wealth' THEN 2 "
    "WHEN 'wealth_management' THEN 1 ELSE 0 END)"
)


def _newest(column: str) -> str:
    return f"(array_agg({column} ORDER BY known_at DESC) FILTER (WHERE {column} IS NOT NULL))[1] AS {column}"


# What was withdrawn by then counts no more; at an earlier cut-off it did.
_STOOD = "AND (withdrawn_at IS NULL OR withdrawn_at > :cut_off_at)"
# Whole months with the bank; a month is full on the same day, or on its last where it has no such day.
TENURE = """
    CAST((extract(year FROM CAST(:as_of AS date)) - extract(year FROM c.client_since_on)) * 12
         + extract(month FROM CAST(:as_of AS date)) - extract(month FROM c.client_since_on) AS int)
    - CASE WHEN extract(day FROM CAST(:as_of AS date)) < least(extract(day FROM c.client_since_on),
              extract(day FROM date_trunc('month', CAST(:as_of AS date)) + interval '1 month' - interval '1 day'))
           THEN 1 ELSE 0 END
"""
# Who is decided over: personal clients, where they are kept, since when they are with the bank.
SUBJECT = f"""
    subject AS (
        SELECT c.id AS client_id, u.path, CAST(date_trunc('month', c.client_since_on) AS date) AS came,
               {TENURE} AS tenure_months
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE c.id = ANY(CAST(:client_ids AS uuid[])) AND c.kind = 'personal'
    )
"""  # noqa: S608 - put together from constants

# Newest delivered figure of each month, then one row of metrics a client.
METRICS = f"""
    {SUBJECT}, figure AS (
        SELECT client_id, month, {_newest("deposit_average")}, {_newest("deposit_month_end")},
               {_newest("card_spend")}, {_newest("assets")}
        FROM monthly_figures
        WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND known_at <= :cut_off_at {_STOOD}
          AND month >= :window_from AND month < :month_end
        GROUP BY client_id, month
    ), money AS (
        SELECT s.client_id,
               trunc(coalesce(sum(coalesce(f.deposit_average, f.deposit_month_end)), 0) / 12, 2) AS deposit_avg_12m,
               count(*) FILTER (WHERE coalesce(f.deposit_average, f.deposit_month_end) IS NOT NULL
                                  AND (s.came IS NULL OR f.month >= s.came)) AS deposit_delivered,
               coalesce(sum(f.card_spend), 0) AS card_spend_12m,
               count(*) FILTER (WHERE f.card_spend IS NOT NULL
                                  AND (s.came IS NULL OR f.month >= s.came)) AS card_delivered,
               max(f.assets) FILTER (WHERE f.month = :month_last) AS assets_given,
               max(coalesce(f.deposit_month_end, f.deposit_average)) FILTER (WHERE f.month = :month_last)
                   AS deposits_last,
               CASE WHEN s.came IS NULL THEN 0 ELSE least(12, greatest(0,
                   (extract(year FROM s.came) - extract(year FROM CAST(:window_from AS date))) * 12
                   + extract(month FROM s.came) - extract(month FROM CAST(:window_from AS date)))) END AS months_before
        FROM subject s LEFT JOIN figure f ON f.client_id = s.client_id
        GROUP BY s.client_id, s.came
    ), loan AS (
        SELECT client_id, month, {_newest("outstanding")}, {_newest("overdue_days_max")}, {_newest("overdue_days_open")}
        FROM loan_months
        WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND known_at <= :cut_off_at {_STOOD}
          AND month >= :repayment_from AND month < :month_end
        GROUP BY client_id, month
    ), history AS (
        SELECT DISTINCT ON (client_id, month) client_id, month, months_covered, overdue_days_max, overdue_days_open
        FROM repayment_histories
        WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND known_at <= :cut_off_at {_STOOD}
          AND month >= :repayment_from AND month < :month_end
        ORDER BY client_id, month, known_at DESC
    ), covered AS (
        SELECT DISTINCT l.client_id, l.month
        FROM loan l JOIN history h ON h.client_id = l.client_id AND l.month <= h.month
                                  AND l.month > h.month - make_interval(months => h.months_covered)
    ), repaid AS (
        SELECT l.client_id,
               max(l.outstanding) FILTER (WHERE l.month = :month_last) AS outstanding,
               bool_or(coalesce(l.overdue_days_max >= :overdue_days_bad, false)
                       OR (l.month = :month_last AND coalesce(l.overdue_days_open, 0) > 0)) AS bad,
               bool_or(coalesce(l.outstanding, 0) > 0) AS owing,
               bool_or(coalesce(l.outstanding, 0) > 0 AND l.overdue_days_max IS NULL AND c.month IS NULL) AS unreported
        FROM loan l LEFT JOIN covered c ON c.client_id = l.client_id AND c.month = l.month
        GROUP BY l.client_id
    ), reported AS (
        SELECT client_id, bool_or(overdue_days_max >= :overdue_days_bad
                                  OR (month = :month_last AND overdue_days_open > 0)) AS bad
        FROM history GROUP BY client_id
    ), metric AS (
        SELECT s.client_id, s.path, s.tenure_months, m.deposit_avg_12m, m.deposit_delivered + m.months_before AS deposit_months,
               coalesce(r.outstanding, 0) AS loan_outstanding, r.outstanding IS NOT NULL AS loan_known,
               CASE WHEN coalesce(r.bad, false) OR coalesce(p.bad, false) THEN 'not_clean'
                    WHEN r.unreported THEN 'unknown'
                    WHEN r.owing OR p.client_id IS NOT NULL THEN 'clean'
                    ELSE 'none' END AS repayment,
               m.card_spend_12m, m.card_delivered + m.months_before AS card_months,
               coalesce(m.assets_given, m.deposits_last, 0) AS assets,
               coalesce(m.assets_given, m.deposits_last) IS NOT NULL AS assets_known,
               m.assets_given IS NULL AND m.deposits_last IS NOT NULL AS assets_lower_bound
        FROM subject s
        JOIN money m ON m.client_id = s.client_id
        LEFT JOIN repaid r ON r.client_id = s.client_id
        LEFT JOIN reported p ON p.client_id = s.client_id
    )
"""  # noqa: S608 - put together from constants

# Of the standing policies of a level the nearest ancestor's applies; every campaign that holds the home unit beside it.
# A version counts on the days it was in force as they were known at the cut-off: a decision of then is found again.
IN_FORCE = """
    in_force AS (
        SELECT p.*, coalesce(u.path, '/hq/') AS scope_path
        FROM tier_policies p LEFT JOIN units u ON u.id = p.scope_unit_id
        WHERE p.status IN ('active', 'superseded', 'ended')
          AND (p.activated_at IS NULL OR p.activated_at <= :cut_off_at)
          AND coalesce(p.in_force_from, p.valid_from) <= :as_of
          AND (p.valid_until IS NULL OR :as_of <= p.valid_until)
          AND (p.in_force_until IS NULL OR :as_of <= p.in_force_until OR p.ceased_at > :cut_off_at)
    )
"""
APPLYING = """
    around AS (
        SELECT home.path AS home_path, p.*
        FROM (SELECT DISTINCT path FROM metric) home JOIN in_force p ON starts_with(home.path, p.scope_path)
    ), applies AS (
        (SELECT DISTINCT ON (home_path, ladder, level) * FROM around WHERE NOT campaign
         ORDER BY home_path, ladder, level, length(scope_path) DESC, code COLLATE "C" DESC)
        UNION ALL
        SELECT * FROM around WHERE campaign
    ), criterion AS (
        SELECT a.home_path, a.id AS policy_id, e.n, e.value ->> 'code' AS code, e.value ->> 'metric' AS metric,
               CAST(e.value ->> 'bound' AS numeric) AS bound,
               coalesce(jsonb_exists(e.value -> 'conditions', 'repayment_clean'), false) AS wants_clean,
               coalesce(e.value -> 'products', '[]') AS products,
               coalesce(CAST(e.value ->> 'window_months' AS int), 0) AS window_months
        FROM applies a CROSS JOIN LATERAL jsonb_array_elements(a.criteria) WITH ORDINALITY AS e(value, n)
    ), veto AS (
        SELECT DISTINCT a.id AS policy_id, e.value ->> 'kind' AS kind, k.value AS event_kind,
               CAST(e.value ->> 'within_months' AS int) AS within_months,
               CAST(e.value ->> 'days_overdue_min' AS int) AS days_overdue_min
        FROM applies a CROSS JOIN LATERAL jsonb_array_elements(a.vetoes) AS e(value)
        LEFT JOIN LATERAL jsonb_array_elements_text(e.value -> 'event_kinds') AS k(value) ON true
    )
"""


def circumstances(of: str, *, ladder: str | None = None) -> str:
    """Products held by window and risk events that speak against a standard, of the clients in an array (CR-22, CR-18).

    Only what the standards that apply (of one ladder, where it is named) ask for is read, and nothing where none asks;
    a client is found by the array's index scan, never by a join.
    """
    among = "" if ladder is None else f" AND policy_id IN (SELECT id FROM applies WHERE ladder = '{ladder}')"  # noqa: S608
    return f"""
    asked AS (
        SELECT DISTINCT c.policy_id, c.n, c.window_months, p.value AS product_code
        FROM criterion c CROSS JOIN LATERAL jsonb_array_elements_text(c.products) AS p(value)
        WHERE c.metric = 'holds_product'{among}
    ), held AS (
        SELECT DISTINCT ON (h.client_id, h.product_code, w.window_months)
               h.client_id, h.product_code, w.window_months, h.held
        FROM held_products h CROSS JOIN (VALUES
            (0, CAST(:as_of AS date)),
            (1, CAST(date_trunc('month', CAST(:as_of AS date)) - interval '1 day' AS date))) AS w(window_months, day)
        WHERE EXISTS (SELECT FROM asked) AND h.client_id = ANY({of})
          AND h.product_code = ANY(ARRAY(SELECT product_code FROM asked))
          AND h.said_on <= w.day AND h.known_at <= :cut_off_at
        ORDER BY h.client_id, h.product_code, w.window_months, h.said_on DESC, h.known_at DESC, h.id DESC
    ), holder AS (
        SELECT DISTINCT h.client_id, a.policy_id, a.n
        FROM held h JOIN asked a ON a.product_code = h.product_code AND a.window_months = h.window_months WHERE h.held
    ), struck AS (
        SELECT DISTINCT b.client_id, v.policy_id
        FROM bank_reports b JOIN veto v ON v.event_kind = b.kind
        WHERE EXISTS (SELECT FROM veto WHERE kind = 'risk_event'{among})
          AND b.client_id = ANY({of}) AND b.topic = 'risk' AND b.received_at <= :cut_off_at
          AND v.kind = 'risk_event'{among} AND b.kind = ANY(ARRAY(SELECT event_kind FROM veto))
          AND b.occurred_on <= CAST(:as_of AS date)
          AND b.occurred_on + make_interval(months => v.within_months) > CAST(:as_of AS date)
          AND (v.days_overdue_min IS NULL OR coalesce(b.days_overdue, 0) >= v.days_overdue_min)
    )
    """  # noqa: S608 - put together from constants


OF_GIVEN = "CAST(:client_ids AS uuid[])"

OUTCOMES_OF_ALL = f"""
    {circumstances(OF_GIVEN)}, result AS (
    SELECT m.client_id, m.path, m.tenure_months, c.policy_id, c.n, c.code,
           CASE WHEN v.amount < c.bound THEN CASE WHEN v.complete THEN 'not_met' ELSE 'undecided' END
                WHEN c.wants_clean AND m.repayment <> 'clean' THEN 'not_met'
                ELSE 'met' END AS outcome,
           CASE WHEN v.amount >= c.bound AND c.wants_clean AND m.repayment = 'not_clean' THEN 'repayment-not-clean'
                WHEN v.amount >= c.bound AND c.wants_clean AND m.repayment <> 'clean' THEN 'repayment-unknown'
                END AS reason
    FROM metric m JOIN criterion c ON c.home_path = m.path
    LEFT JOIN holder h ON h.client_id = m.client_id AND h.policy_id = c.policy_id AND h.n = c.n
    CROSS JOIN LATERAL (SELECT
        CASE c.metric WHEN 'deposit_avg_12m' THEN m.deposit_avg_12m WHEN 'loan_outstanding' THEN m.loan_outstanding
                      WHEN 'card_spend_12m' THEN m.card_spend_12m WHEN 'assets' THEN m.assets
                      WHEN 'holds_product' THEN CASE WHEN h.client_id IS NULL THEN 0 ELSE 1 END END AS amount,
        CASE c.metric WHEN 'deposit_avg_12m' THEN m.deposit_months = 12 WHEN 'loan_outstanding' THEN m.loan_known
                      WHEN 'card_spend_12m' THEN m.card_months = 12
                      WHEN 'assets' THEN m.assets_known AND NOT m.assets_lower_bound
                      WHEN 'holds_product' THEN true END AS complete) v
), verdict AS (
    SELECT client_id, path, tenure_months, policy_id, bool_or(outcome = 'met') AS any_met, bool_and(outcome = 'met') AS all_met,
           bool_or(outcome = 'not_met') AS any_failed, bool_or(outcome = 'undecided') AS any_open,
           coalesce(array_agg(code ORDER BY n) FILTER (WHERE outcome = 'met'), '{{}}') AS criteria_met,
           coalesce(array_agg(DISTINCT reason) FILTER (WHERE reason IS NOT NULL), '{{}}') AS reasons
    FROM result GROUP BY client_id, path, tenure_months, policy_id
), combined AS (
    SELECT v.*, a.minimum_tenure_months AS tenure,
           CASE a.combinator
               WHEN 'ANY' THEN CASE WHEN v.any_met THEN 'met' WHEN v.any_open THEN 'undecided' ELSE 'not_met' END
               ELSE CASE WHEN v.any_failed THEN 'not_met' WHEN v.any_open THEN 'undecided' ELSE 'met' END
           END AS figures_say
    FROM verdict v JOIN applies a ON a.id = v.policy_id AND a.home_path = v.path
), against AS (
    SELECT client_id, policy_id, array_agg(reason) AS vetoes FROM (
        SELECT client_id, policy_id, 'veto-risk-event' AS reason FROM struck
        UNION
        SELECT m.client_id, v.policy_id, 'veto-bad-repayment'
        FROM metric m JOIN applies a ON a.home_path = m.path JOIN veto v ON v.policy_id = a.id
        WHERE v.kind = 'bad_repayment' AND m.repayment = 'not_clean'
    ) AS found GROUP BY client_id, policy_id
), stayed AS (
    SELECT c.*, CASE WHEN figures_say <> 'not_met' THEN x.vetoes END AS vetoes,
                CASE WHEN tenure = 0 OR figures_say = 'not_met' THEN NULL
                     WHEN tenure_months IS NULL THEN 'tenure-unknown'
                     WHEN tenure_months < tenure THEN 'tenure-too-short'
                     END AS tenure_says
    FROM combined c LEFT JOIN against x ON x.client_id = c.client_id AND x.policy_id = c.policy_id
), outcome AS (
    SELECT v.client_id, v.path, a.id AS policy_id, a.code, a.version, a.ladder, a.level, a.needs_filing, a.grace_months,
           v.criteria_met,
           CASE WHEN v.tenure_says IS NULL THEN v.reasons ELSE v.reasons || v.tenure_says END
               || coalesce(v.vetoes, '{{}}') AS reasons,
           CASE WHEN a.ladder = 'card_level' THEN {_CARD_RANK.format("a.level")}
                ELSE {_TIER_RANK.format("a.level")} END AS rank,
           CASE WHEN v.vetoes IS NOT NULL OR v.tenure_says = 'tenure-too-short' THEN 'not_met'
                WHEN v.tenure_says = 'tenure-unknown' THEN 'undecided'
                ELSE v.figures_say END AS outcome
    FROM stayed v JOIN applies a ON a.id = v.policy_id AND a.home_path = v.path
)
"""  # noqa: S608 - put together from constants

# Decisions are rows of their own, written for every subject with its metrics.
WRITE = """
    total AS (
    SELECT client_id,
           jsonb_agg(jsonb_build_object('policy_id', policy_id, 'code', code, 'version', version, 'ladder', ladder,
               'level', level, 'outcome', outcome, 'criteria_met', to_jsonb(criteria_met),
               'reasons', to_jsonb(reasons), 'needs_filing', needs_filing, 'grace_months', grace_months)
               ORDER BY ladder, rank DESC, code) AS outcomes,
           coalesce(max(rank) FILTER (WHERE ladder = 'card_level' AND outcome = 'met'), 0) AS card_rank,
           coalesce(max(rank) FILTER (WHERE ladder = 'card_level' AND outcome = 'undecided'), 0) AS card_open,
           coalesce(max(rank) FILTER (WHERE ladder = 'service_tier' AND outcome = 'met'), 0) AS tier_rank,
           coalesce(max(rank) FILTER (WHERE ladder = 'service_tier' AND outcome = 'undecided'), 0) AS tier_open
    FROM outcome GROUP BY client_id
)
INSERT INTO qualification_decisions (
    client_id, run_id, as_of, cut_off_at, deposit_avg_12m, deposit_months, loan_outstanding, loan_known, repayment,
    card_spend_12m, card_months, assets, assets_known, assets_lower_bound, tenure_months, outcomes, level_met,
    card_undecided, tier_met, tier_undecided, asset_band)
SELECT m.client_id, :run_id, :as_of, :cut_off_at, m.deposit_avg_12m, m.deposit_months, m.loan_outstanding,
       m.loan_known, m.repayment, m.card_spend_12m, m.card_months, m.assets, m.assets_known, m.assets_lower_bound,
       m.tenure_months, coalesce(t.outcomes, '[]'),
       (ARRAY['none', 'branch', 'head_office'])[coalesce(t.card_rank, 0) + 1],
       coalesce(t.card_open > t.card_rank, false),
       (ARRAY['mass', 'wealth_management', 'wealth', 'private_banking'])[coalesce(t.tier_rank, 0) + 1],
       coalesce(t.tier_open > t.tier_rank, false),
       CASE WHEN NOT m.assets_known THEN NULL WHEN m.assets >= 8000000 THEN 'ge_8m'
            WHEN m.assets >= 2000000 THEN '2m_8m' ELSE 'below' END
FROM metric m LEFT JOIN total t ON t.client_id = m.client_id
"""

DECIDE = f"WITH {METRICS}, {IN_FORCE}, {APPLYING}, {OUTCOMES_OF_ALL}, {WRITE}"

# One decision's outcomes as rows: always unfolded beside their own row, never searched for in a long list.
_OUTCOMES = """jsonb_to_recordset({0}.outcomes) AS o(
            policy_id uuid, code text, version int, ladder text, level text, outcome text, criteria_met text[],
            needs_filing boolean, grace_months int)"""

# Each table is narrowed by itself: without nested loops a join alone would read it whole for every range.
_GIVEN = "{0} = ANY(CAST(:client_ids AS uuid[]))"
# A revoked qualification never becomes a candidate again by itself; a filed one is never reversed silently.
_STANDINGS = f"""
    decided AS (
        SELECT d.client_id, d.id AS decision_id, d.outcomes, d.level_met, d.tier_met, d.tier_undecided,
               d.asset_band, d.assets_lower_bound, c.service_tier, c.tier_short_since_on,
               c.asset_band AS band_now, c.asset_lower_bound AS lower_now
        FROM qualification_decisions d JOIN clients c ON c.id = d.client_id
        WHERE d.run_id = :run_id AND {_GIVEN.format("d.client_id")} AND {_GIVEN.format("c.id")}
    ), met AS (
        SELECT DISTINCT ON (d.client_id, o.level) d.client_id, d.decision_id, o.level, o.policy_id,
               o.code || '/' || o.version AS policy_version, o.criteria_met, o.needs_filing
        FROM decided d CROSS JOIN LATERAL {_OUTCOMES.format("d")}
        WHERE o.ladder = 'card_level' AND o.outcome = 'met'
        ORDER BY d.client_id, o.level, o.code, o.version
    ), newly AS (
        SELECT met.* FROM met LEFT JOIN (SELECT * FROM qualifications WHERE {_GIVEN.format("client_id")}) q
            ON q.client_id = met.client_id AND q.level = met.level
        WHERE q.client_id IS NULL OR q.status = 'lapsed'
    ), kept AS (
        INSERT INTO qualifications AS q (client_id, level, status, decision_id, policy_id, policy_version, criteria,
                                         needs_filing, since_on)
        SELECT client_id, level, 'candidate', decision_id, policy_id, policy_version, criteria_met, needs_filing, :as_of
        FROM met
        ON CONFLICT (client_id, level) DO UPDATE
        SET status = 'candidate', decision_id = excluded.decision_id, policy_id = excluded.policy_id,
            policy_version = excluded.policy_version, criteria = excluded.criteria,
            needs_filing = excluded.needs_filing, version = q.version + 1,
            since_on = CASE q.status WHEN 'lapsed' THEN excluded.since_on ELSE q.since_on END
        WHERE q.status IN ('candidate', 'lapsed')
    ), lapsed AS (
        UPDATE qualifications q SET status = 'lapsed', version = q.version + 1
        FROM decided d
        WHERE q.client_id = d.client_id AND {_GIVEN.format("q.client_id")} AND q.status = 'candidate' AND NOT EXISTS (
            SELECT FROM {_OUTCOMES.format("d")}
            WHERE o.ladder = 'card_level' AND o.level = q.level AND o.outcome IN ('met', 'undecided'))
        RETURNING q.client_id
    )
"""  # noqa: S608 - put together from constants

# Up at once, down after the grace of the tier that is lost (domain decisions, section 1); undecided lowers nobody.
_TIERS = f"""
    ranked AS (
        SELECT d.*, {_TIER_RANK.format("d.tier_met")} AS rank_met, {_TIER_RANK.format("d.service_tier")} AS rank_now,
               coalesce(d.tier_short_since_on, :as_of) + make_interval(months => coalesce(
                   (SELECT max(o.grace_months) FROM {_OUTCOMES.format("d")}
                    WHERE o.ladder = 'service_tier' AND o.level = d.service_tier), 3)) AS falls_at,
               n.level AS level_new
        FROM decided d LEFT JOIN newly n ON n.client_id = d.client_id AND n.level = d.level_met
    ), target AS (
        SELECT r.*,
               CASE WHEN rank_now = 4 THEN service_tier
                    WHEN rank_met > rank_now THEN tier_met
                    WHEN rank_met < rank_now AND NOT tier_undecided AND falls_at <= :as_of THEN tier_met
                    ELSE service_tier END AS tier_to,
               CASE WHEN rank_now = 4 OR rank_met >= rank_now THEN NULL
                    WHEN tier_undecided THEN tier_short_since_on
                    WHEN falls_at <= :as_of THEN NULL
                    ELSE coalesce(tier_short_since_on, :as_of) END AS short_since_to,
               coalesce(asset_band, band_now) AS band_to,
               CASE WHEN asset_band IS NULL THEN lower_now ELSE assets_lower_bound END AS lower_to
        FROM ranked r
    ), changed AS (
        UPDATE clients c
        SET service_tier = t.tier_to, tier_short_since_on = t.short_since_to, asset_band = t.band_to,
            asset_lower_bound = t.lower_to, version = c.version + 1
        FROM target t
        WHERE c.id = t.client_id AND {_GIVEN.format("c.id")}
          AND (t.level_new IS NOT NULL
               OR (t.tier_to, t.short_since_to, t.band_to, t.lower_to) IS DISTINCT FROM
                  (t.service_tier, t.tier_short_since_on, t.band_now, t.lower_now))
        RETURNING c.id AS client_id, c.version, c.card_level, c.home_unit_id, t.decision_id, t.service_tier AS tier_from,
                  t.tier_to, t.level_new, t.band_to, t.lower_to, t.rank_now, t.rank_met, t.outcomes,
                  (t.band_to, t.lower_to) IS DISTINCT FROM (t.band_now, t.lower_now) AS band_moved
    )
"""  # noqa: S608 - put together from constants

_FACTS = f"""
    fact AS (
        SELECT 1 AS n, client_id, version, 'HoldingsChanged' AS type,
               jsonb_build_object('client_id', client_id, 'asset_band', band_to, 'lower_bound', lower_to,
                   'products', coalesce((SELECT jsonb_agg(DISTINCT h.value ->> 'product_code')
                                         FROM jsonb_array_elements(held.holdings) AS h(value)), '[]'),
                   'as_of', CAST(:as_of AS date), 'holdings', coalesce(held.holdings, '[]')) AS data
        FROM changed LEFT JOIN (SELECT * FROM client_holdings WHERE {_GIVEN.format("client_id")}) held USING (client_id)
        WHERE band_moved
        UNION ALL
        SELECT 2, c.client_id, c.version,
               CASE WHEN c.rank_met > c.rank_now THEN 'ClientUpgraded' ELSE 'ClientDowngraded' END,
               jsonb_build_object('client_id', c.client_id, 'card_level_from', c.card_level,
                   'card_level_to', c.card_level, 'service_tier_from', c.tier_from, 'service_tier_to', c.tier_to,
                   'cause', 'evaluation', 'decision_id', c.decision_id, 'policy_version', coalesce(
                       (SELECT o.code || '/' || o.version FROM {_OUTCOMES.format("c")}
                        WHERE o.ladder = 'service_tier'
                          AND o.level = CASE WHEN c.rank_met > c.rank_now THEN c.tier_to ELSE c.tier_from END
                        ORDER BY o.outcome = 'met' DESC, o.code LIMIT 1), 'none/0'),
                   'home_unit_id', c.home_unit_id, 'effective_on', CAST(:as_of AS date))
        FROM changed c WHERE c.tier_to <> c.tier_from
        UNION ALL
        SELECT 3, c.client_id, c.version, 'ClientQualified',
               jsonb_build_object('client_id', c.client_id, 'level', n.level, 'criteria', to_jsonb(n.criteria_met),
                   'decision_id', n.decision_id, 'policy_version', n.policy_version, 'as_of', CAST(:as_of AS date))
        FROM changed c JOIN newly n ON n.client_id = c.client_id AND n.level = c.level_new
    ), said AS (
        INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data,
                            traceparent)
        SELECT type, :topic, client_id, 'client', client_id, version, :now, data, CAST(:traceparent AS text)
        FROM fact ORDER BY client_id, n
    )
"""  # noqa: S608 - put together from constants

APPLY = f"""
WITH {_STANDINGS}, {_TIERS}, {_FACTS}
SELECT (SELECT count(*) FROM changed WHERE level_new IS NOT NULL) AS qualified,
       (SELECT count(*) FROM lapsed) AS lapsed,
       (SELECT count(*) FROM changed WHERE tier_to <> tier_from AND rank_met > rank_now) AS tiers_up,
       (SELECT count(*) FROM changed WHERE tier_to <> tier_from AND rank_met < rank_now) AS tiers_down,
       (SELECT count(*) FROM changed WHERE band_moved) AS bands_moved
"""  # noqa: S608 - put together from constants
