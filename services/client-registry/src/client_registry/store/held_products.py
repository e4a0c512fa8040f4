"""Products a client was known to hold, over time (CR-22, CR-23): told by events of accounts and by month-end statements."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.figures import months_back

# The newest word on the product at that day; the same again is not written down.
_NOTE = prepare(
    sa.text(
        """
        INSERT INTO held_products (client_id, product_code, said_on, known_at, held, since_on)
        SELECT CAST(:client_id AS uuid), CAST(:product_code AS text), CAST(:said_on AS date),
               greatest(CAST(:now AS timestamptz), known.last), CAST(:held AS boolean),
               CAST(:since_on AS date)
        FROM (SELECT max(known_at) AS last FROM held_products
              WHERE client_id = :client_id AND product_code = :product_code) AS known
        WHERE NOT EXISTS (
            SELECT FROM (SELECT held, since_on FROM held_products
                         WHERE client_id = :client_id AND product_code = :product_code AND said_on <= :said_on
                         ORDER BY said_on DESC, known_at DESC, id DESC LIMIT 1) AS newest
            WHERE newest.held = CAST(:held AS boolean) AND (NOT newest.held OR newest.since_on <= CAST(:since_on AS date)))
        """
    )
)
_STILL = prepare(
    sa.text(
        """
        SELECT count(*) AS number, min(CAST(h.value ->> 'opened_on' AS date)) AS since_on
        FROM client_holdings k CROSS JOIN LATERAL jsonb_array_elements(k.holdings) AS h(value)
        WHERE k.client_id = :client_id AND h.value ->> 'product_code' = :product_code
        """
    )
)
# What the sources state for a month-end, all together, against what was known of that day before.
_NOTE_STATED = prepare(
    sa.text(
        """
        WITH stated AS (
            SELECT DISTINCT ON (f.client_id, f.source, f.currency) f.client_id, f.holdings
            FROM source_figures f
            WHERE f.client_id = ANY(CAST(:client_ids AS uuid[])) AND f.month <= :month AND f.holdings IS NOT NULL
            ORDER BY f.client_id, f.source, f.currency, f.month DESC, f.known_at DESC
        ), listed AS (
            SELECT s.client_id, h.value ->> 'product_code' AS product_code,
                   min(least(CAST(h.value ->> 'opened_on' AS date), CAST(:said_on AS date))) AS since_on
            FROM stated s CROSS JOIN LATERAL jsonb_array_elements(s.holdings) AS h(value)
            GROUP BY s.client_id, h.value ->> 'product_code'
        ), before AS (
            SELECT DISTINCT ON (h.client_id, h.product_code) h.client_id, h.product_code, h.held, h.since_on,
                   max(h.known_at) OVER (PARTITION BY h.client_id, h.product_code) AS last
            FROM held_products h
            WHERE h.client_id = ANY(CAST(:client_ids AS uuid[])) AND h.said_on <= :said_on
            ORDER BY h.client_id, h.product_code, h.said_on DESC, h.known_at DESC, h.id DESC
        ), compared AS (
            SELECT coalesce(l.client_id, b.client_id) AS client_id, coalesce(l.product_code, b.product_code) AS product_code,
                   l.client_id IS NOT NULL AS held, b.client_id IS NULL AS new, b.held AS was_held, b.last,
                   CASE WHEN l.client_id IS NOT NULL
                        THEN coalesce(l.since_on, CASE WHEN b.held THEN b.since_on END, CAST(:said_on AS date)) END AS since_on,
                   b.since_on AS since_before
            FROM listed l FULL JOIN before b ON b.client_id = l.client_id AND b.product_code = l.product_code
        ), noted AS (
            INSERT INTO held_products (client_id, product_code, said_on, known_at, held, since_on)
            SELECT client_id, product_code, CASE WHEN new THEN since_on ELSE CAST(:said_on AS date) END,
                   greatest(CAST(:now AS timestamptz), last), held, since_on
            FROM compared
            WHERE new OR held <> was_held OR since_on IS DISTINCT FROM since_before
            RETURNING client_id
        )
        SELECT DISTINCT client_id FROM noted ORDER BY client_id
        """
    )
)


async def note_opened(tx: Tx, client_id: UUID, product_code: str, *, on: date, now: datetime) -> bool:
    """The locked client holds the product from that day on; False where nothing new is said by it."""
    return await _note(tx, client_id, product_code, held=True, since_on=on, said_on=on, now=now)


async def note_closed(tx: Tx, client_id: UUID, product_code: str, *, on: date, now: datetime) -> bool:
    """One piece of the product was closed: from that day on it is not held, unless the client has another piece of it."""
    left = await tx.fetchrow(_STILL, client_id=client_id, product_code=product_code)
    still = left is not None and left["number"] > 0
    since_on = (left["since_on"] or on) if left is not None and still else None
    return await _note(tx, client_id, product_code, held=still, since_on=since_on, said_on=on, now=now)


async def note_stated(tx: Tx, places: Iterable[tuple[UUID, date]], *, now: datetime) -> list[UUID]:
    """What the sources state for these locked clients' months, the older month first; whose products have changed."""
    changed: set[UUID] = set()
    for month, group in groupby(
        sorted(set(places), key=lambda place: (place[1], place[0])), key=lambda place: place[1]
    ):
        rows = await tx.fetch(
            _NOTE_STATED,
            client_ids=[client_id for client_id, _ in group],
            month=month,
            said_on=months_back(month, -1) - timedelta(days=1),
            now=now,
        )
        changed.update(row["client_id"] for row in rows)
    return sorted(changed)


async def _note(
    tx: Tx, client_id: UUID, product_code: str, *, held: bool, since_on: date | None, said_on: date, now: datetime
) -> bool:
    written = await tx.execute(
        _NOTE, client_id=client_id, product_code=product_code, held=held, since_on=since_on, said_on=said_on, now=now
    )
    return written == 1
