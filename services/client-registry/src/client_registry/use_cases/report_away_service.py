"""The form 《私人银行客户业务处理情况登记表》 goes to the provincial private-banking department (CR-100)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.away_services import AwayService
from client_registry.store import away_services as store
from client_registry.use_cases.alarm_away_service import REPORT_OVERDUE
from client_registry.use_cases.record_away_service import REPORT, REPORT_DUE


async def report_away_service(tx: Tx, service_id: UUID, *, text: str, by: Principal, now: datetime) -> AwayService:
    """The service with its report, sealed; a late one is taken and stays marked late. Raises ReportNotAsked and
    AlreadyReported."""
    service = await store.lock(tx, service_id)
    if service is None:
        raise NotFound()
    reported = service.report(by=by.subject, at=now)
    await store.save_report(tx, reported, text=text)
    await due_work.cancel(tx, kind=REPORT_DUE, subject_id=service_id)
    for kind in (REPORT, REPORT_OVERDUE):
        await work_items.complete_for(tx, subject_id=service_id, kind=kind, by=by, result="reported", now=now)
    await audit.record(
        tx, act="away-service.reported", by=by, object_type="away-service", object_id=service_id,
        client_id=service.client_id, detail={"status": reported.report_status(now)}, at=now,
    )  # fmt: skip
    return reported
