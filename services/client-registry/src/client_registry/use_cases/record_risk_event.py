"""A risk event from the bank's systems: kept once, told at once, and the client is classified by it (CR-18, CR-31, EN-27)."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis import outbox
from chassis.db import Tx
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid

from client_registry.domain.bank_reports import RiskEventKind, RiskEventRecorded
from client_registry.domain.statements import TEXTS
from client_registry.store import bank_reports as store
from client_registry.use_cases.reclassify_client import reclassify_client
from client_registry.use_cases.reevaluate_clients import mark_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEvent:
    """What a system reports: which client, what happened, when, how many days overdue where it is an overdue."""

    source: str
    report_no: str
    client_no: str
    kind: RiskEventKind
    days_overdue: int | None
    occurred_on: date


async def record_risk_event(tx: Tx, event: RiskEvent, *, now: datetime) -> None:
    """Says RiskEventRecorded, once for a report however often it comes, and ClientClassified where it moves a class.

    Raises Invalid where the client is not on file.
    """
    client_id = await store.lock_client(tx, event.client_no)
    if client_id is None:
        code = "figures.client-unknown"
        raise Invalid([FieldError("/client_no", code, TEXTS[code])])
    report_id = new_id()
    fresh = await store.add_report(
        tx, client_id=client_id, report_id=report_id, topic="risk", source=event.source, report_no=event.report_no,
        kind=event.kind.value, product_code=None, days_overdue=event.days_overdue, occurred_on=event.occurred_on, now=now,
    )  # fmt: skip
    if not fresh:
        return
    await outbox.add(
        tx,
        RiskEventRecorded(
            at=now, version=1, client_id=client_id, risk_event_id=report_id, kind=event.kind.value,
            days_overdue=event.days_overdue, occurred_on=event.occurred_on,
        ),
    )  # fmt: skip
    # A standard may hold it against the client (CR-8, CR-18).
    await mark_changed(tx, [client_id], now=now)
    await reclassify_client(tx, client_id, now=now)
