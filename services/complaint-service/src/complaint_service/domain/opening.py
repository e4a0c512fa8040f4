"""Opening a case: its number, what it may not lack, and the fact."""

from complaint_service.domain import refusals
from complaint_service.domain.case import Case
from complaint_service.domain.clocks import promised_answer
from complaint_service.domain.events import ComplaintOpened
from complaint_service.domain.vocabulary import Kind


def open_case(case: Case) -> tuple[Case, ComplaintOpened]:
    """A case that has been numbered, routed and timed is opened. Refuses a type that does not fit the kind (CM-9)."""
    if (case.kind is Kind.COMPLAINT) != (case.complaint_type is not None):
        raise refusals.TypeDoesNotFit()
    fact = ComplaintOpened(
        at=case.opened_at,
        version=case.version,
        case_id=case.id,
        client_id=case.client_id,
        case_no=case.case_no,
        kind=case.kind,
        complaint_type=case.complaint_type,
        channel=case.channel,
        tier_snapshot=case.tier_snapshot,
        routed_role=case.round.role,
        routed_unit_id=case.round.unit_id,
        answer_due_at=promised_answer(case.clocks),
        opened_at=case.opened_at,
    )
    return case, fact


def case_number(day: str, number: int) -> str:
    """`TS20261121-000123`: the Shanghai day of opening and that day's running number."""
    return f"TS{day}-{number:06d}"
