"""Reviews of filed qualifications in PostgreSQL: found set-based where figures came in after the filing, closed singly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.figures import REPAYMENT_MONTHS, WINDOW_MONTHS
from client_registry.domain.filing_reviews import Review
from client_registry.tables.filing_reviews import qualification_reviews as reviews
from client_registry.tables.organisation import units


def _came(table: str, months: str) -> str:
    return f"""
        EXISTS (SELECT FROM {table} f WHERE f.client_id = q.client_id
                AND (f.known_at > since.known_at OR f.withdrawn_at > since.known_at)
                AND f.month < date_trunc('month', d.as_of)
                AND f.month >= date_trunc('month', d.as_of) - make_interval(months => CAST({months} AS int)))
    """


# A filing is looked at again for what became known after it, and after it was looked at last.
_CORRECTED = prepare(
    sa.text(
        f"""
        SELECT q.client_id, q.level, d.as_of
        FROM qualifications q
        JOIN qualification_decisions d ON d.client_id = q.client_id AND d.id = q.decision_id
        CROSS JOIN LATERAL (
            SELECT greatest(d.cut_off_at, max(r.opened_at)) AS known_at, bool_or(r.status = 'open') AS is_open
            FROM qualification_reviews r WHERE r.client_id = q.client_id AND r.level = q.level
        ) AS since
        WHERE q.client_id = ANY(CAST(:client_ids AS uuid[])) AND q.status = 'filed' AND q.filing_id IS NOT NULL
          AND NOT coalesce(since.is_open, false)
          AND ({_came("monthly_figures", ":window_months")} OR {_came("loan_months", ":repayment_months")}
               OR {_came("repayment_histories", ":repayment_months")})
        ORDER BY d.as_of, q.client_id
        """  # noqa: S608 - put together from constants
    )
)
_OPEN = prepare(
    sa.text(
        """
        WITH looked AS (
            SELECT q.client_id, q.level, q.decision_id AS filed_decision_id, d.id AS review_decision_id, f.unit_id,
                   coalesce(bool_or(o.outcome = 'met'), false) AS met,
                   coalesce(bool_or(o.outcome = 'undecided'), false) AS undecided
            FROM qualification_decisions d
            JOIN qualifications q ON q.client_id = d.client_id AND q.status = 'filed'
            JOIN qualification_filings f ON f.id = q.filing_id
            LEFT JOIN LATERAL jsonb_to_recordset(d.outcomes) AS o(ladder text, level text, outcome text)
                   ON o.ladder = 'card_level' AND o.level = q.level
            WHERE d.run_id = :run_id AND d.client_id = ANY(CAST(:client_ids AS uuid[]))
              AND q.level = ANY(CAST(:levels AS text[]))
            GROUP BY q.client_id, q.level, q.decision_id, d.id, f.unit_id
        )
        INSERT INTO qualification_reviews (id, client_id, level, filed_decision_id, review_decision_id, outcome, unit_id,
                                           opened_at)
        SELECT uuidv7(), client_id, level, filed_decision_id, review_decision_id,
               CASE WHEN undecided THEN 'undecided' ELSE 'not_met' END, unit_id, :now
        FROM looked WHERE NOT met
        ON CONFLICT DO NOTHING
        RETURNING id, client_id, level, unit_id, (SELECT u.path FROM units u WHERE u.id = unit_id) AS unit_path
        """
    )
)
_LOCK = prepare(
    sa.select(reviews)
    .join(units, units.c.id == reviews.c.unit_id)
    .where(reviews.c.id == sa.bindparam("review_id"), visible(unit_path=units.c.path))
    .with_for_update(of=reviews)
)
_SAVE = prepare(
    sa.update(reviews)
    .where(reviews.c.id == sa.bindparam("review_id"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("status", "result", "closed_at", "closed_by", "version")})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A filed level whose figures came in after the filing, and the day it was decided for."""

    client_id: UUID
    level: str
    as_of: date


async def corrected(tx: Tx, client_ids: Sequence[UUID]) -> list[Corrected]:
    """Filed levels of these clients for which something became known since about the months that were decided over."""
    rows = await tx.fetch(
        _CORRECTED,
        client_ids=list(client_ids),
        window_months=WINDOW_MONTHS,
        repayment_months=REPAYMENT_MONTHS,
    )
    return [Corrected(**dict(row)) for row in rows]


async def open_where_not_met(
    tx: Tx, client_ids: Sequence[UUID], *, levels: Sequence[str], run_id: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Opens a review for each filed level that the decisions of this run no longer meet; what was opened, and where."""
    rows = await tx.fetch(_OPEN, client_ids=list(client_ids), levels=list(levels), run_id=run_id, now=now)
    return [dict(row) for row in rows]


async def lock_review(tx: Tx, review_id: UUID, *, scope: Scope) -> Review:
    """The review, locked; NotFound outside the scope."""
    row = await tx.fetchrow(_LOCK, review_id=review_id, **scope.params())
    if row is None:
        raise NotFound()
    return Review(**{name: row[name] for name in Review.__dataclass_fields__})


async def save_review(tx: Tx, review: Review) -> None:
    """The review after it was closed."""
    await tx.execute(
        _SAVE,
        review_id=review.id,
        new_status=review.status,
        new_result=review.result,
        new_closed_at=review.closed_at,
        new_closed_by=review.closed_by,
        new_version=review.version,
    )
