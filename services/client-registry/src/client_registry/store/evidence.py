"""The rows that prove how a client was treated, each cut off at a moment: what came later is not there, or empty."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import Query, prepare

# What stands for what in the parts below.
_WORDS = {
    "decided": """
        SELECT d.* FROM qualification_decisions d LEFT JOIN qualification_runs r ON r.id = d.run_id
        WHERE d.client_id = {client} AND d.cut_off_at <= {as_of} AND coalesce(r.created_at, d.cut_off_at) <= {as_of}
    """,
    "client": "CAST(:client_id AS uuid)",
    "as_of": "CAST(:as_of AS timestamptz)",
    "day": "CAST(:day AS date)",
}
# One part is one file of the evidence; its order is its key, so the same question has the same answer.
_PARTS: dict[str, str] = {
    "decisions": "SELECT * FROM ({decided}) AS d ORDER BY d.cut_off_at, d.id",
    "policies": """
        SELECT p.id, p.code, p.version, p.ladder, p.level, p.scope_unit_id, p.campaign, p.combinator, p.criteria, p.vetoes,
               p.needs_filing, p.grace_months, p.minimum_tenure_months, p.article, p.valid_from, p.valid_until,
               p.activated_at, p.in_force_from,
               CASE WHEN p.ceased_at <= {as_of} THEN in_force_until END AS in_force_until,
               CASE WHEN p.ceased_at <= {as_of} THEN ceased_at END AS ceased_at
        FROM tier_policies p
        WHERE (p.activated_at <= {as_of} OR (p.activated_at IS NULL AND p.status IN ('active', 'ended', 'superseded'))) AND (
            p.id IN (SELECT CAST(o ->> 'policy_id' AS uuid)
                     FROM ({decided}) AS d CROSS JOIN LATERAL jsonb_array_elements(d.outcomes) AS o)
            OR (coalesce(p.ceased_at > {as_of}, true) AND (p.scope_unit_id IS NULL OR EXISTS (
                SELECT FROM clients c JOIN units h ON h.id = c.home_unit_id JOIN units s ON s.id = p.scope_unit_id
                WHERE c.id = {client} AND starts_with(h.path, s.path)))))
        ORDER BY p.code, p.version
    """,
    "policy_values": """
        SELECT 'standing' AS kind, version, "values" AS "values", article, valid_from FROM standing_policies
        WHERE valid_from <= {day}
        UNION ALL SELECT 'evaluation', version, "values", article, NULL FROM evaluation_policies
        WHERE changed_at <= {as_of}
        UNION ALL SELECT 'retention', version, years, article, valid_from FROM retention_policies
        WHERE status = 'active' AND valid_from <= {day}
        ORDER BY kind, version
    """,
    "filings": """
        SELECT f.id, f.unit_id, f.level, f.filed_by, f.filed_at FROM qualification_filings f
        WHERE f.filed_at <= {as_of} AND f.id IN (SELECT d.run_id FROM ({decided}) AS d) ORDER BY f.filed_at, f.id
    """,
    "filing_reviews": """
        SELECT id, level, filed_decision_id, review_decision_id, outcome, opened_at,
               CASE WHEN closed_at <= {as_of} THEN result END AS result,
               CASE WHEN closed_at <= {as_of} THEN closed_by END AS closed_by,
               CASE WHEN closed_at <= {as_of} THEN closed_at END AS closed_at
        FROM qualification_reviews WHERE client_id = {client} AND opened_at <= {as_of} ORDER BY opened_at, id
    """,
    "revocations": """
        SELECT id, cause, reason_sealed, risk_event_id, decision_id, decided_by, decided_at FROM revocations
        WHERE client_id = {client} AND decided_at <= {as_of} ORDER BY decided_at, id
    """,
    "admissions": """
        SELECT id, kind, expires_on, decision_id, policy_version, proposed_by, proposed_at,
               CASE WHEN decided_at <= {as_of} THEN decided_by END AS decided_by,
               CASE WHEN decided_at <= {as_of} THEN decided_at END AS decided_at,
               CASE WHEN decided_at <= {as_of} THEN refusal END AS refusal,
               CASE WHEN ended_on <= {day} THEN ended_on END AS ended_on
        FROM exceptional_admissions WHERE client_id = {client} AND proposed_at <= {as_of} ORDER BY proposed_at, id
    """,
    "approvals": """
        SELECT a.id, a.kind, a.subject_id, a.subject_version, a.proposed_by, a.proposed_at,
               CASE WHEN a.decided_at <= {as_of} THEN a.status ELSE 'open' END AS status,
               CASE WHEN a.decided_at <= {as_of} THEN decided_by END AS decided_by,
               CASE WHEN a.decided_at <= {as_of} THEN decided_at END AS decided_at,
               CASE WHEN a.decided_at <= {as_of} THEN reason END AS reason
        FROM approvals a
        WHERE a.proposed_at <= {as_of} AND a.subject_id IN (
            SELECT {client} UNION ALL SELECT id FROM exceptional_admissions WHERE client_id = {client}
            UNION ALL SELECT list_id FROM erasure_list_clients WHERE client_id = {client}
            UNION ALL SELECT id FROM legal_holds WHERE client_id = {client})
        ORDER BY a.proposed_at, a.id
    """,
    # The act's own moment where it is on record: who joined later on the same day had not joined yet.
    "memberships": """
        SELECT m.id, m.level, m.channel, m.decision_id, m.policy_version, m.recorded_by, m.enrolled_on,
               CASE WHEN m.ended_on <= {day} THEN m.status ELSE 'member' END AS status,
               CASE WHEN m.ended_on <= {day} THEN m.ended_on END AS ended_on
        FROM memberships m
        WHERE m.client_id = {client} AND m.enrolled_on <= {day} AND NOT EXISTS (
            SELECT FROM audit a WHERE a.client_id = {client} AND a.object_id = CAST(m.id AS text)
            AND a.act = 'client.enrolled' AND a.at > {as_of})
        ORDER BY m.enrolled_on, m.id
    """,
    "downgrade_notices": """
        SELECT cause, falls_on, decision_id, said_at FROM downgrade_notices
        WHERE client_id = {client} AND said_at <= {as_of} ORDER BY said_at, cause, falls_on
    """,
    "endings": """
        SELECT id, cause, evidence, ended_on, reported_by, reported_at,
               CASE WHEN reopened_at <= {as_of} THEN reopened_on END AS reopened_on,
               CASE WHEN reopened_at <= {as_of} THEN reopened_by END AS reopened_by,
               CASE WHEN reopened_at <= {as_of} THEN reopened_at END AS reopened_at
        FROM relationship_endings WHERE client_id = {client} AND reported_at <= {as_of} ORDER BY reported_at, id
    """,
    "holds": """
        SELECT id, cause, placed_by, placed_at,
               CASE WHEN confirmed_at <= {as_of} THEN confirmed_by END AS confirmed_by,
               CASE WHEN confirmed_at <= {as_of} THEN confirmed_at END AS confirmed_at,
               CASE WHEN released_at <= {as_of} THEN released_by END AS released_by,
               CASE WHEN released_at <= {as_of} THEN released_at END AS released_at
        FROM legal_holds WHERE client_id = {client} AND placed_at <= {as_of} ORDER BY placed_at, id
    """,
    "erasures": """
        SELECT kind, erased_on, erased_at, cause, list_id FROM client_erasures
        WHERE client_id = {client} AND erased_at <= {as_of} ORDER BY kind
    """,
    "consents": """
        SELECT id, purpose, given, wished_interval, notice_version, way, recorded_by, recorded_at FROM consent_records
        WHERE client_id = {client} AND recorded_at <= {as_of} ORDER BY recorded_at, id
    """,
    "notices": """
        SELECT version, title_zh, title_en, text_zh, text_en, valid_from, published_by, published_at FROM privacy_notices
        WHERE version IN (SELECT notice_version FROM consent_records
                          WHERE client_id = {client} AND recorded_at <= {as_of}) ORDER BY version
    """,
    "figures": """
        SELECT month, known_at, deposit_average, deposit_month_end, card_spend, assets, import_id, of_family,
               CASE WHEN withdrawn_at <= {as_of} THEN withdrawn_at END AS withdrawn_at
        FROM monthly_figures WHERE client_id = {client} AND known_at <= {as_of} ORDER BY month, known_at
    """,
    "loans": """
        SELECT month, known_at, outstanding, overdue_days_max, overdue_days_open, import_id, of_family,
               CASE WHEN withdrawn_at <= {as_of} THEN withdrawn_at END AS withdrawn_at
        FROM loan_months WHERE client_id = {client} AND known_at <= {as_of} ORDER BY month, known_at
    """,
    "repayments": """
        SELECT month, known_at, months_covered, overdue_days_max, overdue_days_open, import_id, of_family,
               CASE WHEN withdrawn_at <= {as_of} THEN withdrawn_at END AS withdrawn_at
        FROM repayment_histories WHERE client_id = {client} AND known_at <= {as_of} ORDER BY month, known_at
    """,
    "bank_reports": """
        SELECT id, topic, source, report_no, kind, product_code, days_overdue, occurred_on, received_at FROM bank_reports
        WHERE client_id = {client} AND received_at <= {as_of} ORDER BY received_at, id
    """,
    "attachments": """
        SELECT id, subject_id, kind, name_sealed, media_type, size, sha256, added_by, added_at FROM attachments
        WHERE client_id = {client} AND added_at <= {as_of} ORDER BY added_at, id
    """,
}  # fmt: skip
PARTS = tuple(_PARTS)


def _part(text: str) -> Query:
    """One part, never more than asked for. Every part takes the same values, whether it needs the day or not."""
    whole = "SELECT part.* FROM (" + text + ") AS part WHERE {client} IS NOT NULL AND {day} IS NOT NULL LIMIT :most"  # noqa: S608 - constants of ours
    for word, meaning in _WORDS.items():
        whole = whole.replace("{" + word + "}", meaning)
    return prepare(sa.text(whole))


_QUERIES = {name: _part(text) for name, text in _PARTS.items()}


async def rows_of(tx: Tx, part: str, client_id: UUID, *, as_of: datetime, day: date, most: int) -> list[Record]:
    """The rows of one part in their order, at most `most`."""
    found: dict[str, Any] = {"client_id": client_id, "as_of": as_of, "day": day, "most": most}
    return await tx.fetch(_QUERIES[part], **found)
