"""Rows and cases as answers."""

from collections.abc import Iterable
from typing import Any

from chassis.db import Record

from complaint_service.api.shapes import CaseLine, CaseView, ClockView
from complaint_service.domain.case import Case

_LINE = tuple(name for name in CaseLine.model_fields if name != "case_id")
_VIEW = tuple(name for name in CaseView.model_fields if name not in ("case_id", "clocks"))


def line_of(row: Record) -> CaseLine:
    """A row as a line of a list."""
    return CaseLine(case_id=row["id"], **{name: row[name] for name in _LINE})


def fields_of(row: Record, clocks: Iterable[Record]) -> dict[str, Any]:
    """The fields of a whole case, clocks of all rounds included."""
    return {
        "case_id": row["id"],
        "clocks": [ClockView(**{name: clock[name] for name in ClockView.model_fields}) for clock in clocks],
        **{name: row[name] for name in _VIEW},
    }


def view_of(case: Case) -> CaseView:
    """The case as a use case left it, with the clocks of its present round."""
    round_ = case.round
    return CaseView(
        case_id=case.id,
        case_no=case.case_no,
        kind=case.kind,
        complaint_type=case.complaint_type,
        channel=case.channel,
        client_id=case.client_id,
        tier_snapshot=case.tier_snapshot,
        status=case.status,
        round=round_.number,
        role=round_.role,
        unit_id=round_.unit_id,
        handler=round_.handler,
        answer_due_at=case.answer_due_at,
        opened_at=case.opened_at,
        opened_by=case.opened_by,
        closed_at=case.closed_at,
        version=case.version,
        first_receiver=case.first_receiver,
        duty_holder=round_.duty_holder,
        acknowledged_at=round_.acknowledged_at,
        outcome=round_.outcome,
        delivery_way=round_.delivery_way,
        opinion_delivered_at=round_.opinion_delivered_at,
        quiet_until=round_.quiet_until,
        closing_proposed_at=case.closing_proposed_at,
        closed_because=case.closed_because,
        clocks=[ClockView.model_validate(clock) for clock in case.clocks],
    )
