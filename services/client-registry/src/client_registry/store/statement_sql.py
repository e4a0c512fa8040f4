"""The set-based statements that take deliveries in and make monthly figures of them, as text.

A cast after a bind is written CAST(:x AS type): the compiler reads `::` after a name as part of it.
"""

AMOUNTS = (
    "deposit_average", "deposit_month_end", "card_purchases", "card_refunds", "card_cash_advances", "card_fees", "assets",
)  # fmt: skip
_VALUES = (*AMOUNTS, "loans", "holdings")


def newest(column: str, table: str, which: str = "true") -> str:
    """The newest delivered value of a column among the rows of a group that `which` takes."""
    given = f"{table}.{column} IS NOT NULL AND {which}"
    return f"(array_agg({table}.{column} ORDER BY {table}.known_at DESC) FILTER (WHERE {given}))[1]"


def _all_newest(table: str, columns: tuple[str, ...], which: str = "true") -> str:
    return ", ".join(f"{newest(column, table, which)} AS {column}" for column in columns)


# What was withdrawn counts no more; it still says which moments are taken.
_STANDS = "f.withdrawn_at IS NULL"


def _keep(given: str) -> str:
    """A row that says nothing new is left out; a correction is known after whatever was known before it."""
    return f"""
WITH given AS ({given}), fresh AS (
    SELECT g.*, known.last FROM given g
    CROSS JOIN LATERAL (
        SELECT max(f.known_at) AS last, {_all_newest("f", _VALUES, _STANDS)} FROM source_figures f
        WHERE f.client_id = g.client_id AND f.month = g.month AND f.source = :source AND f.currency = g.currency
    ) AS known
    WHERE {" OR ".join(f"(g.{name} IS NOT NULL AND g.{name} IS DISTINCT FROM known.{name})" for name in _VALUES)}
), kept AS (
    INSERT INTO source_figures (client_id, month, source, currency, known_at, delivery_id, {", ".join(_VALUES)})
    SELECT client_id, month, :source, currency,
           greatest(CAST(:now AS timestamptz), coalesce(last + interval '1 microsecond', CAST(:now AS timestamptz))),
           :delivery_id, {", ".join(_VALUES)}
    FROM fresh
)
"""  # noqa: S608 - put together from constants


_GIVEN = f"""
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
        row_no int, client_id uuid, month date, currency text, {", ".join(f"{name} numeric" for name in AMOUNTS)},
        loans jsonb, holdings jsonb)
"""  # noqa: S608 - put together from constants
KEEP = _keep(_GIVEN) + "SELECT row_no, client_id, month, last IS NULL AS first FROM fresh ORDER BY row_no"  # noqa: S608
# Rows of an import, those of one client's month in one currency together.
_IMPORTED = f"""
    SELECT client_id, month, currency,
           {", ".join(f"CAST(min(said ->> '{name}') AS numeric) AS {name}" for name in AMOUNTS)},
           coalesce(jsonb_agg(said ORDER BY own_key) FILTER (WHERE part = 'loans'),
                    CASE WHEN bool_or(jsonb_exists(said, 'no_loans')) THEN '[]'::jsonb END) AS loans,
           coalesce(jsonb_agg(said ORDER BY own_key) FILTER (WHERE part = 'holdings'),
                    CASE WHEN bool_or(jsonb_exists(said, 'no_holdings')) THEN '[]'::jsonb END) AS holdings
    FROM figure_import_rows
    WHERE import_id = :delivery_id AND client_id = ANY(CAST(:client_ids AS uuid[]))
    GROUP BY client_id, month, currency
"""  # noqa: S608 - put together from constants
KEEP_IMPORTED = (
    _keep(_IMPORTED) + "SELECT client_id, month, last IS NULL AS first, holdings IS NOT NULL AS held FROM fresh"  # noqa: S608
)

_TOUCHED = """
    touched AS (
        SELECT DISTINCT t.client_id, t.month
        FROM unnest(CAST(:client_ids AS uuid[]), CAST(:months AS date[])) AS t(client_id, month)
    )
"""
_YUAN = f"""
    part AS (
        SELECT f.client_id, f.month, f.source, f.currency, {_all_newest("f", (*AMOUNTS, "loans"))}
        FROM touched t
        JOIN source_figures f ON f.client_id = t.client_id AND f.month = t.month AND {_STANDS}
        GROUP BY f.client_id, f.month, f.source, f.currency
    ), rate AS (
        SELECT DISTINCT ON (r.currency, r.month) r.currency, r.month, r.rate
        FROM exchange_rates r WHERE r.month = ANY(CAST(:months AS date[]))
        ORDER BY r.currency, r.month, r.known_at DESC
    ), yuan AS (
        SELECT p.*, CASE p.currency WHEN 'CNY' THEN 1 ELSE r.rate END AS rate
        FROM part p LEFT JOIN rate r ON r.currency = p.currency AND r.month = p.month
    )
"""  # noqa: S608 - put together from constants
_MONEY_COLUMNS = ("deposit_average", "deposit_month_end", "card_spend", "assets")
_LOAN_COLUMNS = ("outstanding", "overdue_days_max", "overdue_days_open")


def _differs(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"(n.{name} IS NOT NULL AND n.{name} IS DISTINCT FROM known.{name})" for name in columns)


def _append(table: str, columns: tuple[str, ...], new: str) -> str:
    return f"""
        INSERT INTO {table} (client_id, month, known_at, {", ".join(columns)})
        SELECT n.client_id, n.month,
               greatest(CAST(:now AS timestamptz),
                        coalesce(known.last + interval '1 microsecond', CAST(:now AS timestamptz))),
               {", ".join(f"n.{name}" for name in columns)}
        FROM {new} n CROSS JOIN LATERAL (
            SELECT max(f.known_at) AS last, {_all_newest("f", columns, f"{_STANDS} AND NOT f.of_family")} FROM {table} f
            WHERE f.client_id = n.client_id AND f.month = n.month
        ) AS known
        WHERE {_differs(columns)}
        RETURNING client_id
    """  # noqa: S608 - put together from constants


# Where one source delivers averages and another only month-ends, each counts with what it has.
DERIVE = f"""
WITH {_TOUCHED}, {_YUAN}, money AS (
    SELECT client_id, month,
           CASE WHEN bool_or(deposit_average IS NOT NULL)
                THEN sum(round(coalesce(deposit_average, deposit_month_end) * rate, 2)) END AS deposit_average,
           CASE WHEN bool_or(deposit_month_end IS NOT NULL)
                THEN sum(round(coalesce(deposit_month_end, deposit_average) * rate, 2)) END AS deposit_month_end,
           sum(CASE WHEN card_purchases IS NOT NULL OR card_refunds IS NOT NULL
                    THEN round((coalesce(card_purchases, 0) - coalesce(card_refunds, 0)) * rate, 2) END) AS card_spend,
           sum(round(assets * rate, 2)) AS assets
    FROM yuan GROUP BY client_id, month
), lent AS (
    SELECT y.client_id, y.month, coalesce(sum(round(l.outstanding * y.rate, 2)), 0) AS outstanding,
           CASE WHEN max(l.overdue_days_max) >= :overdue_days_bad
                     OR NOT coalesce(bool_or(l.outstanding > 0 AND l.overdue_days_max IS NULL), false)
                THEN coalesce(max(l.overdue_days_max), 0) END AS overdue_days_max,
           coalesce(max(l.overdue_days_open), 0) AS overdue_days_open
    FROM yuan y LEFT JOIN LATERAL (
        SELECT * FROM jsonb_to_recordset(y.loans) AS l(
            personal boolean, outstanding numeric, overdue_days_max int, overdue_days_open int) WHERE l.personal
    ) AS l ON true
    WHERE y.loans IS NOT NULL GROUP BY y.client_id, y.month
), paid AS ({_append("monthly_figures", _MONEY_COLUMNS, "money")}),
owed AS ({_append("loan_months", _LOAN_COLUMNS, "lent")})
SELECT client_id FROM paid UNION SELECT client_id FROM owed ORDER BY client_id
"""  # noqa: S608 - put together from constants

# The newest month of each source and currency that says what is held; together they are what the client holds, with
# what is held under the numbers that were merged into his. Back in time only from `:ends`, the month-ends of statements
# that count no more: what an account event said since is not undone by an older statement.
HOLDINGS = f"""
WITH wanted AS (
    SELECT c.id AS file_id, coalesce(c.merged_into, c.id) AS client_id FROM clients c
    WHERE c.id = ANY(CAST(:client_ids AS uuid[])) OR c.merged_into = ANY(CAST(:client_ids AS uuid[]))
), stated AS (
    SELECT DISTINCT ON (w.file_id, f.source, f.currency) w.client_id, f.month, f.holdings
    FROM wanted w JOIN source_figures f ON f.client_id = w.file_id
    WHERE f.holdings IS NOT NULL AND {_STANDS}
    ORDER BY w.file_id, f.source, f.currency, f.month DESC, f.known_at DESC
), held AS (
    SELECT s.client_id, max(s.month) AS month,
           coalesce(jsonb_agg(h.value ORDER BY h.value ->> 'product_code', h.value ->> 'matures_on', h.value)
                    FILTER (WHERE h.value IS NOT NULL), '[]') AS holdings
    FROM stated s LEFT JOIN LATERAL jsonb_array_elements(s.holdings) AS h(value) ON true
    GROUP BY s.client_id
), changed AS (
    INSERT INTO client_holdings AS c (client_id, as_of, holdings)
    SELECT client_id, CAST(month + interval '1 month - 1 day' AS date), holdings FROM held
    ON CONFLICT (client_id) DO UPDATE SET as_of = excluded.as_of, holdings = excluded.holdings
    WHERE (c.as_of <= excluded.as_of OR c.as_of = ANY(CAST(:ends AS date[]))) AND c.holdings IS DISTINCT FROM excluded.holdings
    RETURNING client_id
), gone AS (
    UPDATE client_holdings c SET holdings = '[]'
    WHERE c.as_of = ANY(CAST(:ends AS date[])) AND c.client_id = ANY(CAST(:client_ids AS uuid[])) AND c.holdings <> '[]'
      AND NOT EXISTS (SELECT FROM held h WHERE h.client_id = c.client_id)
    RETURNING client_id
)
SELECT client_id FROM changed UNION SELECT client_id FROM gone ORDER BY client_id
"""  # noqa: S608 - put together from constants

# Said only where the band is known: the fact that tells the band for the first time tells the products with it.
SAY_HOLDINGS = """
WITH moved AS (
    UPDATE clients c SET version = c.version + 1
    FROM client_holdings h
    WHERE c.id = ANY(CAST(:client_ids AS uuid[])) AND h.client_id = c.id AND c.asset_band IS NOT NULL
    RETURNING c.id, c.version, c.asset_band, c.asset_lower_bound, h.as_of, h.holdings
)
INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data, traceparent)
SELECT 'HoldingsChanged', :topic, CAST(id AS text), 'client', CAST(id AS text), version, :now,
       jsonb_build_object('client_id', id, 'asset_band', asset_band, 'lower_bound', asset_lower_bound,
           'products', coalesce((SELECT jsonb_agg(DISTINCT h.value ->> 'product_code')
                                 FROM jsonb_array_elements(holdings) AS h(value)), '[]'),
           'as_of', as_of, 'holdings', holdings),
       CAST(:traceparent AS text)
FROM moved ORDER BY id
"""
