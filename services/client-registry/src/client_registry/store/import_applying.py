"""Checked rows become client files, figures and facts: a handful of set-based statements for each range of rows.

Everything in a range commits together with the operation's cursor, so a range is applied once however often it is tried.
"""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

_RANGE = "r.import_id = :import_id AND r.row_no > :after AND r.row_no <= :upto"
# Only files that this import opened: a client registered by somebody else meanwhile keeps his own file.
_OPENED = (
    f"FROM client_import_rows AS r JOIN clients AS c ON c.id = r.client_id AND c.import_id = :import_id WHERE {_RANGE}"
)

_CLIENTS = prepare(
    sa.text(
        f"""
        INSERT INTO clients (id, client_no, kind, name_sealed, name_tokens, identity_type, identity_sealed,
                             identity_index, identity_last_four_index, birth_sealed, birth_month_day, sex,
                             home_unit_id, serving_unit_ids, manager, manager_from_on, service_tier, asset_band,
                             asset_lower_bound, synthetic, registered_on, client_since_on, import_id)
        SELECT r.client_id, r.client_no, r.kind, r.name_sealed, r.name_tokens, r.identity_type, r.identity_sealed,
               r.identity_index, r.identity_last_four_index, r.birth_sealed, r.birth_month_day, r.sex,
               r.home_unit_id, r.serving_unit_ids, r.manager,
               CASE WHEN r.manager IS NOT NULL THEN CAST(:today AS date) END, r.service_tier, r.asset_band,
               r.asset_lower_bound, r.synthetic, CAST(:today AS date), r.client_since_on, r.import_id
        FROM client_import_rows AS r WHERE {_RANGE} AND NOT r.known
        ORDER BY r.row_no
        ON CONFLICT DO NOTHING
        """  # noqa: S608 - put together from constants
    )
)
_CONTACTS = prepare(
    sa.text(
        f"""
        INSERT INTO client_contacts (client_id, way, priority, value_sealed, value_index)
        SELECT o.client_id, w.way, w.n, w.sealed, w.ix
        FROM (SELECT r.* {_OPENED}) AS o,
             unnest(o.contact_ways, o.contact_sealed, o.contact_indexes) WITH ORDINALITY AS w(way, sealed, ix, n)
        """  # noqa: S608 - put together from constants
    )
)
# A number that somebody else has got meanwhile stays his.
_CUSTOMER_NUMBERS = prepare(
    sa.text(
        f"""
        INSERT INTO client_customer_numbers (customer_no, client_id, import_id)
        SELECT r.customer_no, c.id, r.import_id
        FROM client_import_rows AS r JOIN clients AS c ON c.id = r.client_id
        WHERE {_RANGE} AND r.customer_no IS NOT NULL
        ON CONFLICT DO NOTHING
        """  # noqa: S608 - put together from constants
    )
)
_CONSENTS = prepare(
    sa.text(
        f"""
        INSERT INTO client_consents (client_id, marketing, events, wished_interval, recorded_by, recorded_at)
        SELECT r.client_id, coalesce(r.marketing, false), coalesce(r.events, false), r.wished_interval,
               CAST(:by AS text), CAST(:now AS timestamptz)
        {_OPENED} AND (r.marketing IS NOT NULL OR r.events IS NOT NULL OR r.wished_interval IS NOT NULL)
        """
    )
)
# What a delivered file says about consents enters the ledger like a form, without a notice: nobody showed one.
_CONSENT_RECORDS = prepare(
    sa.text(
        f"""
        INSERT INTO consent_records (client_id, id, purpose, given, wished_interval, way, recorded_by, recorded_at)
        SELECT o.client_id, uuidv7(), s.purpose, s.given, s.wished, 'import', CAST(:by AS text),
               CAST(:now AS timestamptz)
        FROM (SELECT r.* {_OPENED}) AS o
        CROSS JOIN LATERAL (VALUES
            ('marketing', o.marketing, NULL), ('events', o.events, NULL),
            ('contact_interval', CASE WHEN o.wished_interval IS NOT NULL THEN true END, o.wished_interval)
        ) AS s(purpose, given, wished)
        WHERE s.given IS NOT NULL
        """  # noqa: S608 - put together from constants
    )
)
# The file of an already known client stays as it is; his figures are added where they say something new.
_OWN_FIGURES = f"""
    (SELECT r.* {_OPENED} UNION ALL SELECT r.* FROM client_import_rows AS r WHERE {_RANGE} AND r.known) AS o
"""  # noqa: S608 - put together from constants
_FIGURES = prepare(
    sa.text(
        f"""
        INSERT INTO monthly_figures (client_id, month, known_at, deposit_average, card_spend, assets, import_id)
        SELECT o.client_id, m.month, CAST(:now AS timestamptz), m.deposit, m.spend, m.assets, o.import_id
        FROM {_OWN_FIGURES}
        CROSS JOIN LATERAL (
            SELECT CAST(CAST(:as_of AS date) - make_interval(months => CAST(12 - n AS int)) AS date) AS month,
                   o.deposit_averages[n] AS deposit, o.card_spends[n] AS spend, o.asset_amounts[n] AS assets
            FROM generate_series(1, 12) AS n
        ) AS m
        WHERE (m.deposit IS NOT NULL OR m.spend IS NOT NULL OR m.assets IS NOT NULL)
          AND NOT (o.known AND EXISTS (
            SELECT FROM (
                SELECT f.deposit_average, f.card_spend, f.assets FROM monthly_figures AS f
                WHERE f.client_id = o.client_id AND f.month = m.month AND f.withdrawn_at IS NULL
                  AND NOT f.of_family ORDER BY f.known_at DESC LIMIT 1
            ) AS newest
            WHERE (newest.deposit_average, newest.card_spend, newest.assets)
                  IS NOT DISTINCT FROM (m.deposit, m.spend, m.assets)))
        """  # noqa: S608 - put together from constants
    )
)
_LOANS = prepare(
    sa.text(
        f"""
        INSERT INTO loan_months (client_id, month, known_at, outstanding, import_id)
        SELECT o.client_id, CAST(:as_of AS date), CAST(:now AS timestamptz), o.loan_outstanding, o.import_id
        FROM {_OWN_FIGURES}
        WHERE o.loan_outstanding IS NOT NULL AND NOT (o.known AND o.loan_outstanding IS NOT DISTINCT FROM (
            SELECT l.outstanding FROM loan_months AS l
            WHERE l.client_id = o.client_id AND l.month = CAST(:as_of AS date) AND l.withdrawn_at IS NULL
              AND NOT l.of_family ORDER BY l.known_at DESC LIMIT 1))
        """  # noqa: S608 - put together from constants
    )
)
_HISTORIES = prepare(
    sa.text(
        f"""
        INSERT INTO repayment_histories (client_id, month, known_at, months_covered, overdue_days_max,
                                         overdue_days_open, import_id)
        SELECT o.client_id, CAST(:as_of AS date), CAST(:now AS timestamptz), o.repayment_months, o.overdue_days_max,
               o.overdue_days_open, o.import_id
        FROM {_OWN_FIGURES}
        WHERE o.repayment_months IS NOT NULL AND NOT (o.known AND EXISTS (
            SELECT FROM (
                SELECT h.months_covered, h.overdue_days_max, h.overdue_days_open FROM repayment_histories AS h
                WHERE h.client_id = o.client_id AND h.month = CAST(:as_of AS date) AND h.withdrawn_at IS NULL
                  AND NOT h.of_family ORDER BY h.known_at DESC LIMIT 1
            ) AS newest
            WHERE (newest.months_covered, newest.overdue_days_max, newest.overdue_days_open)
                  = (o.repayment_months, o.overdue_days_max, o.overdue_days_open)))
        """  # noqa: S608 - put together from constants
    )
)
# Four facts a client at most, in the order in which one opens a file by hand: registered, manager, consent, holdings.
_FACTS = prepare(
    sa.text(
        f"""
        INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data)
        SELECT f.type, 'vip.clients.v1', CAST(o.client_id AS text), f.aggregate, CAST(o.client_id AS text), 1,
               CAST(:now AS timestamptz), f.data
        FROM (SELECT r.* {_OPENED}) AS o
        CROSS JOIN LATERAL (VALUES
            (1, 'ClientRegistered', 'client', true, jsonb_build_object(
                'client_id', o.client_id, 'client_no', o.client_no, 'kind', o.kind, 'home_unit_id', o.home_unit_id,
                'serving_unit_ids', to_jsonb(o.serving_unit_ids), 'manager', o.manager,
                'service_tier', o.service_tier, 'card_level', 'none', 'asset_band', o.asset_band,
                'synthetic', o.synthetic, 'registered_on', CAST(:today AS date))),
            (2, 'RelationshipManagerAssigned', 'client', o.manager IS NOT NULL, jsonb_build_object(
                'client_id', o.client_id, 'manager', o.manager, 'unit_id', o.home_unit_id,
                'from_on', CAST(:today AS date))),
            (3, 'ConsentChanged', 'consent',
             o.marketing IS NOT NULL OR o.events IS NOT NULL OR o.wished_interval IS NOT NULL, jsonb_build_object(
                'client_id', o.client_id, 'marketing', coalesce(o.marketing, false),
                'events', coalesce(o.events, false), 'channels', to_jsonb(o.contact_ways),
                'wished_interval', o.wished_interval)),
            (4, 'HoldingsChanged', 'client', o.asset_band IS NOT NULL, jsonb_build_object(
                'client_id', o.client_id, 'asset_band', o.asset_band, 'lower_bound', o.asset_lower_bound,
                'products', '[]'::jsonb, 'as_of', CAST(:as_of AS date), 'holdings', '[]'::jsonb))
        ) AS f(n, type, aggregate, due, data)
        WHERE f.due
        ORDER BY o.row_no, f.n
        """  # noqa: S608 - put together from constants
    )
)
_KNOWN_IN_RANGE = prepare(
    sa.text(f"SELECT count(*) FROM client_import_rows AS r WHERE {_RANGE} AND r.known")  # noqa: S608 - constants
)
_KNOWN_CLIENTS = prepare(
    sa.text(f"SELECT r.client_id FROM client_import_rows AS r WHERE {_RANGE} AND r.known ORDER BY 1")  # noqa: S608
)
# Whose figures go back when the import is undone: the rows themselves end with the import.
_KEEP_KNOWN = prepare(
    sa.text(
        f"""
        INSERT INTO client_import_outcomes (import_id, client_id, brought)
        SELECT r.import_id, r.client_id, 'figures' FROM client_import_rows AS r WHERE {_RANGE} AND r.known
        ON CONFLICT DO NOTHING
        """  # noqa: S608 - put together from constants
    )
)
_LAST_ROW = prepare(sa.text("SELECT coalesce(max(row_no), 0) FROM client_import_rows WHERE import_id = :import_id"))


async def last_row(tx: Tx, import_id: UUID) -> int:
    """The number of the last checked row; 0 where none is valid."""
    return int(await tx.fetchval(_LAST_ROW, import_id=import_id))


async def known_clients(tx: Tx, import_id: UUID, *, after: int, upto: int) -> list[UUID]:
    """Clients of the range who were on file before this import."""
    rows = await tx.fetch(_KNOWN_CLIENTS, import_id=import_id, after=after, upto=upto)
    return [row["client_id"] for row in rows]


async def apply_range(
    tx: Tx, import_id: UUID, *, after: int, upto: int, as_of: date, by: str, today: date, now: datetime
) -> tuple[int, int]:
    """Write the rows after `after` up to `upto`; how many files were opened, how many were known already.

    `as_of` is the first day of the last of the twelve months.
    """
    place = {"import_id": import_id, "after": after, "upto": upto}
    opened = await tx.execute(_CLIENTS, **place, today=today)
    await tx.execute(_CONTACTS, **place)
    await tx.execute(_CUSTOMER_NUMBERS, **place)
    await tx.execute(_CONSENTS, **place, by=by, now=now)
    await tx.execute(_CONSENT_RECORDS, **place, by=by, now=now)
    await tx.execute(_FIGURES, **place, as_of=as_of, now=now)
    await tx.execute(_LOANS, **place, as_of=as_of, now=now)
    await tx.execute(_HISTORIES, **place, as_of=as_of, now=now)
    await tx.execute(_FACTS, **place, as_of=as_of, today=today, now=now)
    await tx.execute(_KEEP_KNOWN, **place)
    return opened, int(await tx.fetchval(_KNOWN_IN_RANGE, **place))
