"""Classification in PostgreSQL: the inputs of many clients in one question, their classes in one statement."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.json_values import json_ready
from chassis.query import prepare

from client_registry.domain.classification import Classification, Inputs, Model, read_model
from client_registry.domain.figures import WINDOW_MONTHS, Repayment, month_of, months_back
from client_registry.domain.risk_events import ReportedRisk
from client_registry.tables.classification import classification_models

_MODEL = prepare(
    sa.select(classification_models)
    .where(classification_models.c.valid_from <= sa.bindparam("today"))
    .order_by(classification_models.c.version.desc())
    .limit(1)
)
# The figures of the newest decision over each client, and what moved on his card month by month.
_INPUTS = prepare(
    sa.text(
        """
        SELECT d.*, a.credit_score, coalesce(a.warnings, '{}') AS warnings,
               (SELECT count(DISTINCT f.month) FROM monthly_figures f
                WHERE f.client_id = d.client_id AND f.month >= :window_from AND f.month < :month_end
                  AND f.card_spend > 0 AND f.withdrawn_at IS NULL) AS active_months,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', r.kind, 'days_overdue', r.days_overdue,
                                                             'occurred_on', r.occurred_on)), '[]')
                FROM bank_reports r WHERE r.client_id = d.client_id AND r.topic = 'risk') AS risk_events
        FROM (
            SELECT DISTINCT ON (client_id) client_id, id AS decision_id, assets, deposit_avg_12m, loan_outstanding,
                   card_spend_12m, repayment
            FROM qualification_decisions WHERE client_id = ANY(CAST(:client_ids AS uuid[]))
            ORDER BY client_id, id DESC
        ) d
        LEFT JOIN LATERAL (
            SELECT credit_score, warnings FROM credit_assessments c WHERE c.client_id = d.client_id
            ORDER BY assessed_on DESC, known_at DESC LIMIT 1
        ) a ON true
        ORDER BY d.client_id
        """
    )
)
# Whose classes moved: only of those is anything said, and only their files get a new version.
_SAVE = prepare(
    sa.text(
        """
        WITH given AS (
            SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(client_id uuid, value_class text,
                value_score numeric, parts jsonb, risk_class text, risk_reasons text[], risk_events jsonb, needs text[],
                model_version int, decision_id uuid, classified_on date)
        ), before AS (
            SELECT g.client_id, c.value_class, c.risk_class, c.needs
            FROM given g LEFT JOIN client_classifications c ON c.client_id = g.client_id
        ), kept AS (
            INSERT INTO client_classifications (client_id, value_class, value_score, parts, risk_class, risk_reasons,
                                                risk_events, needs, model_version, decision_id, classified_on)
            SELECT client_id, value_class, value_score, parts, risk_class, risk_reasons, risk_events, needs, model_version,
                   decision_id, classified_on FROM given
            ON CONFLICT (client_id) DO UPDATE SET value_class = excluded.value_class,
                value_score = excluded.value_score, parts = excluded.parts, risk_class = excluded.risk_class,
                risk_reasons = excluded.risk_reasons, risk_events = excluded.risk_events,
                needs = excluded.needs, model_version = excluded.model_version,
                decision_id = excluded.decision_id, classified_on = excluded.classified_on
        ), moved AS (
            SELECT g.client_id, b.risk_class AS risk_before FROM given g JOIN before b ON b.client_id = g.client_id
            WHERE (g.value_class, g.risk_class, g.needs) IS DISTINCT FROM (b.value_class, b.risk_class, b.needs)
        )
        UPDATE clients c SET version = c.version + 1 FROM moved m, units u
        WHERE c.id = m.client_id AND u.id = c.home_unit_id
        RETURNING c.id, c.version, c.manager, c.home_unit_id, u.path, m.risk_before
        """
    )
)
_ASSESS = prepare(
    sa.text(
        """
        INSERT INTO credit_assessments (client_id, assessed_on, known_at, credit_score, warnings, recorded_by)
        VALUES (:client_id, :assessed_on, :now, :credit_score, :warnings, :by)
        """
    )
)


async def model_on(tx: Tx, today: date) -> Model:
    """The model in force on a day."""
    row = await tx.fetchrow(_MODEL, today=today)
    if row is None:
        raise LookupError(f"no classification model is in force on {today}")
    return read_model(dict(row))


async def inputs_of(tx: Tx, client_ids: Sequence[UUID], *, today: date) -> list[Inputs]:
    """What is known of these clients; who was never decided over has no figures and no class."""
    month = month_of(today)
    rows = await tx.fetch(
        _INPUTS, client_ids=list(client_ids), month_end=month, window_from=months_back(month, WINDOW_MONTHS)
    )
    return [
        Inputs(
            client_id=row["client_id"],
            decision_id=row["decision_id"],
            assets=row["assets"],
            deposit=row["deposit_avg_12m"],
            loan=row["loan_outstanding"],
            card_spend=row["card_spend_12m"],
            active_months=row["active_months"],
            repayment=Repayment(row["repayment"]),
            credit_score=row["credit_score"],
            warnings=tuple(row["warnings"]),
            risk_events=tuple(
                ReportedRisk(
                    kind=each["kind"],
                    days_overdue=each["days_overdue"],
                    occurred_on=date.fromisoformat(each["occurred_on"]),
                )
                for each in row["risk_events"]
            ),
        )
        for row in rows
    ]


async def save_classes(tx: Tx, classes: Sequence[Classification]) -> dict[UUID, dict[str, Any]]:
    """Whose classes moved, with the new version of the file, its keeper, and the risk class before."""
    rows = await tx.fetch(_SAVE, rows=[json_ready(each) for each in classes])
    return {row["id"]: dict(row) for row in rows}


async def add_assessment(
    tx: Tx,
    client_id: UUID,
    *,
    assessed_on: date,
    credit_score: int | None,
    warnings: Sequence[str],
    by: str,
    now: datetime,
) -> None:
    """What a credit-score model or an early-warning system said; nothing before is changed."""
    await tx.execute(
        _ASSESS,
        client_id=client_id,
        assessed_on=assessed_on,
        credit_score=credit_score,
        warnings=list(warnings),
        by=by,
        now=now,
    )
