"""Core banking says that a client's last account is closed: the relationship ends, once for a report."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.db import Tx
from chassis.identity import system
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid

from client_registry.domain.relationships import EndEvidence, RelationshipEnd
from client_registry.domain.statements import TEXTS
from client_registry.store import bank_reports as store
from client_registry.store import clients
from client_registry.use_cases.end_relationship import end_relationship

KIND = "relationship_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipEndReport:
    """What the system reports: whose, and since when; `report_no` is the system's own."""

    source: str
    report_no: str
    client_no: str
    ended_on: date


async def record_relationship_end(tx: Tx, report: RelationshipEndReport, *, now: datetime) -> None:
    """The same report again changes nothing, nor does one about a client who has left before.

    Raises Invalid where the client is not on file, or for a day that cannot be.
    """
    client_id = await store.lock_client(tx, report.client_no)
    if client_id is None:
        code = "figures.client-unknown"
        raise Invalid([FieldError("/client_no", code, TEXTS[code])])
    fresh = await store.add_report(
        tx, client_id=client_id, report_id=new_id(), topic="account", source=report.source, report_no=report.report_no,
        kind=KIND, product_code=None, days_overdue=None, occurred_on=report.ended_on, now=now,
    )  # fmt: skip
    file = await clients.lock_client(tx, client_id, former=True)
    if not fresh or file is None or file["ended_on"] is not None:
        return
    await end_relationship(
        tx, client_id, cause=RelationshipEnd.ACCOUNTS_CLOSED, evidence=EndEvidence.CORE_BANKING,
        ended_on=report.ended_on, reason=None, by=system("client-registry"), now=now,
    )  # fmt: skip
